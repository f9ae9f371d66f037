"""Write an inbox of labelled sample data of any size: same seed, same bytes."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rcm_pipeline.sample import files
from rcm_pipeline.sample.acknowledgements import acknowledgement_file
from rcm_pipeline.sample.charts import hand_over
from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse, Recoupment, Version
from rcm_pipeline.sample.claim_text import claim_file
from rcm_pipeline.sample.claims import Claim, draw_claim
from rcm_pipeline.sample.course import draw_life, numbered
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.lineage_truth import lineage_row, lineages_of
from rcm_pipeline.sample.logs import Logs
from rcm_pipeline.sample.metrics_truth import Metrics
from rcm_pipeline.sample.mistakes import stranger
from rcm_pipeline.sample.qa import Qa
from rcm_pipeline.sample.remittance_text import remittance_file
from rcm_pipeline.sample.sheets import AUDITOR_HEADING, coding_row
from rcm_pipeline.sample.truth import Truth, answer_row, line_rows, recoupment_row, version_row
from rcm_pipeline.sample.work import AUTHORITY, Escalation, coding_query, denial_query, query_row, touch_row
from rcm_pipeline.sample.world import CLIENTS, PAYER_OF, SPIKE_CAUSE, SPIKE_PAYER, SPIKE_WEEKS

_LEAD_WEEKS = 5
_PAYMENT_AGAIN_EVERY, _PAYMENT_CUT_EVERY, _BATCH_AGAIN_EVERY = 31, 47, 19  # files
_OTHER_ENVELOPE = 500_000  # added to the control numbers of what is delivered again
Progress = Callable[[int], None]


def generate(
    out: Path, *, weeks: int = 26, seed: int = 20261123, scale: float = 1.0, progress: Progress = lambda _: None
) -> dict[str, int]:
    """Write <out>/inbox, <out>/settings and <out>/truth; return how many claims each client got.

    `scale` multiplies the claims per week; at 26 weeks a scale of 300 gives a million claims.
    """
    counts = {}
    for index, client in enumerate(CLIENTS):
        sized = replace(client, claims_per_week=max(1, round(client.claims_per_week * scale)))
        draws = Draws(random.Random(seed + index), sized, weeks, index)  # noqa: S311 - no secret
        counts[client.client] = _Maker(out, draws).run(progress)
    return counts


class _Maker:
    """One client's files, week by week; what is due later waits in a queue by day or week."""

    def __init__(self, out: Path, draws: Draws) -> None:
        self._draws, self._client, self._out = draws, draws.client, out
        self._inbox = out / "inbox" / self._client.client
        self._inbox.mkdir(parents=True, exist_ok=True)
        self._truth_folder = out / "truth" / self._client.client
        self._truth, self._metrics = Truth(self._truth_folder), Metrics(draws)
        self._logs = Logs(self._inbox, draws)
        self._qa = Qa(draws, self._logs, self._truth, self._metrics)
        self._sends: dict[date, list[Version]] = {}
        self._due: dict[tuple[int, str], list[tuple[ClaimCourse, Answer]]] = {}
        self._moves: dict[tuple[int, str], list[Recoupment]] = {}
        self._control = self._drawn = 0

    def run(self, progress: Progress) -> int:
        """Write everything and return how many claims were sent."""
        draws, claims = self._draws, 0
        for week in range(-_LEAD_WEEKS, draws.weeks):
            drawn = self._draw(week)
            claims += drawn
            for day in (draws.monday(week), draws.sent_day(week)):
                self._send(day, has_statuses=week < draws.weeks - 1)
            if week >= 0:
                self._answer(week)
            self._qa.end(week)
            if week >= 0:
                self._logs.end(week)
            progress(drawn)
        self._qa.close()
        self._truth.close()
        self._metrics.write(self._truth_folder / "metrics.parquet")
        self._write_settings()
        self._write_planted()
        return claims

    def _draw(self, week: int) -> int:
        """Draw the claims of a week and count them; those answered before the first week of the story are left out."""
        count = 0
        for _ in range(self._client.claims_per_week):
            self._drawn += 1
            account = f"{self._client.account_prefix}{self._drawn:08d}"
            claim = draw_claim(self._draws.rng, self._client, self._draws.monday(week), account)
            if week + claim.lag_weeks >= 0:
                count += 1
                course = draw_life(self._draws, claim, week)
                hand_over(self._draws, claim, week)
                coded = self._log_coding(claim)
                self._plan(course, coded)
                self._qa.code(course, coded)
        other = stranger(self._draws, week) if week >= 0 else None
        if other is not None:
            self._plan(numbered(other), None)
        return count

    def _plan(self, course: ClaimCourse, coded: date | None) -> None:
        """Queue what a course brings, and note where it stands on the last day."""
        draws, last_week = self._draws, self._draws.weeks - 1
        for version in course.versions:
            self._sends.setdefault(version.sent, []).append(version)
        for answer in course.answers:
            self._due.setdefault((answer.week, answer.payer.payer_id), []).append((course, answer))
        for move in course.recoupments:
            self._moves.setdefault((move.week, move.payer.payer_id), []).append(move)
        for touch in course.touches:
            self._logs.touch(draws.week_of(touch.day), touch_row(touch))
        for lineage in lineages_of(course, last_week, draws.monday(last_week) + timedelta(days=6)):
            self._truth.add("lineages", [lineage_row(lineage)])
            self._metrics.add(lineage, coded)

    def _log_coding(self, claim: Claim) -> date:
        """Log the coding of an encounter; returns its day."""
        row = coding_row(self._draws.rng, claim)
        self._logs.code(row)
        coded = row[4]
        assert isinstance(coded, date)
        self._metrics.add_coding(coded, claim.service)
        self._ask(coding_query(self._draws, claim, coded))
        return coded

    def _ask(self, query: Escalation | None) -> None:
        if query is not None:
            self._logs.ask(query)
            self._metrics.add_query(query)
            self._truth.add("queries", [query_row(query, self._draws.last_day)])

    def _send(self, day: date, *, has_statuses: bool) -> None:
        """The batches of a day and their acknowledgements; the last week's claims have no verdict one by one yet."""
        due, sent = self._sends.pop(day, []), list[tuple[int, list[Version]]]()
        for is_institutional, name in ((False, "837P"), (True, "837I")):
            batch = [version for version in due if version.claim.is_institutional == is_institutional]
            if batch:
                self._control += 1
                files.write_text(self._inbox / f"{name}_{day:%Y%m%d}.edi", claim_file(self._client, batch, day, self._control))
                if self._draws.is_due("batch again", _BATCH_AGAIN_EVERY):
                    again = claim_file(self._client, batch, day, self._control, self._control + _OTHER_ENVELOPE)
                    files.write_text(self._inbox / f"again_{name}_{day:%Y%m%d}.edi", again)
                sent.append((self._control, batch))
        if sent:
            text = acknowledgement_file(self._client, sent, day, self._control, has_claims=has_statuses)
            files.write_text(self._inbox / f"ACK_{day + timedelta(days=3):%Y%m%d}.txt", text)
        self._truth.add("versions", [version_row(version, has_statuses=has_statuses) for version in due])

    def _answer(self, week: int) -> None:
        """Write the week's remittances."""
        for payer_id, payer in PAYER_OF.items():
            due = self._due.pop((week, payer_id), [])
            moves = self._bearable(week, payer_id, sum(answer.paid for _, answer in due))
            if not due and not moves:
                continue
            self._control += 1
            day, answers = self._draws.remitted_day(week), [answer for _, answer in due]
            text = remittance_file(self._client, payer, answers, moves, day, self._control)
            name = f"835_{payer_id}_{day:%Y%m%d}.txt"
            files.write_text(self._inbox / name, text)
            if self._draws.is_due("payment again", _PAYMENT_AGAIN_EVERY):
                again = remittance_file(self._client, payer, answers, moves, day, self._control + _OTHER_ENVELOPE)
                files.write_text(self._inbox / f"again_{name}", again)
            if self._draws.is_due("payment cut", _PAYMENT_CUT_EVERY):
                files.write_text(self._inbox / f"cut_{name}", text[: len(text) * 3 // 5])
            self._note(week, due, moves)

    def _bearable(self, week: int, payer_id: str, total: int) -> list[Recoupment]:
        """The money moved this week; what a payment cannot bear waits a week."""
        moves = sorted(self._moves.pop((week, payer_id), []), key=lambda move: move.amount)
        borne = []
        for move in moves:
            if move.amount < 0 or move.amount <= total:
                borne.append(move)
                total -= move.amount
            else:
                self._moves.setdefault((week + 1, payer_id), []).append(move)
        return borne

    def _note(self, week: int, due: list[tuple[ClaimCourse, Answer]], moves: list[Recoupment]) -> None:
        monday, day, last_week = self._draws.monday(week), self._draws.remitted_day(week), self._draws.weeks - 1
        for course, answer in due:
            self._truth.add("lines", line_rows(answer, course, monday))
            self._truth.add("answers", [answer_row(answer, course, last_week)])
            self._qa.hear(course, answer)
            if answer.is_denied:
                self._ask(denial_query(self._draws, answer))
        for move in moves:
            self._metrics.add_move(move, day)
        self._truth.add("recoupments", [recoupment_row(move, day) for move in moves])

    def _write_settings(self) -> None:
        own = f'auditor_id = "{AUDITOR_HEADING}"\n' + ('review_token = "Audit #"\n' if self._client.sheet_format == "csv" else "")
        roles = "".join(f'"{subject}" = {json.dumps(list(allowed))}\n' for subject, allowed in AUTHORITY.items())
        text = f'name = "{self._client.name}"\ncapitated_payers = ["PAY05"]\n\n[headers.qa_reviews]\n{own}\n[authority]\n{roles}'
        files.write_text(self._out / "settings" / f"{self._client.client}.toml", text)

    def _write_planted(self) -> None:
        """The planted spike, coders and auditors."""
        first_week = self._draws.monday(self._draws.weeks - SPIKE_WEEKS)
        spike = {"payer_id": SPIKE_PAYER, "root_cause": SPIKE_CAUSE, "first_week": str(first_week)}
        planted = {"spike": spike} | self._qa.planted()
        files.write_text(self._truth_folder / "planted.json", json.dumps(planted, indent=1) + "\n")


def expected_claims(weeks: int, scale: float) -> int:
    """About how many claims `generate` will draw, for a progress bar."""
    return sum(max(1, round(client.claims_per_week * scale)) * (weeks + _LEAD_WEEKS) for client in CLIENTS)
