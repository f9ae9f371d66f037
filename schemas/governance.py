"""Governance tables: the scorecard, and the record of runs, checks and publications."""

import polars as pl

from schemas.contract import Contract, Count, Date, Money, Rate, Text, column
from schemas.vocabulary import STATUSES


class MartScorecard(Contract):
    """One row per agreed measure: value, interval, target and status at the anchor week."""

    kpi_id: Text = column("name of the measure", unique=True)
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


class OpsRuns(Contract):
    """One row per run that changed something."""

    run_id: Text = column("identifier of the Dagster run", unique=True)
    started_at: pl.Datetime = column("UTC, when the run opened the warehouse")
    status: Text = column("running, published, blocked or failed", isin=["running", "published", "blocked", "failed"])
    code_version: Text = column("version of the software")
    file_count: Count = column("files newly loaded", ge=0)
    duplicate_count: Count = column("files delivered again with the same content", ge=0)
    unreadable_count: Count = column("files that could not be opened", ge=0)


class OpsChecks(Contract):
    """One row per check and run: what was checked, on how many rows, how many failed. Never a value."""

    run_id: Text = column("run that checked")
    check_name: Text = column("name of the check")
    table_name: Text = column("table checked")
    kind: Text = column("shape, rule, balance or batch", isin=["shape", "rule", "balance", "batch"])
    severity: Text = column("error blocks publication, warn does not", isin=["error", "warn"])
    is_passed: pl.Boolean = column("whether it passed")
    failed_count: Count = column("rows that failed; for a check of the whole batch 1 or 0", ge=0)
    checked_count: Count = column("rows checked", ge=0)


class OpsPublications(Contract):
    """One row per pack published: what it was made of."""

    week: Date = column("week of the pack")
    run_id: Text = column("run that published it")
    published_at: pl.Datetime = column("when, in UTC")
    input_hash: Text = column("hash over the content of every file loaded")
    reference_hash: Text = column("hash over the code tables")
    settings_hash: Text = column("hash over the client's settings")
    code_version: Text = column("version of the software")
    page_hash: Text = column("SHA-256 of the page")
