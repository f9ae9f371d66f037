"""Write the sheets of a client every four weeks, decisions and feedback every quarter."""

from pathlib import Path
from typing import TypeVar

from rcm_pipeline.sample import files, sheets
from rcm_pipeline.sample.audits import Review
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.feedback import Action
from rcm_pipeline.sample.sheets import Row
from rcm_pipeline.sample.work import DECISION_HEADER, ESCALATION_HEADER, TOUCH_HEADER, Escalation, standing_decisions

_SHEET_WEEKS, _QUARTER_WEEKS = 4, 13
T = TypeVar("T")


class Logs:
    """What people logged and has not been written yet; what is dated later waits for its week."""

    def __init__(self, inbox: Path, draws: Draws) -> None:
        self._inbox, self._draws = inbox, draws
        self._reviews: list[Review] = []
        self._coding: list[Row] = []
        self._decisions: list[Row] = []
        self._work: dict[int, list[Row]] = {}
        self._queries: dict[int, list[Escalation]] = {}
        self._actions: list[Action] = []
        self._us_dates = draws.client.sheet_format == "csv"

    def code(self, row: Row) -> None:
        """A line of the coding log."""
        self._coding.append(row)

    def review(self, review: Review) -> None:
        """An audited chart."""
        self._reviews.append(review)

    def act(self, action: Action) -> None:
        """A step of feedback."""
        self._actions.append(action)

    def touch(self, week: int, row: Row) -> None:
        """A line of the work log."""
        self._work.setdefault(week, []).append(row)

    def ask(self, query: Escalation) -> None:
        """A query: in the sheet after its answer, or after it was sent where it has none."""
        self._queries.setdefault(max(self._draws.week_of(query.answered or query.sent), 0), []).append(query)

    def end(self, week: int) -> None:
        """Write what is due at the end of a week."""
        is_last = week == self._draws.weeks - 1
        if is_last or (week + 1) % _SHEET_WEEKS == 0:
            self._write_sheets(week)
        if is_last or (week + 1) % _QUARTER_WEEKS == 0:
            self._write_quarter(week)

    def _write_sheets(self, week: int) -> None:
        stamp, work = self._stamp(week), _due(week, self._work)
        if self._us_dates:
            self._write_text(stamp, work)
        else:
            self._write_workbooks(stamp, work)
        queries = _due(week, self._queries)
        self._decisions += [query.decision for query in queries if query.decision]
        if queries:
            self._write_csv(f"queries_{stamp}.csv", ESCALATION_HEADER, [query.row for query in queries])
        self._reviews, self._coding = [], []

    def _write_workbooks(self, stamp: str, work: list[Row]) -> None:
        """Reviews with their counts, and the findings."""
        reviews = [sheets.counted_row(review) for review in self._reviews]
        findings = [row for review in self._reviews for row in sheets.finding_rows(review)]
        book = {"Reviews": ([*sheets.REVIEW_HEADER, *sheets.COUNT_HEADER], reviews), "Findings": (sheets.FINDING_HEADER, findings)}
        files.write_workbook(self._inbox / f"QA_{stamp}.xlsx", book)
        self._write_csv(f"coding_log_{stamp}.csv", sheets.CODING_HEADER, self._coding)
        self._write_csv(f"touch_log_{stamp}.csv", TOUCH_HEADER, work)

    def _write_text(self, stamp: str, work: list[Row]) -> None:
        """Reviews and their codes; nobody counted or judged them."""
        header = [sheets.OTHER_HEADINGS.get(name, name) for name in sheets.REVIEW_HEADER]
        self._write_csv(f"qa_reviews_{stamp}.csv", header, [sheets.review_row(review) for review in self._reviews])
        codes = [row for review in self._reviews for row in sheets.code_rows(review)]
        self._write_csv(f"qa_codes_{stamp}.csv", sheets.CODE_HEADER, codes)
        files.write_csv(self._inbox / f"coding_log_{stamp}.tsv", sheets.CODING_HEADER, self._coding, delimiter="\t", us_dates=True)
        files.write_workbook(self._inbox / f"touch_log_{stamp}.xlsx", {"Work": (TOUCH_HEADER, work)})

    def _write_quarter(self, week: int) -> None:
        """Decisions, and all feedback to date: few rows, and a label in fewer than five of a sheet comes in as `other`."""
        stamp = self._stamp(week)
        self._write_csv(f"decisions_{stamp}.csv", DECISION_HEADER, [*self._decisions, *standing_decisions(self._draws, week)])
        actions = [sheets.action_row(action.by(self._draws.sent_day(week))) for action in self._actions]
        if actions:
            self._write_csv(f"qa_feedback_{stamp}.csv", sheets.ACTION_HEADER, actions)
        self._decisions = []

    def _write_csv(self, name: str, header: list[str], rows: list[Row]) -> None:
        files.write_csv(self._inbox / name, header, rows, us_dates=self._us_dates)

    def _stamp(self, week: int) -> str:
        return f"{self._draws.sent_day(week):%Y%m%d}"


def _due(week: int, waiting: dict[int, list[T]]) -> list[T]:
    """What waits for this week or one before, in the order of weeks; it waits no more."""
    return [thing for due in sorted(due for due in waiting if due <= week) for thing in waiting.pop(due)]
