"""docs/rules.md, written from the cases: `python -m tests.spec.rules_page` renews it."""

from pathlib import Path

from tests.spec.cases import CASES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
_HEAD = """\
# How a line is judged

Every line of a remittance gets exactly one disposition, from the classes and amounts of its adjustments. The rules
are tried in this order; the first that applies decides and its id is stored on the row. This page is written from
the tests in `tests/spec/` (`make docs`), so it says what the software does.

| rule | disposition | applies when |
|---|---|---|
| D01 | excluded | the answer is no decision: reversal, forwarded, predetermination, other notice |
| D02 | excluded | charge or payment is missing or unreadable |
| D03 | excluded | the charge is zero, all adjustments are reporting-only (CARC 246), or remark N620 |
| D04 | pended | a pending reason (CARC 133, 257, 277, P8, P11) or remark N924 is present |
| D05 | capitated | CO-24 from a payer the client's settings call capitated |
| D06 | denied_full | denial dollars > 0, nothing paid, nothing left to the patient |
| D07 | denied_partial | denial dollars > 0, and something paid or left to the patient |
| D08 | denied_full | CLP02 = 4, nothing paid, no reason given |
| D09 | paid_patient_resp | nothing paid, patient share > 0 |
| D10 | cob_satisfied | nothing paid, other payers (OA-23) and contract cover the charge |
| D11 | denial_suspected | nothing paid, and CO-45 takes the whole charge, a reason code is unknown on that date, or no reason is given |
| D12 | paid | everything else |

A remark N923 on the line overrides D06, D07, D08 and D11. Claim-level adjustments go to the
lines that fall short of their charge by exactly these amounts; else to the lines without adjustments of their own (to
all lines where every line has some), in whole cents by charge. Codes are
looked up on the date of the remittance; group CR is a correction, never a denial. The main reason of a line is the
denial code with the largest amount; its cause comes from a remark that pairs with it, else from the code itself.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for case in CASES:
        rows = "\n".join(f"| {number} | {d} | {c} | {amount} |" for number, (d, c, amount) in enumerate(case.lines, start=1))
        payer = f" Payer: {case.payer.lower()}." if case.payer != "PAYERX" else ""
        parts.append(
            f"\n## {case.rule}: {case.title}\n\n{case.why}{payer}\n\n```\n{case.segments}\n```\n\n"
            f"| line | disposition | root cause | denied |\n|---|---|---|---|\n{rows}\n"
        )
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
