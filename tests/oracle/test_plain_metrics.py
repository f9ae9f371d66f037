"""What is published in mart_metrics, and what plain SQL makes of the raw tables of the same warehouse: the same, to the cent."""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.oracle import plain_metrics, plain_metrics_rework, plain_metrics_sending

CLIENTS = ["lakeside-physicians", "stonebridge-regional"]
ANCHOR = date(2026, 11, 16)
MEASURES = [*plain_metrics_sending.MEASURES, *plain_metrics.MEASURES, *plain_metrics_rework.MEASURES]
# what each measure must yield; none of them may quietly yield nothing
VARIANTS = {
    "file_acceptance": {("M01", "")},
    "rejections_of_versions": {("M02", "versions")},
    "rejections_of_claims": {("M02", "claims")},
    "clean_claims": {("M03", "")},
    "monthly_denials": {("M06", ""), ("M07", "")},
    "line_denials": {("M08", "lines"), ("M08", "charges")},
    "claim_denials": {("M09", "full"), ("M09", "full_or_partial"), ("M11", "")},
    "zero_pay": {("M10", "")},
    "cohorts": {("M12", "d30"), ("M12", "d60"), ("M12", "d90")},
    "unclassified": {("M24", "")},
    "takebacks": {("M25", "")},
    "overturns": {("M15", "count")},
    "days_to_appeal": {("M16", "mean"), ("M16", "median")},
    "worked": {("M20", "d7"), ("M20", "d14")},
    "repeats": {("M22", "")},
    "days_before_billing": {("M27", f"{span}{end}") for span in ("coding", "bill_hold", "charge_lag") for end in ("", "_median")},
    "escalations": {("M28", "rate"), ("M28", "overdue"), ("M28", "precision")},
}


@pytest.fixture(params=CLIENTS)
def raw(request: pytest.FixtureRequest, published: Path, sample: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A client's warehouse, read only."""
    settings = tomllib.loads((sample / "settings" / f"{request.param}.toml").read_text())
    warehouse = published / "warehouse" / request.param / "published.duckdb"
    with closing(plain_metrics.open_raw(warehouse, ANCHOR, settings.get("capitated_payers", []))) as connection:
        yield connection


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_published_measures_are_what_plain_sql_says(
    raw: duckdb.DuckDBPyConnection, measure: Callable[[duckdb.DuckDBPyConnection], list[plain_metrics.Row]]
) -> None:
    ours = {(metric, variant, start): (above, below) for metric, variant, start, above, below in measure(raw)}
    assert {key[:2] for key in ours} == VARIANTS[measure.__name__]
    # cohorts that are still open are estimated (Kaplan-Meier), which SQL does not do
    rows = raw.execute("""
        SELECT metric_id, variant_code, period_start, numerator, denominator FROM mart_metrics
        WHERE coalesce(period_start <= getvariable('last_day'), true) AND (metric_id <> 'M12' OR is_mature)
    """).fetchall()
    theirs = {(metric, variant, start): (above, below) for metric, variant, start, above, below in rows}
    theirs = {key: sides for key, sides in theirs.items() if key[:2] in VARIANTS[measure.__name__]}
    different = {key: (ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    assert not different, "period: (plain SQL, published)"


def test_published_medians_are_what_plain_sql_says(raw: duckdb.DuckDBPyConnection) -> None:
    medians = plain_metrics_rework.median_days_to_appeal(raw) + plain_metrics_sending.median_days_before_billing(raw)
    ours = {(metric, variant): value for metric, variant, value in medians}
    theirs = raw.execute("SELECT metric_id, variant_code, value FROM mart_metrics WHERE variant_code LIKE '%median'").fetchall()
    assert ours == {(metric, variant): value for metric, variant, value in theirs}
