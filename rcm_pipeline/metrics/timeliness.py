"""M27 and M28: how long services wait before they are billed, and how unclear records are asked about."""

import polars as pl

from rcm_pipeline.coding.escalations import judged_queries
from rcm_pipeline.metrics.measures import WINDOW_WEEKS, Known, over_window
from rcm_pipeline.settings import Timeliness


def timeliness(known: Known, encounters: pl.DataFrame, escalations: pl.DataFrame, agreed: Timeliness) -> pl.DataFrame:
    """Measure rows of M27 and M28 over the 13 weeks to the anchor week."""
    return pl.concat([*_before_billing(known, encounters, agreed), *_escalated(known, encounters, escalations, agreed)])


def _before_billing(known: Known, encounters: pl.DataFrame, agreed: Timeliness) -> list[pl.DataFrame]:
    coded = encounters.filter(pl.col("service_date").is_not_null()).select(
        pl.col("service_date").alias("start"), pl.col("coded_date").alias("end")
    )
    primary = (pl.col("version_no") == 1) & (pl.col("sequence_code") == "P")
    sent = known.life.versions.filter(primary & pl.col("sent_date").is_not_null()).select("lineage_id", "sent_date", "last_service_date")
    billed = sent.select(pl.col("last_service_date").alias("start"), pl.col("sent_date").alias("end"))
    logged = known.life.lineages.filter(pl.col("coded_date").is_not_null()).select("lineage_id", "coded_date")
    held = sent.join(logged, on="lineage_id").select(pl.col("coded_date").alias("start"), pl.col("sent_date").alias("end"))
    rows = []
    for variant, spans, days in (
        ("coding", coded, agreed.coding_days),
        ("bill_hold", held, agreed.bill_hold_days),
        ("charge_lag", billed, agreed.charge_lag_days),
    ):
        inside = spans.drop_nulls().filter(pl.col("end").is_between(known.since(WINDOW_WEEKS), known.last_day))
        waited = inside.select((pl.col("end") - pl.col("start")).dt.total_days().clip(lower_bound=0).alias("days"))["days"]
        middle = waited.median()
        rows.append(over_window("M27", known, int((waited <= days).sum()), waited.len(), variant=variant))
        rows.append(
            over_window("M27", known, None, waited.len(), variant=f"{variant}_median", value=None if middle is None else float(middle))  # type: ignore[arg-type]
        )
    return rows


def _escalated(known: Known, encounters: pl.DataFrame, escalations: pl.DataFrame, agreed: Timeliness) -> list[pl.DataFrame]:
    coded = encounters.filter(pl.col("coded_date").is_between(known.since(WINDOW_WEEKS), known.last_day)).height
    queries = judged_queries(escalations, known.last_day, agreed)
    counts = {name: int(queries[f"is_{name}"].sum()) for name in ("sent", "open", "overdue", "answered", "changed")}
    return [
        over_window("M28", known, counts["sent"], coded, variant="rate"),
        over_window("M28", known, counts["overdue"], counts["open"], variant="overdue"),
        over_window("M28", known, counts["changed"], counts["answered"], variant="precision"),
    ]
