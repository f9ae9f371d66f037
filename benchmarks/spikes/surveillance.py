"""The detector and the nowcast on real counts of disease with known outbreaks, from R's package surveillance where it is installed.

Counts are fed as denied among ten thousand decided. The package is Debian's r-cran-surveillance; nothing of it is kept here.
"""

import datetime as dt
import io
import shutil
import subprocess
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.spikes import nowcasts, rivals
from benchmarks.spikes.simulate import MAIN, Floats, Ints, World
from benchmarks.tables import markdown, share, times
from rcm_pipeline.denials.spikes import detect

DISEASES = {
    "h1_nrwrp": "hepatitis A, two states",
    "ha": "hepatitis A, twelve districts of Berlin",
    "k1": "cryptosporidiosis",
    "m1": "campylobacter",
    "m2": "hepatitis A",
    "m3": "norovirus",
    "m4": "norovirus",
    "m5": "hepatitis A",
    "n1": "salmonella",
    "n2": "salmonella",
    "q1_nrwh": "hepatitis A",
    "q2": "paratyphoid",
    "s1": "salmonella",
    "s2": "hepatitis A",
    "s3": "hepatitis A",
}
DECIDED = 10_000
FIRST = 13  # weeks before the first judged one: the detector's eight, what it leaves out, and a week or two to spare
EARS_LIMIT = 3.0  # standard deviations, as it is used
SINCE = 104  # weeks of reports before the first nowcast, and every `EVERY`th week after it
EVERY = 2
_SERIES = """
suppressMessages(library(surveillance))
for (name in strsplit("{names}", " ")[[1]]) {{
  data(list = name)
  found <- get(name)
  counts <- as.matrix(found$observed)
  for (place in seq_len(ncol(counts))) for (week in seq_len(nrow(counts)))
    cat(name, place, week - 1, counts[week, place], found$state[week], sep = ",", fill = TRUE)
}}
"""
_TRIANGLE = """
suppressMessages(library(surveillance))
data(salmAllOnset)
write.table(salmAllOnset@control$reportingTriangle$n, sep = ",", row.names = FALSE, col.names = FALSE)
"""


def report(_: tuple[int, ...] = ()) -> str:
    """Both tables, or a sentence where R or the package is missing."""
    if not is_installed():
        return "R's package surveillance is not installed (apt-get install r-cran-surveillance): its series were not tried.\n"
    return "\n".join([_outbreaks(series()), _nowcasts(reporting_triangle())])


def is_installed() -> bool:
    """Whether R and the package are here."""
    return shutil.which("Rscript") is not None and _run('cat(requireNamespace("surveillance", quietly = TRUE))').strip() == "TRUE"


def series() -> pl.DataFrame:
    """A row per data set, place and week, counted from 0: cases, and whether the data set marks the week as an outbreak."""
    text = _run(_SERIES.format(names=" ".join(DISEASES)))
    found = pl.read_csv(io.StringIO(text), has_header=False, new_columns=["name", "place", "at", "cases", "state"])
    return found.with_columns(pl.col("state") == 1)


def reporting_triangle() -> Ints:
    """Cases of salmonella in Germany by week of onset and weeks until the report, 0 to 10; without the last weeks, not all reported."""
    rows = [line.split(",") for line in _run(_TRIANGLE).splitlines()]
    whole = [[int(cell) for cell in row] for row in rows if "NA" not in row]
    return np.array(whole, dtype=np.int64)


def detected(counts: pl.DataFrame, weeks: int) -> Floats:
    """By week and place, 1 where the detector would have rung: each data set a client, its places the payers."""
    monday = pl.lit(dt.date(2001, 1, 1)) + pl.duration(weeks=pl.col("at"))
    weekly = counts.select(
        client="name",
        payer=pl.col("place").cast(pl.String).str.zfill(2),
        cause=pl.lit("cases"),
        week=monday,
        denied="cases",
        decided=pl.lit(DECIDED, pl.Int64),
    )
    rings = detect(weekly, test_weeks=weeks - FIRST).sort("week", "payer")
    return rings["is_alarm"].cast(pl.Float64).to_numpy().reshape(weeks - FIRST, -1)


def ears(counts: pl.DataFrame, weeks: int, limit: float = EARS_LIMIT) -> Floats:
    """The same for EARS C2 at so many standard deviations."""
    cases = counts.sort("at", "place")["cases"].to_numpy().reshape(weeks, -1)
    same = np.full(cases.shape, DECIDED)
    scenario = replace(MAIN, history=FIRST, evaluated=weeks - FIRST)
    nothing = np.zeros(cases.shape)
    world = World(scenario, same, cases, nothing, nothing, nothing[0])
    return (rivals.ears_c2(world) > limit).astype(np.float64)


