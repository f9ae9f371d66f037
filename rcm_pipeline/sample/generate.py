"""Write an inbox of labelled sample data of any size: same seed, same bytes."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rcm_pipeline.sample import files
from rcm_pipeline.sample.acknowledgements import acknowledgement_file
from rcm_pipeline.sample.claims import Answer, Claim, draw_answers, draw_claim
from rcm_pipeline.sample.sheets import (
    CODING_HEADER,
    FINDING_HEADER,
    REVIEW_HEADER,
    TOUCH_HEADER,
    Reviewed,
    Row,
    coding_row,
    review,
    touches,
)
from rcm_pipeline.sample.truth import Truth
from rcm_pipeline.sample.world import CLIENTS, LAST_WEEK, SPIKE_CAUSE, SPIKE_PAYER, SPIKE_WEEKS, Client
from rcm_pipeline.sample.x12_text import claim_file, remittance_file

_LEAD_WEEKS = 5
_SHEET_WEEKS = 4
Progress = Callable[[int], None]


def generate(
    out: Path, *, weeks: int = 26, seed: int = 20261123, scale: float = 1.0, progress: Progress = lambda _: None
) -> dict[str, int]:
    """Write <out>/inbox, <out>/settings and <out>/truth; return how many claims each client got.

    `scale` multiplies the claims per week; at 26 weeks a scale of 275 gives a million claims.
    """
    counts = {}
    for index, client in enumerate(CLIENTS):
        sized = replace(client, claims_per_week=max(1, round(client.claims_per_week * scale)))
        counts[client.client] = _Maker(out, sized, random.Random(seed + index), weeks).run(progress)  # noqa: S311 - no secret
    return counts


class _Maker:
    """One client's files, week by week; what is due later waits in a queue by week."""

    def __init__(self, out: Path, client: Client, rng: random.Random, weeks: int) -> None:
        self._client, self._rng, self._weeks, self._out = client, rng, weeks, out
        self._inbox = out / "inbox" / client.client
        self._inbox.mkdir(parents=True, exist_ok=True)
        self._truth = Truth(out / "truth" / client.client)
        self._due: dict[int, list[Answer]] = {}
        self._work: dict[int, list[Row]] = {}
        self._reviews: list[Reviewed] = []
        self._coding: list[Row] = []
        self._control = self._drawn = self._claims = self._review_no = 0

    def run(self, progress: Progress) -> int:
        """Write everything and return how many claims were sent."""
        for week in range(-_LEAD_WEEKS, self._weeks):
            claims = self._draw(week)
            self._write_claims(week, claims)
            if week >= 0:
                self._review(week, claims)
                self._answer(week)
                if (week + 1) % _SHEET_WEEKS == 0 or week == self._weeks - 1:
                    self._write_sheets(week)
            progress(len(claims))
        self._truth.write()
        self._write_settings()
        self._write_planted()
        return self._claims

    def _monday(self, week: int) -> date:
        return LAST_WEEK - timedelta(weeks=self._weeks - 1 - week)

    def _draw(self, week: int) -> list[Claim]:
        """Claims of a week; those answered before the first week of the story are left out."""
        found = []
        for _ in range(self._client.claims_per_week):
            self._drawn += 1
            claim = draw_claim(self._rng, self._client, week, self._monday(week), self._drawn)
            if claim.first_week >= 0:
                found.append(claim)
                for answer in draw_answers(self._rng, claim, self._weeks - 1):
                    self._due.setdefault(answer.week, []).append(answer)
        self._claims += len(found)
        return found

    def _write_claims(self, week: int, claims: list[Claim]) -> None:
        day = self._monday(week) + timedelta(days=4)
        sent: list[tuple[int, list[Claim]]] = []
        for is_institutional, name in ((False, "837P"), (True, "837I")):
            batch = [claim for claim in claims if claim.is_institutional == is_institutional]
            if batch:
                self._control += 1
                files.write_text(self._inbox / f"{name}_{day:%Y%m%d}.edi", claim_file(self._client, batch, day, self._control))
                sent.append((self._control, batch))
        if sent:  # the claims of the last week are accepted as a file, and not yet one by one
            text = acknowledgement_file(self._client, sent, day, self._control, has_claims=week < self._weeks - 1)
            files.write_text(self._inbox / f"ACK_{day + timedelta(days=3):%Y%m%d}.txt", text)
        self._coding += [coding_row(self._rng, claim) for claim in claims]

    def _answer(self, week: int) -> None:
        """Write the week's remittances, and queue the work its denials cause."""
        day = self._monday(week) + timedelta(days=3)
        by_payer: dict[str, list[Answer]] = {}
        for answer in self._due.pop(week, []):
            by_payer.setdefault(answer.claim.payer.payer_id, []).append(answer)
        for payer_id, answers in sorted(by_payer.items()):
            self._control += 1
            text = remittance_file(self._client, answers[0].claim.payer, answers, day, self._control)
            files.write_text(self._inbox / f"835_{payer_id}_{day:%Y%m%d}.txt", text)
            for answer in answers:
                self._truth.add(answer, self._monday(week), _is_first(answer))
                self._plan_work(answer, week)

    def _plan_work(self, answer: Answer, week: int) -> None:
        causes = [s.root_cause for s in answer.scenarios if s.root_cause]
        if causes and not answer.is_reversal:
            for row in touches(self._rng, answer, causes[0], self._monday(week)):
                day = row[1]
                assert isinstance(day, date)
                self._work.setdefault((day - self._monday(0)).days // 7, []).append(row)

    def _review(self, week: int, claims: list[Claim]) -> None:
        day = self._monday(week) + timedelta(days=4)
        plan = [("random", self._client.random_reviews), ("risk", self._client.risk_reviews)]
        for stratum, size in plan:
            for claim in self._rng.sample(claims, min(size, len(claims))):
                self._review_no += 1
                self._reviews.append(review(self._rng, claim, self._review_no, day, self._client, stratum))

    def _write_sheets(self, week: int) -> None:
        stamp = f"{self._monday(week) + timedelta(days=4):%Y%m%d}"
        reviews = [r.review for r in self._reviews]
        findings = [row for r in self._reviews for row in r.findings]
        work = [row for due in sorted(w for w in self._work if w <= week) for row in self._work.pop(due)]
        if self._client.sheet_format == "xlsx":
            files.write_workbook(
                self._inbox / f"QA_{stamp}.xlsx", {"Reviews": (REVIEW_HEADER, reviews), "Findings": (FINDING_HEADER, findings)}
            )
            files.write_csv(self._inbox / f"coding_log_{stamp}.csv", CODING_HEADER, self._coding)
            files.write_csv(self._inbox / f"touch_log_{stamp}.csv", TOUCH_HEADER, work)
        else:
            header = ["Audit #" if name == "Review ID" else name for name in REVIEW_HEADER]
            files.write_csv(self._inbox / f"qa_reviews_{stamp}.csv", header, reviews, us_dates=True)
            files.write_csv(self._inbox / f"qa_findings_{stamp}.csv", ["Audit #", *FINDING_HEADER[1:]], findings, us_dates=True)
            files.write_csv(self._inbox / f"coding_log_{stamp}.tsv", CODING_HEADER, self._coding, delimiter="\t", us_dates=True)
            files.write_workbook(self._inbox / f"touch_log_{stamp}.xlsx", {"Work": (TOUCH_HEADER, work)})
        self._reviews, self._coding = [], []

    def _write_settings(self) -> None:
        own = '\n[headers.qa_reviews]\nreview_token = "Audit #"\n\n[headers.qa_findings]\nreview_token = "Audit #"\n'
        text = f'name = "{self._client.name}"\ncapitated_payers = ["PAY05"]\n' + (own if self._client.sheet_format == "csv" else "")
        files.write_text(self._out / "settings" / f"{self._client.client}.toml", text)

    def _write_planted(self) -> None:
        """The planted spike and the planted accuracy of each coder."""
        planted = {
            "spike": {"payer_id": SPIKE_PAYER, "root_cause": SPIKE_CAUSE, "first_week": str(self._monday(self._weeks - SPIKE_WEEKS))},
            "coders": {coder.coder_id: coder.accuracy for coder in self._client.coders},
        }
        files.write_text(self._out / "truth" / self._client.client / "planted.json", json.dumps(planted, indent=1) + "\n")


def _is_first(answer: Answer) -> bool:
    """The first decision: the first answer, or the one that follows a pended first answer."""
    is_pended = answer.scenarios[0].name == "pended"
    return not is_pended and (answer.number == 1 or (answer.number == 2 and answer.follows_pend))


def expected_claims(weeks: int, scale: float) -> int:
    """About how many claims `generate` will draw, for a progress bar."""
    return sum(max(1, round(client.claims_per_week * scale)) * (weeks + _LEAD_WEEKS) for client in CLIENTS)
