"""Governance tables: the scorecard, and the record of runs, checks and publications."""

import polars as pl

from schemas.contract import Contract, Count, Date, Flag, Money, Quantity, Rate, Text, column
from schemas.vocabulary import STATUSES
from schemas.vocabulary.batches import MEASURES


class MartScorecard(Contract):
    """One row per agreed measure: value, interval, target and status at the anchor week."""

    kpi_id: Text = column("name of the measure", key=True)
    metric_id: Text = column("definition it follows, see the definitions page")
    week: Date = column("anchor week: the last complete week")
    week_count: Count = column("weeks it covers, ending with the anchor week", ge=1)
    unit_code: Text = column("what numerator and denominator count", isin=["claims", "lines", "charts", "codes", "dollars"])
    numerator: Money = column("count or dollars")
    denominator: Money = column("count or dollars; 0 when nothing was seen")
    value_rate: Rate = column("numerator / denominator; null when nothing was seen", nullable=True)
    low: Rate = column("lower 95 % limit; null for dollars", nullable=True)
    high: Rate = column("upper 95 % limit; null for dollars", nullable=True)
    target_rate: Rate = column("green at or beyond this")
    limit_rate: Rate = column("red beyond this, if the interval agrees")
    direction: Text = column("which way is better", isin=["lower", "higher"])
    status: Text = column("red only when the whole interval is beyond the limit", isin=STATUSES)
    owner: Text = column("who answers for it")


class MartMetrics(Contract):
    """Every defined measure by period, up to the anchor week: both sides of the fraction, value and limits."""

    metric_id: Text = column("definition it follows, see docs/metrics.md", key=True)
    version: Count = column("version of that definition", ge=1)
    variant_code: Text = column("variant of the definition; empty when it has only one", key=True)
    unit_code: Text = column("what numerator and denominator count")
    period_code: Text = column("week, month, so many weeks, or to date", key=True)
    period_start: Date = column("first day; null when to date", nullable=True)
    period_end: Date = column("last day", key=True)
    numerator: Quantity = column("count, dollars or days; null for medians and products", nullable=True)
    denominator: Quantity = column("count or dollars; null when there is none", nullable=True)
    factor: Count = column("what the fraction is multiplied by; 3 for monthly averages of three months", ge=1)
    value: Rate = column("the measure: a share, dollars or days by its unit; null when nothing was seen", nullable=True)
    low: Rate = column("lower 95 % limit; null where none is computed", nullable=True)
    high: Rate = column("upper 95 % limit; null where none is computed", nullable=True)
    is_complete: Flag = column("the period is over and what it counts has arrived")
    is_mature: Flag = column("enough time has passed for what may still change to have happened")


class OpsReclassifications(Contract):
    """What a new state of the taxonomy reclassified when it came: denied lines by old and new cause."""

    run_id: Text = column("run that reclassified", key=True)
    from_version: Text = column("taxonomy before", key=True)
    to_version: Text = column("taxonomy now", key=True)
    carc_code: Text = column("main reason", nullable=True, key=True)
    rarc_code: Text = column("remark that refines it now", nullable=True, key=True)
    from_cause: Text = column("root cause before", key=True)
    to_cause: Text = column("root cause now", key=True)
    line_count: Count = column("denied lines", ge=1)
    denied_amount: Money = column("dollars denied on them")


class OpsRuns(Contract):
    """One row per run that changed something."""

    run_id: Text = column("identifier of the Dagster run", key=True)
    run_no: Count = column("ordinal of the run: which is the latest follows from it, never from a clock", ge=1)
    started_at: pl.Datetime = column("UTC, when the run opened the warehouse")
    status: Text = column("running, published, blocked or failed", isin=["running", "published", "blocked", "failed"])
    code_version: Text = column("version of the software")
    file_count: Count = column("files newly loaded", ge=0)
    duplicate_count: Count = column("files delivered again with the same content", ge=0)
    unreadable_count: Count = column("files that could not be opened", ge=0)


class MartBatchMeasures(Contract):
    """What came in the anchor week beside what this client's own weeks say is usual."""

    check_name: Text = column("what is measured", isin=MEASURES, key=True)
    subject: Text = column("of which kind of row, payer or column; for sums the level that does not balance", key=True)
    week: Date = column("Monday of the anchor week")
    observed: Rate = column("rows, share of rows, days, or share of the week's charges")
    low: Rate = column("least that is usual; null where little is no fault", nullable=True)
    high: Rate = column("most that is usual; null where much is no fault", nullable=True)
    amount: Money = column("dollars out of balance; null for other measures", nullable=True)
    history_week_count: Count = column("earlier weeks that usual was taken from; 0 where it is a rule", ge=0)
    is_met: Flag = column("whether it is within both")
    detail: Text = column("the same as a sentence: payers, columns and figures, never a value of a claim")


class OpsChecks(Contract):
    """One row per check and run: what was checked, on how many rows, how many failed. Never a value."""

    run_id: Text = column("run that checked", key=True)
    check_name: Text = column("name of the check", key=True)
    table_name: Text = column("table checked", key=True)
    kind: Text = column("shape, rule, balance or batch", isin=["shape", "rule", "balance", "batch"])
    severity: Text = column("error blocks publication, warn does not", isin=["error", "warn"])
    is_passed: pl.Boolean = column("whether it passed")
    failed_count: Count = column("rows that failed; for a check of the whole batch 1 or 0", ge=0)
    checked_count: Count = column("rows checked", ge=0)
    detail: Text = column("what was observed and what is usual, where it failed and is known; null otherwise", nullable=True)


class OpsCopies(Contract):
    """One row per week and thing that is not raw: which content it had then. As-of reads it."""

    week: Date = column("Monday of the anchor week of the run", key=True)
    name: Text = column("settings, settings_hash, or the table: ops_portfolio, ops_code_sets, ops_code_entries", key=True)
    content_hash: Text = column("SHA-256 of the content, in ops_contents")


class OpsContents(Contract):
    """Each content that was kept, once."""

    content_hash: Text = column("SHA-256 of the content", key=True)
    content: pl.Binary = column("settings as TOML, a table as Parquet")


class OpsAccessLog(Contract):
    """One row per opening of the vault, as the log beside the warehouse held it when the last pack was published."""

    entry_no: Count = column("ordinal of the entry", key=True, ge=1)
    at: pl.Datetime = column("when, in UTC")
    person: Text = column("the machine's user who did it")
    action_code: Text = column("worklist, explain, plan_qa, or rotate: a new key", isin=["worklist", "explain", "plan_qa", "rotate"])
    token_count: Count = column("claims whose numbers were asked for", ge=0)
    entry_hash: Text = column("keyed hash over this entry and the hash of the one before")


class OpsPublications(Contract):
    """One row per pack published: what it was made of."""

    week: Date = column("week of the pack")
    run_id: Text = column("run that published it", key=True)
    published_at: pl.Datetime = column("when, in UTC", key=True)
    publication_no: Count = column("ordinal of the publication: which is the latest follows from it", ge=1)
    input_hash: Text = column("hash over the content of every file loaded")
    reference_hash: Text = column("hash over the code tables")
    settings_hash: Text = column("hash over the client's settings")
    code_version: Text = column("version of the software")
    page_hash: Text = column("SHA-256 of the page")