def _outbreaks(counts: pl.DataFrame) -> str:
    """Each data set, and EARS once more at the limit that gives as many alarms outside as the detector has."""
    sets = [_DataSet.of(counts, name) for name in DISEASES]
    lower = np.linspace(EARS_LIMIT, 0, 301)
    most = sum(one.outside(detected(one.counts, one.weeks)) for one in sets)
    equal = lower[np.searchsorted([sum(one.outside(ears(one.counts, one.weeks, limit)) for one in sets) for limit in lower], most)]
    methods = {
        "EARS C2": ears,
        f"EARS C2 at {equal:.2f}": lambda counts, weeks: ears(counts, weeks, float(equal)),
        "detector": detected,
    }
    rows, total, quiet = [], [0.0] * len(methods), 0
    for one in sets:
        found = [method(one.counts, one.weeks) for method in methods.values()]
        outside = [one.outside(rings) for rings in found]
        total = [before + more for before, more in zip(total, outside, strict=True)]
        quiet += one.quiet_count
        cells = [part for rings, rung in zip(found, outside, strict=True) for part in (one.first_alarm(rings), f"{rung:.0f}")]
        rows.append(
            [f"`{one.name}`: {DISEASES[one.name]}", str(int(one.is_outbreak.sum())), str(one.cases), *cells, f"{one.quiet_count:,}"]
        )
    rows.append(["all", "", "", *(part for rung in total for part in ("", f"{rung:.0f}")), f"{quiet:,}"])
    head = ["data set", "weeks marked", "cases in them", *(part for name in methods for part in (f"{name}: first alarm", "outside")), "of"]
    return markdown(
        "Known outbreaks of reported diseases: first alarm by week since the first case, alarms outside the marked weeks", head, rows
    )


@dataclass(frozen=True)
class _DataSet:
    """One data set: its counts, the weeks it marks as an outbreak, the first of these with a case, and the cases in them."""

    name: str
    counts: pl.DataFrame
    is_outbreak: npt.NDArray[np.bool_]
    begins: int
    cases: int
    places: int

    @classmethod
    def of(cls, counts: pl.DataFrame, name: str) -> "_DataSet":
        own = counts.filter(pl.col("name") == name).sort("at", "place")
        is_outbreak = own.filter(pl.col("place") == 1)["state"].to_numpy()
        cases = own["cases"].to_numpy().reshape(len(is_outbreak), -1)
        marked = np.flatnonzero(is_outbreak & (cases.sum(axis=1) > 0))  # a mark may begin weeks before the first case
        return cls(name, own, is_outbreak, int(marked[0]), int(cases[is_outbreak].sum()), cases.shape[1])

    @property
    def weeks(self) -> int:
        return len(self.is_outbreak)

    @property
    def quiet_count(self) -> int:
        """Judged weeks outside the outbreak, of all places."""
        return int((~self.is_outbreak[FIRST:]).sum()) * self.places

    def outside(self, rings: Floats) -> float:
        return float(rings[~self.is_outbreak[FIRST:]].sum())

    def first_alarm(self, rings: Floats) -> str:
        if self.begins < FIRST:
            return "before the first judged week"
        of_outbreak = rings[self.begins - FIRST :][self.is_outbreak[self.begins :]].any(axis=1)
        return f"week {of_outbreak.argmax() + 1}" if of_outbreak.any() else "none"


def _nowcasts(triangle: Ints) -> str:
    """Every second week as it was known then: a constant stream of paid claims at the average delay, the cases denied among them."""
    usual = triangle.sum(axis=0) / triangle.sum()
    errors: dict[str, list[Floats]] = {name: [] for name in nowcasts.METHODS}
    inside: dict[str, list[Floats]] = {name: [] for name in errors}
    for as_of in range(SINCE, len(triangle), EVERY):
        recent = triangle[as_of - nowcasts.WEEKS + 1 : as_of + 1][::-1]
        world = _world(recent, usual)
        truth = recent[: nowcasts.AGES].sum(axis=1)
        for name, method in nowcasts.METHODS.items():
            found = method(world)
            errors[name].append(found.value[0] - truth)
            inside[name].append(((found.low[0] <= truth) & (truth <= found.high[0])).astype(np.float64))
    final = triangle[SINCE::EVERY].sum(axis=1).mean()
    rows = []
    for name, off in errors.items():
        rmse = np.sqrt((np.array(off) ** 2).mean(axis=0)) / final
        covered = [share(value) if name != "naive" else "–" for value in np.array(inside[name]).mean(axis=0)]
        rows.append([name, *map(times, rmse[1:]), *covered[1:]])
    head = ["method", *(f"{what}, age {age}" for what in ("RMSE / mean", "covered") for age in range(1, nowcasts.AGES))]
    return markdown(f"Salmonella by week of onset, {len(errors['naive'])} nowcasts, 90 % limits", head, rows)


def _world(recent: Ints, usual: Floats) -> nowcasts.World:
    denied = np.zeros((1, len(recent), nowcasts.LAST_AGE + 1), dtype=np.int64)
    denied[0, :, : recent.shape[1]] = recent
    paid = np.zeros_like(denied)
    rest = DECIDED - recent.sum(axis=1)
    paid[0, :, : usual.size] = np.diff(np.round(rest[:, None] * np.cumsum(usual)), axis=1, prepend=0)
    nobody = np.zeros(1, dtype=bool)
    return nowcasts.World(np.full((1, len(recent)), DECIDED), denied, paid, nobody, nobody)


def _run(script: str) -> str:
    return subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    print(report())
