"""The portfolio: what clients that allow it know together, from weekly counts alone, suppressed where few stand behind it."""

import datetime as dt
import hashlib

import polars as pl

from rcm_pipeline.denials.spikes.model.prior import Reference
from rcm_pipeline.denials.spikes.payer_lines import lines_and_season, without_small
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.privacy.suppression import ROUNDING_VARIANCE, rounded
from schemas.contract import conform
from schemas.registry import CONTRACTS

_CELL = ["payer", "cause", "week"]
_LINE_WEEKS = 13
_HALF_LIFE = 26.0  # weeks
_ENOUGH_TO_COUNT = 5  # clients, for the number of those that rose to be told: of three each could name the other two
_COUNTS = ["denied_count", "decided_count", "season_denied", "season_expected"]


def portfolio(weekly: pl.DataFrame, published: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """ops_portfolio from the weekly counts of several clients, as `detect` reads them; empty with fewer than three.

    A cell in which `is_few` is left out, and so is its share of every sum: what is handed back holds nothing of it. Counts are
    `rounded`. Weeks that were `published` stand as they are, whoever joined since, but for a season that could not be told yet: nobody can
    subtract one version from another.
    """
    contract = CONTRACTS["ops_portfolio"]
    shown = without_small(weekly).filter(pl.col("decided") > 0)
    if shown.is_empty():
        return _named(published)
    clients = (pl.col("decided") > 0).sum().alias("_clients")
    cells = shown.group_by(_CELL).agg(clients, pl.col("denied", "decided").sum())
    lines, season = lines_and_season(shown, test_weeks=_LINE_WEEKS)
    sums = season.rename({"denied": "season_denied", "expected": "season_expected"})
    told = lines.select(*_CELL, "clients_up", "reading")
    table = cells.join(sums, on=_CELL).join(told, on=_CELL, how="left").with_columns(
        pl.when(pl.col("_clients") >= _ENOUGH_TO_COUNT).then("clients_up").alias("risen_count"),
        (pl.col("reading") == "payer").fill_null(False).alias("is_payers"),
    )  # fmt: skip
    names = {"payer": "payer_id", "cause": "root_cause", "denied": "denied_count", "decided": "decided_count"}
    new = rounded(table.rename(names), ["payer_id", "root_cause", "week"], _COUNTS, key)
    last = published["week"].max()
    fresh = new if last is None else new.filter(pl.col("week") > last)
    named = conform(fresh.with_columns(pl.lit("").alias("version")), contract)
    return _named(pl.concat([_with_season(published, new), named]))


def _with_season(published: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """What was published with the season of weeks of which it could not be told yet: that comes half a year later, once."""
    names = ["season_denied", "season_expected"]
    told = new.select("payer_id", "root_cause", "week", *(pl.col(name).alias(f"_{name}") for name in names))
    joined = published.join(told, on=["payer_id", "root_cause", "week"], how="left", maintain_order="left")
    is_due = (pl.col("season_expected") == 0) & (pl.col("_season_expected") > 0)
    return joined.with_columns(pl.when(is_due).then(f"_{name}").otherwise(name).alias(name) for name in names).select(published.columns)


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """The reference with its version, the hash of all that it says."""
    ordered = table.sort("payer_id", "root_cause", "week")
    return ordered.with_columns(pl.lit(_version(ordered.drop("version"))).alias("version"))


def reference(table: pl.DataFrame, anchor: dt.date) -> Reference | None:
    """The prior of a client's own run from ops_portfolio, as it was known at the anchor week; None when there is nothing.

    Seasonal sums weigh as much less as their rounding made them less sure.
    """
    known = table.filter(pl.col("week") <= anchor).sort("week")
    if known.is_empty():
        return None
    series = known.rename({"payer_id": "payer", "root_cause": "cause", "denied_count": "denied", "decided_count": "decided"})
    rates = series.filter(pl.col("decided").cum_sum().over(["payer", "cause"], order_by="week") > 0)
    told = anchor - dt.timedelta(weeks=SpikeSettings().season_hindsight)  # later weeks were not known to be a season then
    weight = pl.col("season_expected") / (pl.col("season_expected") + ROUNDING_VARIANCE)
    season = series.filter((pl.col("season_expected") > 0) & (pl.col("week") <= told)).select(
        "week", "payer", "cause", (pl.col("season_denied") * weight).alias("denied"), (pl.col("season_expected") * weight).alias("expected")
    )
    return Reference(str(known["version"][0]), rates.select("payer", "cause", "week", _usual().alias("rate")), season)


def _usual() -> pl.Expr:
    """Denied over decided up to each week, half as heavy every 26 weeks."""
    age = (pl.col("week") - pl.col("week").min()).dt.total_days() / 7
    weight = pl.lit(2.0).pow(age / _HALF_LIFE)  # growing with the week, which forgets the past just as well
    denied, decided = ((pl.col(name) * weight).cum_sum().over(["payer", "cause"], order_by="week") for name in ("denied", "decided"))
    return (denied / decided).clip(0, 1)


def _version(table: pl.DataFrame) -> str:
    text = table.write_csv(float_precision=6)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
