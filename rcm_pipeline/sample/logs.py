"""Write the sheets of a client every four weeks: QA reviews, the coding log, the work log, queries and decisions."""

from collections.abc import Iterable
from pathlib import Path

from rcm_pipeline.sample import files
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.sheets import CODING_HEADER, FINDING_HEADER, REVIEW_HEADER, Reviewed
from rcm_pipeline.sample.work import DECISION_HEADER, ESCALATION_HEADER, TOUCH_HEADER, Escalation, Row


class Logs:
    """What people logged and has not been written yet; what is dated later waits for its week."""

    def __init__(self, inbox: Path, draws: Draws) -> None:
        self._inbox, self._draws = inbox, draws
        self._reviews: list[Reviewed] = []
        self._coding: list[Row] = []
        self._work: dict[int, list[Row]] = {}
        self._queries: dict[int, list[Escalation]] = {}

    def code(self, row: Row) -> None:
        """A line of the coding log."""
        self._coding.append(row)

    def review(self, reviewed: Reviewed) -> None:
        """An audited chart."""
        self._reviews.append(reviewed)

    def touch(self, week: int, row: Row) -> None:
        """A line of the work log."""
        self._work.setdefault(week, []).append(row)

    def ask(self, query: Escalation) -> None:
        """A query: in the sheet after its answer, or after it was sent where it has none."""
        self._queries.setdefault(max(self._draws.week_of(query.answered or query.sent), 0), []).append(query)

    def write(self, week: int) -> None:
        """Everything that was logged by the end of a week."""
        stamp = f"{self._draws.sent_day(week):%Y%m%d}"
        work = [row for due in _until(week, self._work) for row in self._work.pop(due)]
        if self._draws.client.sheet_format == "xlsx":
            self._write_workbooks(stamp, work)
        else:
            self._write_text(stamp, work)
        self._write_queries(stamp, [query for due in _until(week, self._queries) for query in self._queries.pop(due)])
        self._reviews, self._coding = [], []

    def _write_workbooks(self, stamp: str, work: list[Row]) -> None:
        reviews, findings = self._reviewed()
        sheets = {"Reviews": (REVIEW_HEADER, reviews), "Findings": (FINDING_HEADER, findings)}
        files.write_workbook(self._inbox / f"QA_{stamp}.xlsx", sheets)
        files.write_csv(self._inbox / f"coding_log_{stamp}.csv", CODING_HEADER, self._coding)
        files.write_csv(self._inbox / f"touch_log_{stamp}.csv", TOUCH_HEADER, work)

    def _write_text(self, stamp: str, work: list[Row]) -> None:
        reviews, findings = self._reviewed()
        header = ["Audit #" if name == "Review ID" else name for name in REVIEW_HEADER]
        files.write_csv(self._inbox / f"qa_reviews_{stamp}.csv", header, reviews, us_dates=True)
        files.write_csv(self._inbox / f"qa_findings_{stamp}.csv", ["Audit #", *FINDING_HEADER[1:]], findings, us_dates=True)
        files.write_csv(self._inbox / f"coding_log_{stamp}.tsv", CODING_HEADER, self._coding, delimiter="\t", us_dates=True)
        files.write_workbook(self._inbox / f"touch_log_{stamp}.xlsx", {"Work": (TOUCH_HEADER, work)})

    def _reviewed(self) -> tuple[list[Row], list[Row]]:
        return [r.review for r in self._reviews], [row for r in self._reviews for row in r.findings]

    def _write_queries(self, stamp: str, queries: list[Escalation]) -> None:
        us_dates = self._draws.client.sheet_format == "csv"
        decisions = [query.decision for query in queries if query.decision]
        if queries:
            files.write_csv(self._inbox / f"queries_{stamp}.csv", ESCALATION_HEADER, [q.row for q in queries], us_dates=us_dates)
        if decisions:
            files.write_csv(self._inbox / f"decisions_{stamp}.csv", DECISION_HEADER, decisions, us_dates=us_dates)


def _until(week: int, waiting: Iterable[int]) -> list[int]:
    return sorted(due for due in waiting if due <= week)
