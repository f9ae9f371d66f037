"""What coders and auditors log, as rows of sheets: the coding log, QA reviews, their findings or their codes, and feedback."""

import random
from collections.abc import Iterable
from datetime import timedelta

from rcm_pipeline.sample.audits import Finding, Review
from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.feedback import Action
from rcm_pipeline.sample.miscoding import DIAGNOSIS, EM, PROCEDURE, Code

Row = list[object]
CODING_HEADER = ["Account Number", "Coder ID", "Patient Name", "Date of Service", "Coded Date", "Specialty", "Code Count", "Minutes"]
AUDITOR_HEADING = "Auditor (KEY = known answer)"
REVIEW_HEADER = [
    "Review ID",
    "Account Number",
    "Coder ID",
    AUDITOR_HEADING,
    "Review Date",
    "Date of Service",
    "Specialty",
    "Review Type",
    "Sample Type",
    "Frame Count",
    "Selection Rate",
]
OTHER_HEADINGS = {"Review ID": "Audit #", "Review Type": "Audit Type", "Frame Count": "Population", "Selection Rate": "Sampling Fraction"}
COUNT_HEADER = ["Codes Assigned", "Auditor Codes", "Codes Correct", "Patient Name", "Comments"]
FINDING_HEADER = ["Review ID", "Error Code", "Original Code", "Audited Code", "Dollar Impact", "Responsible Party", "Rebuttal Status"]
CODE_HEADER = [
    "Audit Number",
    "Position",
    "Code Type",
    "Original Code",
    "Audited Code",
    "Original Modifiers",
    "Audited Modifiers",
    "Original Units",
    "Audited Units",
    "Dollar Impact",
    "Audited Allowed",
]
_TYPES = {EM: "E/M", PROCEDURE: "CPT", DIAGNOSIS: "DX"}
ACTION_HEADER = ["Review ID", "Error Code", "Acknowledged Date", "Action", "Action Date", "Staff ID"]


def coding_row(rng: random.Random, claim: Claim) -> Row:
    """A line of the coding log."""
    codes = len(claim.lines) + len(claim.diagnoses)
    day = claim.service + timedelta(days=rng.randrange(0, 2))
    name = ", ".join(claim.patient)
    return [claim.account, claim.coder.coder_id, name, claim.service, day, claim.coder.specialty, codes, 2 + codes + rng.randrange(4)]


def review_row(review: Review) -> Row:
    """A reviewed chart, without counts."""
    claim, drawn = review.chart.claim, review.drawn
    return [
        review.review_id,
        claim.account,
        claim.coder.coder_id,
        review.auditor_id,
        review.day,
        claim.service,
        claim.coder.specialty,
        drawn.kind,
        drawn.stratum.title(),
        _cell(drawn.frame_count),
        _cell(drawn.selection_rate),
    ]


def counted_row(review: Review) -> Row:
    """A reviewed chart with the auditor's counts, and with what must not come in: a name and free text."""
    return [*review_row(review), *review.stated_counts, ", ".join(review.chart.claim.patient), "see chart"]


def finding_rows(review: Review) -> list[Row]:
    """The findings of a review."""
    return [_finding_row(review, finding) for finding in review.findings]


def code_rows(review: Review) -> list[Row]:
    """Coder's and auditor's codes side by side, numbered among the diagnoses and among the rest."""
    rows, numbers = list[Row](), {True: 0, False: 0}
    for pair in review.pairs:
        known = pair.coded or pair.right
        assert known is not None
        is_diagnosis = known.kind == DIAGNOSIS
        numbers[is_diagnosis] += 1
        money = ["", ""] if is_diagnosis else [dollars(pair.difference), dollars(pair.right.allowed if pair.right else 0)]
        sides = [_side(pair.coded), _side(pair.right)]
        rows.append(
            [
                review.review_id,
                numbers[is_diagnosis],
                _TYPES[known.kind],
                *(cell for cells in zip(*sides, strict=True) for cell in cells),
                *money,
            ]
        )
    return rows


def action_row(action: Action) -> Row:
    """A step of feedback."""
    cells = [action.acknowledged, action.action, action.acted, action.staff]
    return [action.review.review_id, action.error.error_code, *(_cell(cell) for cell in cells)]


def dollars(cents: int | None) -> str:
    """Cents as dollars; empty where they are not known."""
    return "" if cents is None else f"{cents / 100:.2f}"


def written(codes: Iterable[Code | None], *, with_modifier: bool) -> list[str]:
    """Codes as a finding names them; empty where there is none."""
    return ["" if code is None else code.full if with_modifier else code.code for code in codes]


def _finding_row(review: Review, finding: Finding) -> Row:
    error, pair = finding.error, finding.error.pair(review.chart.codes)
    names = written((pair.coded, pair.right), with_modifier=error.error_code.startswith("MOD"))
    return [review.review_id, error.error_code, *names, dollars(pair.difference), "Coder", finding.rebuttal.title()]


def _side(code: Code | None) -> list[object]:
    """Code, modifier and units."""
    return ["", "", ""] if code is None else [code.code, code.modifier, _cell(code.units)]


def _cell(value: object) -> object:
    return "" if value is None else value
