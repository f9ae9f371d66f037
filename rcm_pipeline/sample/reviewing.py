"""Which charts are reviewed, by whom, and when: random and risk samples, blind second reviews, calibration sets, re-audits."""

from collections import deque
from collections.abc import Iterator, Sequence

from rcm_pipeline.sample.audits import CALIBRATION, FIRST, KEY, RANDOM, REAUDIT, RISK, SECOND, Drawn, Review, audit
from rcm_pipeline.sample.charts import Chart, education_day
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.world import Auditor

_SECOND_SHARE = 0.1
_SET_SIZE, _SET_EVERY_WEEKS, _SET_WEEK = 20, 13, 6
_REAUDIT_WEEKS, _REAUDITED = (2, 4), 5
_STREAMS = (RANDOM, RISK, SECOND, CALIBRATION, REAUDIT, "auditors")


class Reviewing:
    """One client's reviews, week by week."""

    def __init__(self, draws: Draws) -> None:
        self._draws, self._auditors = draws, draws.client.auditors
        self._rngs = {name: draws.stream(f"reviews {name}") for name in _STREAMS}
        self._reviewed: set[str] = set()
        self._recent: dict[bool, deque[Chart]] = {is_right: deque(maxlen=_SET_SIZE // 2) for is_right in (False, True)}

    def week(self, week: int, coded: Sequence[Chart], denied: Sequence[Chart]) -> Iterator[Review]:
        """The reviews of a week: of charts coded in it, and of those whose denial for coding came in it."""
        random, risk = self._draws.client.random_reviews, self._draws.client.risk_reviews
        yield from self._first(week, RANDOM, coded, random)
        yield from self._first(week, RISK, denied, risk)
        yield from self._again(week, coded)
        for chart in coded:
            self._recent[chart.is_right].append(chart)
        if week % _SET_EVERY_WEEKS == _SET_WEEK:
            yield from self._calibrate(week)

    def _first(self, week: int, stratum: str, charts: Sequence[Chart], size: int) -> Iterator[Review]:
        """A simple random sample of the charts not reviewed yet; a tenth of the random ones goes to a second auditor."""
        for chart, drawn in self._sample(FIRST, stratum, charts, size):
            auditor = self._rngs["auditors"].choice(self._auditors)
            yield self._review(week, chart, auditor, drawn)
            if stratum == RANDOM and self._rngs[SECOND].random() < _SECOND_SHARE:
                other = self._rngs[SECOND].choice([a for a in self._auditors if a != auditor])
                yield self._review(week, chart, other, Drawn(SECOND, stratum))

    def _sample(self, kind: str, stratum: str, charts: Sequence[Chart], size: int) -> list[tuple[Chart, Drawn]]:
        frame = [chart for chart in charts if chart.claim.account not in self._reviewed]
        count = min(size, len(frame))
        chosen = self._rngs[stratum if kind == FIRST else kind].sample(frame, count)
        self._reviewed |= {chart.claim.account for chart in chosen}
        return [(chart, Drawn(kind, stratum, len(frame), round(count / len(frame), 6))) for chart in chosen]

    def _again(self, week: int, coded: Sequence[Chart]) -> Iterator[Review]:
        """A few weeks after a coder was educated, some of its other charts."""
        since = week - self._draws.week_of(education_day(self._draws))
        for coder in self._draws.client.coders:
            if since in _REAUDIT_WEEKS and coder.habit and coder.habit.after:
                own = [chart for chart in coded if chart.claim.coder is coder]
                for chart, drawn in self._sample(REAUDIT, RANDOM, own, _REAUDITED):
                    yield self._review(week, chart, self._rngs["auditors"].choice(self._auditors), drawn)

    def _calibrate(self, week: int) -> Iterator[Review]:
        """Once in a quarter all auditors review the same charts, half of them wrong; the review of KEY is the known answer."""
        charts = [*self._recent[False], *self._recent[True]]
        self._rngs[CALIBRATION].shuffle(charts)
        for chart in charts:
            for auditor in (KEY, *self._auditors):
                yield self._review(week, chart, auditor, Drawn(CALIBRATION, RISK))

    def _review(self, week: int, chart: Chart, auditor: Auditor, drawn: Drawn) -> Review:
        number = f"{self._draws.client.account_prefix}-R{self._draws.next_number('review'):05d}"
        may_be_rebutted = self._draws.client.sheet_format == "xlsx" and drawn.kind in (FIRST, REAUDIT)  # others state no findings
        rng = self._draws.stream(f"{drawn.kind} review of {chart.claim.account} by {auditor.auditor_id}")
        findings, missed = audit(rng, chart, auditor, may_be_rebutted=may_be_rebutted)
        return Review(number, chart, auditor.auditor_id, self._draws.sent_day(week), drawn, findings, missed)
