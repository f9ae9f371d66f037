"""Alarms of a series joined into episodes, and what each was, told by the weeks after it."""

import polars as pl

from rcm_pipeline.denials.spikes.model.panel import SERIES

QUIET_WEEKS = 4  # at most so many between two alarms of one episode
AFTER_WEEKS, KNOWN_WEEKS = 8, 4  # looked at after the first alarm; in so many of them something must have been decided
LASTING, PASSING, ONE_WEEK, TOO_NEW = KINDS = ("lasting", "passing", "one week", "too new to say")
_EPISODE = [*SERIES, "episode_no"]


def episodes(verdicts: pl.DataFrame, lift: float) -> pl.DataFrame:
    """One row per episode, newest first: a series' alarms with at most four quiet weeks between them.

    `verdicts` is the answer of `detect`. Columns: client, payer, cause; first_week and last_week, of an alarm; alarm_count,
    weeks of alarm; denied, decided and expected, summed over these; lift = denied / expected, null where nothing was
    expected; the smallest p_value and q_value; kind, one of KINDS.

    A rate is up when it is `lift` times the rate expected at the first alarm (base_rate x index) or more. Of the eight weeks
    after the first alarm those count in which something was decided:
    too new to say: there are fewer than four of them;
    lasting: their rate is up, and so is that of their later half;
    passing: neither, but the first of them was up, or two or more alarm weeks were up against their own expected rate;
    one week: none of these.
    """
    joined = _joined(verdicts, lift)
    found = joined.join(_after(verdicts, joined), on=_EPISODE, how="left", validate="1:1")
    up = lift * pl.col("usual_rate")
    is_up = {part: pl.col(f"{part}_denied") >= up * pl.col(f"{part}_decided") for part in ("next", "all", "later")}
    kind = (
        pl.when(pl.col("known_count").fill_null(0) < KNOWN_WEEKS).then(pl.lit(TOO_NEW))
        .when(is_up["all"] & is_up["later"]).then(pl.lit(LASTING))
        .when(is_up["next"] | (pl.col("up_count") > 1)).then(pl.lit(PASSING))
        .otherwise(pl.lit(ONE_WEEK))
    )  # fmt: skip
    newest = ["first_week", *SERIES]
    return found.select(
        *SERIES, "first_week", "last_week", "alarm_count", "denied", "decided", "expected",
        pl.when(pl.col("expected") > 0).then(pl.col("denied") / pl.col("expected")).alias("lift"), "p_value", "q_value", kind.alias("kind"),
    ).sort(newest, descending=[name == "first_week" for name in newest])  # fmt: skip


def is_within(verdicts: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """Whether each series-week lies in an episode, its quiet weeks included; in the order of `verdicts`."""
    spans = found.select(*SERIES, "first_week", pl.col("last_week").alias("until")).sort("first_week")
    placed = verdicts.select(*SERIES, "week").with_row_index("place").sort("week")
    inside = placed.join_asof(spans, left_on="week", right_on="first_week", by=list(SERIES), strategy="backward", check_sortedness=False)
    return inside.sort("place").select((pl.col("week") <= pl.col("until")).fill_null(False)).to_series()


def _joined(verdicts: pl.DataFrame, lift: float) -> pl.DataFrame:
    """Sums by episode, the rate expected at its first alarm, and its alarm weeks that were up against their own."""
    alarms = verdicts.filter("is_alarm").sort(*SERIES, "week")
    is_apart = pl.col("week").diff().over(SERIES) > pl.duration(weeks=QUIET_WEEKS + 1)
    numbered = alarms.with_columns(is_apart.fill_null(False).cast(pl.Int64).cum_sum().over(SERIES).alias("episode_no"))
    return numbered.group_by(_EPISODE, maintain_order=True).agg(
        pl.col("week").first().alias("first_week"),
        pl.col("week").last().alias("last_week"),
        pl.len().cast(pl.Int64).alias("alarm_count"),
        pl.col("denied", "decided", "expected").sum(),
        pl.col("p_value", "q_value").min(),
        (pl.col("base_rate") * pl.col("index")).first().alias("usual_rate"),
        (pl.col("denied") >= lift * pl.col("expected")).sum().cast(pl.Int64).alias("up_count"),
    )


def _after(verdicts: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """By episode: how many of the weeks after it are known, and denied and decided in the next, all and the later half."""
    weeks = verdicts.filter(pl.col("decided") > 0).join(found.select(*_EPISODE, "first_week"), on=list(SERIES), how="inner")
    since = pl.col("week") - pl.col("first_week")
    after = weeks.filter((since > pl.duration(weeks=0)) & (since <= pl.duration(weeks=AFTER_WEEKS))).sort(*_EPISODE, "week")
    at = pl.int_range(pl.len())
    parts = {"next": at == 0, "all": at >= 0, "later": 2 * at >= pl.len()}
    sums = [pl.col(name).filter(part).sum().alias(f"{label}_{name}") for label, part in parts.items() for name in ("denied", "decided")]
    return after.group_by(_EPISODE).agg(pl.len().cast(pl.Int64).alias("known_count"), *sums)
