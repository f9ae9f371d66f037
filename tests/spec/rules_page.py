"""docs/rules.md, written from the cases: `python -m tests.spec.rules_page` renews it."""

from pathlib import Path

import polars as pl

from rcm_pipeline.reference import reference
from tests.spec.cases import CASES
from tests.spec.claim_courses import CLAIM_COURSES, ClaimCourse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
_HEAD = """\
# Rules

Every rule has an id that is stored with what it decided; `rcm explain CLAIM` prints those that fired. The tables are drawn
from `schemas/reference/rules.tsv`, the cases from the tests in `tests/spec/` (`make docs`), so this page says what the
software does.

## What becomes of a line

Every line of a remittance gets exactly one disposition, from the classes and amounts of its adjustments. The rules
are tried in this order; the first that applies decides.

{disposition}
A remark N923 on the line overrides D06, D07, D08 and D11. Claim-level adjustments go to the
lines that fall short of their charge by exactly these amounts; else to the lines without adjustments of their own (to
all lines where every line has some), in whole cents by charge. Codes are
looked up on the date of the remittance; group CR is a correction, never a denial. The main reason of a line is the
denial code with the largest amount.

## Why it was denied

In this order: a rule of the client's own (settings, `cause_overrides`); an attribute of the claim; a remark that pairs with
the main reason, the line's own before the claim's; the reason code itself. Where evidence contradicts itself the cause is
`unspecified` and a person decides, with one of four reasons: `chart_support` (documentation against another cause),
`diagnosis_detail` (coding against a medical reason), `conflicting_documentation` (any other two causes), `payer_logic` (the
payer contradicts the claim, or gives no usable reason). `confidence` says how sure each kind of evidence is
(`confidence.toml`); below the client's minimum a person decides as well. Every denial bears the version of the taxonomy, and
`ops_reclassifications` lists what a new version reclassified.

{attribute}
## What belongs together

A lineage is all versions of one claim (837, frequency 1, 7, 8) for the same services and payer sequence, and every answer to
them: same account number and sequence, dates of service that overlap (what has no date belongs to the first visit). A
version or answer that names another's payer claim number as replaced (REF F8) joins its lineage. What answers which:

{claims}
{lines}
What a payer decided is followed service by service, over versions and answers (`service_line_no`): the first decision of a service,
the one that stands, and what it denies. So a claim split over several claim payments is partly denied when a line of it is; a
correction that pays only the denied line overturns it; a line denied after it had been paid is a denial of its own
(`is_retrospective`), with its own clock, on the worklist and at risk, and in no initial rate. A line denied as a duplicate (CARC 18,
B13) while another decision of the service stands is no work; one whose original was taken back has no usable cause.

M2 to M4 are for answers whose account number was never sent. An answer to a number we know by a payer we did not send to is
a crossover, a lineage of its own. A lineage whose newest version was turned back by file or claim edits is `rejected`, which
is never a denial.

## Taken back

{reversal}
Where several decisions fit, the newest that is not taken back yet; one reversal takes back one decision. The correction is the
payer's next decision on the lineage, the same day or later, else the newest between the two. A reversal after a void of ours
(frequency 8) is no takeback, and owes nothing. Without one after 35 days the takeback is open. A PLB adjustment WO
is money taken (positive) or put off (negative); where a payer takes money by letter it is all there is to see.

## How payers write

{remittance}"""
_SUBJECTS = {
    "disposition": "disposition",
    "attribute": "claim attribute",
    "claims": "match of claims",
    "lines": "match of lines",
    "reversal": "reversal",
    "remittance": "remittance",
}


def _rules(subject: str) -> str:
    """The rules of a subject as a table."""
    known = reference("rules").filter(pl.col("subject") == subject)
    rows = "".join(f"| {r['rule_id']} | {r['result']} | {r['applies_when']} |\n" for r in known.iter_rows(named=True))
    return f"| rule | result | applies when |\n|---|---|---|\n{rows}"


def _life(course: ClaimCourse) -> str:
    """A case of several answers: snippets by day, and how each answer stands."""
    texts = "\n".join(f"{day}\n{segments.replace('|', '   payer ')}" for day, segments in course.remittances)
    rows = "".join(f"| {n} | {kind} | {standing} |\n" for n, (kind, standing) in enumerate(course.answers, start=1))
    moved = "".join(f"\nOutside the claims: {kind}.\n" for kind in course.kinds)
    return (
        f"\n### {course.rule}: {course.title}\n\n{course.why}\n\n```\n{texts}\n```\n\n| answer | kind | standing |\n|---|---|---|\n{rows}"
        f"\nThe claim is then: {course.status}.\n{moved}"
    )


def page() -> str:
    """The whole page."""
    parts = [_HEAD.format(**{name: _rules(subject) for name, subject in _SUBJECTS.items()}), "\n## Lines, case by case\n"]
    for case in CASES:
        rows = "\n".join(f"| {number} | {d} | {c} | {amount} |" for number, (d, c, amount) in enumerate(case.lines, start=1))
        payer = f" Payer: {case.payer.lower()}." if case.payer != "PAYERX" else ""
        parts.append(
            f"\n### {case.rule}: {case.title}\n\n{case.why}{payer}\n\n```\n{case.segments}\n```\n\n"
            f"| line | disposition | root cause | denied |\n|---|---|---|---|\n{rows}\n"
        )
    parts += ["\n## Answers, case by case\n", *(_life(course) for course in CLAIM_COURSES)]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
