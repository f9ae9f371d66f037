"""M27 and M28: how long services wait before they are billed, and how unclear records are asked about."""

import polars as pl

from rcm_pipeline.coding.escalations import judged_queries
from rcm_pipeline.metrics.measures import Facts, formula, over_window


@formula("M27")
def days_before_billing(facts: Facts) -> pl.DataFrame:
    """Service to coded, coded to sent and service to sent: within the days agreed, and the median; negative spans are 0."""
    agreed, rows = facts.timeliness, []
    for variant, spans, days in (
        ("coding", _coded(facts), agreed.coding_days),
        ("bill_hold", _held(facts), agreed.bill_hold_days),
        ("charge_lag", _billed(facts), agreed.charge_lag_days),
    ):
        inside = facts.recent(spans.drop_nulls(), "end")
        waited = inside.select((pl.col("end") - pl.col("start")).dt.total_days().clip(lower_bound=0).alias("days"))["days"]
        middle = waited.median()
        median = float(middle) if isinstance(middle, int | float) else None
        rows.append(over_window("M27", facts, int((waited <= days).sum()), waited.len(), variant=variant))
        rows.append(over_window("M27", facts, None, waited.len(), variant=f"{variant}_median", value=median))
    return pl.concat(rows)


def _coded(facts: Facts) -> pl.DataFrame:
    logged = facts.encounters.filter(pl.col("service_date").is_not_null())
    return logged.select(pl.col("service_date").alias("start"), pl.col("coded_date").alias("end"))


def _first_sent(facts: Facts) -> pl.DataFrame:
    primary = (pl.col("version_no") == 1) & (pl.col("sequence_code") == "P")
    return facts.versions.filter(primary & pl.col("sent_date").is_not_null())


def _billed(facts: Facts) -> pl.DataFrame:
    return _first_sent(facts).select(pl.col("last_service_date").alias("start"), pl.col("sent_date").alias("end"))


def _held(facts: Facts) -> pl.DataFrame:
    logged = facts.lineages.filter(pl.col("coded_date").is_not_null()).select("lineage_id", "coded_date")
    return _first_sent(facts).join(logged, on="lineage_id").select(pl.col("coded_date").alias("start"), pl.col("sent_date").alias("end"))


@formula("M28")
def escalations(facts: Facts) -> pl.DataFrame:
    """Queries sent per encounter coded, those open too long, and those that changed the outcome."""
    coded = facts.recent(facts.encounters, "coded_date").height
    queries = judged_queries(facts.escalations, facts.week, facts.timeliness)
    counts = {name: int(queries[f"is_{name}"].sum()) for name in ("sent", "open", "overdue", "answered", "changed")}
    return pl.concat(
        [
            over_window("M28", facts, counts["sent"], coded, variant="rate"),
            over_window("M28", facts, counts["overdue"], counts["open"], variant="overdue"),
            over_window("M28", facts, counts["changed"], counts["answered"], variant="precision"),
        ]
    )
