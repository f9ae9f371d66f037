"""When a coder fell below the standard, and whether the charts since then show a recovery: month by month, as it was known in each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.stats.accuracy_limits import Flags, Floats
from rcm_pipeline.stats.eprocess import ABOVE, BELOW, Detector, gains, scores_to_reach
from schemas.thresholds import EVIDENCE_ABOVE, EVIDENCE_ALARM

LEAST_CHARTS = 10  # before it is said how many more would settle it: fewer show no pace
NEVER = -1  # number of a month that did not come
Months = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Brought:
    """What the months brought, coders x months; of the gains the bets on a third axis."""

    below: Floats
    above: Floats
    charts: Floats
    scores: Floats
    is_taught: Flags


@dataclass(frozen=True)
class _Course:
    """Where every coder stands after a month; months are numbers from 0 on."""

    below: Detector
    above: Detector
    since: Months  # from which on charts count
    alarm: Months
    alarms: Months
    recovered: Months
    is_educated: Flags  # since rests on an education
    is_repeated: Flags  # it rang again, and there was no recovery between

    @classmethod
    def begun(cls, first: Months) -> "_Course":
        """Before any chart; `first` is the month of each coder's first."""
        count = len(first)
        never, none = np.full(count, NEVER), np.zeros(count, dtype=np.int64)
        no = np.zeros(count, dtype=bool)
        return cls(Detector.of(count, BELOW), Detector.of(count, ABOVE), first, never, none, never, no, no)

    def after(self, month: int, brought: _Brought) -> "_Course":
        """Begin anew in the month after an alarm and in that of an education that follows it, then look at the charts of the month."""
        is_new = (self.alarm != NEVER) & (self.alarm == month - 1)
        taught = brought.is_taught[:, month] | (is_new & brought.is_taught[:, max(month - 1, 0)])
        is_open = (self.alarm != NEVER) & (self.recovered == NEVER) & ~self.is_educated
        again = is_new | (is_open & taught)
        has_charts = brought.charts[:, month] > 0
        below = self.below.begun_again(again).after(brought.below[:, month], has_charts)
        above = self.above.begun_again(again).after(brought.above[:, month], has_charts)
        rings = has_charts & (below.log_evidence >= np.log(EVIDENCE_ALARM))
        recovered = np.where(is_new, NEVER, self.recovered)
        recovers = (self.alarm != NEVER) & (recovered == NEVER) & ~rings & (above.log_evidence >= np.log(EVIDENCE_ALARM))
        return _Course(
            below,
            above,
            since=np.where(again, month, self.since),
            alarm=np.where(rings, month, self.alarm),
            alarms=self.alarms + rings,
            recovered=np.where(recovers, month, recovered),
            is_educated=np.where(again, taught, self.is_educated),
            is_repeated=np.where(rings, (self.alarm != NEVER) & (self.recovered == NEVER), self.is_repeated & ~recovers),
        )


def coder_turns(charts: pl.DataFrame, educations: pl.DataFrame, *, below: float, above: float) -> pl.DataFrame:
    """One row per coder of `charts`: where the evidence stands after the last month with a chart of anyone.

    `charts`: coder_id, month (its first day) and score, the share of a chart that is right. `educations`: coder_id and month. `below` and
    `above`: the standard as auditors see it, for either side (see `calibration.audited_standards`).

    alarm_date: month in which the detector last rang; alarm_count: how often; is_repeated: again, with no recovery between. Charts count
    from since_date on: the month of the first education after the alarm (is_educated), before there is one the month after the alarm, for
    what was found once must not accuse for good; without an alarm, the coder's first. recovered_date: month in which these charts
    showed a mean above the standard; null once it rang again. evidence and above_evidence: e-values on either side, of the charts that
    count. settling_count: charts like those so far that would settle it, settles_as how (below, above, recovered); null below ten
    charts, where none would, and where it is settled.
    """
    coders = charts["coder_id"].unique().sort()
    if coders.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    months: pl.Series = pl.date_range(charts["month"].min(), charts["month"].max(), "1mo", eager=True)  # type: ignore[arg-type, assignment]
    brought = _brought(charts, educations, coders, months, below, above)
    course = _Course.begun((brought.charts > 0).argmax(axis=1))
    for month in range(len(months)):
        course = course.after(month, brought)
    counts = np.arange(len(months)) >= course.since[:, None]
    count, score = ((side * counts).sum(axis=1) for side in (brought.charts, brought.scores))
    with np.errstate(invalid="ignore"):
        mean = score / count
    settling, settles = _settling(course, brought, counts, count, mean >= above)
    columns = {
        "coder_id": coders,
        "evidence": _e_value(course.below),
        "above_evidence": _e_value(course.above),
        "alarm_count": course.alarms,
        "alarm_date": _dates(course.alarm, months),
        "since_date": _dates(np.minimum(course.since, len(months) - 1), months),
        "since_chart_count": count.astype(np.int64),
        "since_rate": mean,
        "is_educated": course.is_educated,
        "is_repeated": course.is_repeated,
        "recovered_date": _dates(course.recovered, months),
        "settling_count": settling,
        "settles_as": settles,
    }
    table = pl.DataFrame(columns, schema_overrides=_SCHEMA | {"settling_count": pl.Float64})
    return table.with_columns(pl.col("since_rate", "settling_count").fill_nan(None)).cast({"settling_count": pl.Int64})


