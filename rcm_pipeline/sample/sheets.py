"""Draw what coders and auditors log: the coding log, and QA reviews with their findings."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.world import Client

Row = list[object]
CODING_HEADER = ["Account Number", "Coder ID", "Patient Name", "Date of Service", "Coded Date", "Specialty", "Code Count", "Minutes"]
REVIEW_HEADER = [
    "Review ID",
    "Account Number",
    "Patient Name",
    "Coder ID",
    "Auditor ID",
    "Review Date",
    "Date of Service",
    "Specialty",
    "Sample Type",
    "Codes Assigned",
    "Auditor Codes",
    "Codes Correct",
    "Comments",
]
FINDING_HEADER = ["Review ID", "Error Code", "Original Code", "Corrected Code", "Dollar Impact", "Responsible Party", "Rebuttal Status"]
_WRONG = ("PX_WRONG", "DX_SPECIFICITY", "MOD_WRONG", "EM_OVER1", "EM_UNDER1", "DX_WRONG")
_MISSED = ("PX_MISSED", "DX_MISSED", "MOD_MISSING")


@dataclass(frozen=True)
class Reviewed:
    """One QA review and its findings as sheet rows."""

    review: Row
    findings: list[Row]


def coding_row(rng: random.Random, claim: Claim) -> Row:
    """A line of the coding log."""
    codes = len(claim.lines) + len(claim.diagnoses)
    day = claim.service + timedelta(days=rng.randrange(0, 2))
    name = ", ".join(claim.patient)
    return [claim.account, claim.coder.coder_id, name, claim.service, day, claim.coder.specialty, codes, 2 + codes + rng.randrange(4)]


def review(rng: random.Random, claim: Claim, number: int, day: date, client: Client, stratum: str) -> Reviewed:
    """An audited chart: every code of the coder is right with the accuracy planted for that coder."""
    codes = [line.code for line in claim.lines] + list(claim.diagnoses)
    wrong = [code for code in codes if rng.random() > claim.coder.accuracy]
    missed = sum(rng.random() > claim.coder.accuracy for _ in range(2)) if rng.random() < 0.5 else 0
    review_id = f"{client.account_prefix}-R{number:05d}"
    findings: list[Row] = []
    for code in wrong:
        impact = round(rng.uniform(-40, 90), 2)
        findings.append([review_id, rng.choice(_WRONG), code, code[:-1] + "9", f"{impact:.2f}", "Coder", _rebuttal(rng)])
    findings += [
        [review_id, rng.choice(_MISSED), "", "99080", f"{-rng.uniform(5, 60):.2f}", "Coder", _rebuttal(rng)] for _ in range(missed)
    ]
    row: Row = [
        review_id,
        claim.account,
        ", ".join(claim.patient),
        claim.coder.coder_id,
        f"AU{1 + number % 2}",
        day,
        claim.service,
        claim.coder.specialty,
        stratum.title(),
        len(codes),
        len(codes) + missed,
        len(codes) - len(wrong),
        "see chart",
    ]
    return Reviewed(row, findings)


def _rebuttal(rng: random.Random) -> str:
    return rng.choices(("None", "Upheld", "Overturned", "Open"), (80, 10, 6, 4))[0]
