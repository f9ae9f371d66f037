"""How well payers write their remittances: rules of the 835 they break, by payer."""

import datetime as dt

import polars as pl

from rcm_pipeline.claims.remits import ANSWER, KEYS, LINE
from rcm_pipeline.claims.reversals import WAITING_DAYS
from rcm_pipeline.reference import reference
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL


def quality_rules() -> dict[str, str]:
    """Rule id → what breaks it."""
    of_remittances = reference("rules").filter(pl.col("subject") == "remittance")
    return dict(of_remittances.select("rule_id", "applies_when").iter_rows())


@mart
def mart_payer_quality(core_adjudications: pl.LazyFrame, core_reversals: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per payer (and all) and rule of the 13 weeks to the anchor week: claim payments that break it.

    Q4 and Q7 are of reversals, whose number is then the denominator.
    """
    since, last = week.first(), week.sunday
    recent = (
        core_adjudications.filter(pl.col("adjudication_date").is_between(since, last))
        .select(*ANSWER, "payer_id", "kind", "broken_rules")
        .collect()
    )
    broken = recent.filter(pl.col("broken_rules").is_not_null()).select(*ANSWER, pl.col("broken_rules").str.split(",").alias("rule_id"))
    breaches = pl.concat([broken.explode("rule_id"), _reversal_breaches(core_reversals.collect(), last)])
    found = breaches.join(recent, on=ANSWER, how="inner")
    counted = _by_payer(found.select(*ANSWER, "payer_id", "rule_id").unique(), ["payer_id", "rule_id"], "failure_count")
    at_least_one = _by_payer(found.select(*ANSWER, "payer_id").unique(), ["payer_id"], "failure_count")
    any_rule = at_least_one.with_columns(pl.lit(ALL).alias("rule_id"))
    answers = _by_payer(recent, ["payer_id"], "answer_count")
    takes = _by_payer(recent.filter(pl.col("kind") == "reversal"), ["payer_id"], "_reversals")
    rules = pl.DataFrame({"rule_id": [*quality_rules(), ALL]})
    counts = pl.concat([counted, any_rule.select(counted.columns)])
    rows = answers.join(rules, how="cross").join(counts, on=["payer_id", "rule_id"], how="left").join(takes, on="payer_id", how="left")
    of_reversals = pl.col("rule_id").is_in(["Q4", "Q7"])
    sized = rows.with_columns(
        pl.col("failure_count").fill_null(0),
        pl.when(of_reversals).then(pl.col("_reversals").fill_null(0)).otherwise("answer_count").alias("answer_count"),
    )
    low, high = wilson(pl.col("failure_count"), pl.col("answer_count"))
    valued = sized.with_columns(
        rate(pl.col("failure_count"), pl.col("answer_count")).alias("failure_rate"), low.alias("low"), high.alias("high")
    )
    return valued.sort("payer_id", "rule_id")


def with_broken_rules(
    adjudications: pl.DataFrame, lines: pl.DataFrame, classified: pl.DataFrame, remarks: pl.DataFrame, carc: pl.DataFrame
) -> pl.DataFrame:
    """Add `broken_rules`, those of Q1, Q2, Q3, Q5 and Q6 that a claim payment breaks, as "Q1,Q5"; null where it breaks none."""
    found = pl.concat(
        [_unremarked(classified, remarks, carc), _hidden(lines, classified), *_bad_codes(classified, carc), _unbalanced(adjudications)]
    )
    named = found.group_by(KEYS).agg(pl.col("rule_id").sort().str.join(",").alias("broken_rules"))
    return adjudications.join(named, on=KEYS, how="left", validate="1:1", maintain_order="left")


def _unremarked(classified: pl.DataFrame, remarks: pl.DataFrame, carc: pl.DataFrame) -> pl.DataFrame:
    needs = carc.filter(pl.col("rarc_required") == "y").select("carc_code")
    coded = classified.select(*LINE, "carc_code", "amount")
    asked = coded.join(needs, on="carc_code", how="semi").filter(pl.col("amount") != 0).select(LINE).unique()
    remarked = remarks.select(LINE).unique()
    above = remarked.filter(pl.col("line_no").is_null()).select(KEYS)
    bare = asked.join(remarked.filter(pl.col("line_no").is_not_null()), on=LINE, how="anti")
    return _ruled(bare.join(above, on=KEYS, how="anti"), "Q1")


def _hidden(lines: pl.DataFrame, classified: pl.DataFrame) -> pl.DataFrame:
    is_contract = (pl.col("carc_code") == "45") & (pl.col("group_code") == "CO")
    is_unpaid = (pl.col("paid_amount") == 0) & (pl.col("charge_amount") > 0) & (pl.col("kind") == "adjudication")
    unpaid = lines.filter(is_unpaid).select(*LINE, "charge_amount")
    contract = (
        classified.filter(is_contract).select(*LINE, "amount").join(unpaid, on=LINE, how="semi").group_by(LINE).agg(pl.col("amount").sum())
    )
    return _ruled(unpaid.join(contract, on=LINE).filter(pl.col("amount") >= pl.col("charge_amount")), "Q2")


def _bad_codes(classified: pl.DataFrame, carc: pl.DataFrame) -> list[pl.DataFrame]:
    unknown = classified.filter((pl.col("class") == "unknown") & pl.col("carc_code").is_not_null())
    known = carc.select("carc_code")
    return [
        _ruled(unknown.join(known, on="carc_code", how="semi"), "Q3"),
        _ruled(unknown.join(known, on="carc_code", how="anti"), "Q6"),
    ]


def _unbalanced(adjudications: pl.DataFrame) -> pl.DataFrame:
    return _ruled(adjudications.filter(~pl.col("is_balanced")), "Q5")


def _reversal_breaches(reversals: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    waited = (pl.lit(last_day) - pl.col("adjudication_date")).dt.total_days()
    return pl.concat(
        [
            _ruled(reversals.filter(pl.col("original_answer_id").is_null()), "Q4", ANSWER),
            _ruled(
                reversals.filter(pl.col("correction_answer_id").is_null() & ~pl.col("is_own_void") & (waited > WAITING_DAYS)), "Q7", ANSWER
            ),
        ]
    )


def _ruled(frame: pl.DataFrame, rule: str, keys: list[str] = KEYS) -> pl.DataFrame:
    return frame.select(*keys, pl.lit(rule).alias("rule_id")).unique()


def _by_payer(frame: pl.DataFrame, by: list[str], name: str) -> pl.DataFrame:
    both = pl.concat([frame, frame.with_columns(pl.lit(ALL).alias("payer_id"))])
    return both.group_by(by).agg(pl.len().cast(pl.Int64).alias(name))