_SCHEMA = {
    "coder_id": pl.String,
    "evidence": pl.Float64,
    "above_evidence": pl.Float64,
    "alarm_count": pl.Int64,
    "alarm_date": pl.Date,
    "since_date": pl.Date,
    "since_chart_count": pl.Int64,
    "since_rate": pl.Float64,
    "is_educated": pl.Boolean,
    "is_repeated": pl.Boolean,
    "recovered_date": pl.Date,
    "settling_count": pl.Int64,
    "settles_as": pl.String,
}


def _brought(charts: pl.DataFrame, educations: pl.DataFrame, coders: pl.Series, months: pl.Series, below: float, above: float) -> _Brought:
    ordered = charts.sort("coder_id", "month", "score")  # sums in one order, so that equal charts give equal bytes
    at = _place(ordered, coders, months)
    scores, shape = ordered["score"].to_numpy(), (len(coders), len(months))
    of_below, of_above = np.zeros((*shape, len(BELOW.bets))), np.zeros((*shape, len(ABOVE.bets)))
    np.add.at(of_below, at, gains(scores, below, BELOW))
    np.add.at(of_above, at, gains(scores, above, ABOVE))
    count, total, is_taught = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    np.add.at(count, at, 1)
    np.add.at(total, at, scores)
    is_taught[_place(educations, coders, months)] = True
    return _Brought(of_below, of_above, count, total, is_taught)


def _place(rows: pl.DataFrame, coders: pl.Series, months: pl.Series) -> tuple[Months, Months]:
    """Number of the coder and of the month of every row that has both."""
    order = [pl.DataFrame({name: values}).with_row_index(f"{name}_no") for name, values in (("coder_id", coders), ("month", months))]
    placed = rows.select("coder_id", "month")
    for names in order:
        placed = placed.join(names, on=names.columns[1], how="inner", maintain_order="left")
    coder, month = (placed[f"{name}_no"].cast(pl.Int64).to_numpy() for name in ("coder_id", "month"))
    return coder, month


def _settling(course: _Course, brought: _Brought, counts: Flags, charts: Floats, is_above: Flags) -> tuple[Floats, list[str | None]]:
    """How many more charts would settle where a coder stands, and as what, at the pace of those that count."""
    has_rung = course.alarm != NEVER
    needed = []
    for detector, gained, level in (
        (course.below, brought.below, np.full(len(charts), EVIDENCE_ALARM)),
        (course.above, brought.above, np.where(has_rung, EVIDENCE_ALARM, EVIDENCE_ABOVE)),
    ):
        needed.append(scores_to_reach(detector, level, (gained * counts[:, :, None]).sum(axis=1), charts))
    is_settled = (course.alarm >= course.since) | (course.recovered != NEVER) | (charts < LEAST_CHARTS)
    is_settled |= ~has_rung & (course.above.log_evidence >= np.log(EVIDENCE_ABOVE))
    number = np.where(is_settled, np.nan, np.where(is_above, needed[1], needed[0]))
    names = np.where(is_above, np.where(has_rung, "recovered", "above"), "below")
    return number, [str(name) if np.isfinite(n) else None for n, name in zip(number, names, strict=True)]


def _e_value(detector: Detector) -> Floats:
    """Capped where a float would overflow."""
    value: Floats = np.exp(np.minimum(detector.log_evidence, 700))
    return value


def _dates(numbers: Months, months: pl.Series) -> pl.Series:
    return months.gather(np.maximum(numbers, 0)).zip_with(
        pl.Series(numbers != NEVER), pl.repeat(None, len(numbers), dtype=pl.Date, eager=True)
    )
