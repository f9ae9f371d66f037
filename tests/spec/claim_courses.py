"""What follows on a first answer, as readable cases: 835 snippets by day in, how each answer stands out. They make docs/rules.md too."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClaimCourse:
    """`answers`: (kind, standing) of each claim payment in order; `status` of its lineage; `plb` outside any claim.

    Standing: first, current and reversed, as far as they hold, or –. For reversals: the rule that paired it, and whether a
    correction came.
    """

    rule: str
    title: str
    why: str
    remittances: list[tuple[str, str]]
    answers: list[tuple[str, str]]
    status: str
    kinds: list[str] = field(default_factory=list)


_PAID = "CLP*A1*1*100*80*0*CI*I1\nSVC*HC:99213*100*80\nCAS*CO*45*20"
_DENIED = "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*197*100"
_REVERSED = "CLP*A1*22*-100*-80*0*CI*I1\nSVC*HC:99213*-100*-80\nCAS*CO*45*-20"
_REVERSED_DENIAL = "CLP*A1*22*-100*0*0*CI*I1\nSVC*HC:99213*-100*0\nCAS*CO*197*-100"
_LESS = "CLP*A1*1*100*50*0*CI*I2\nSVC*HC:99213*100*50\nCAS*CO*45*50"
_PENDED = "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*OA*133*100"

CLAIM_COURSES = [
    ClaimCourse("R1", "Reversed and corrected in one remittance",
         "The first decision stays the first: what was paid at first is history. The correction stands; the net of the three is what counts.",
         [("20261102", _PAID), ("20261116", _REVERSED + "\n" + _LESS)],
         [("adjudication", "first, reversed"), ("reversal", "R1, corrected"), ("adjudication", "current")], "paid"),
    ClaimCourse("R1", "The correction comes a week later", "A reversal waits for its correction; a later remittance brings it.",
         [("20261102", _PAID), ("20261109", _REVERSED), ("20261116", _DENIED)],
         [("adjudication", "first, reversed"), ("reversal", "R1, corrected"), ("adjudication", "current")], "denied"),
    ClaimCourse("R1", "Taken back and never corrected", "Nothing stands any more; after 35 days the takeback is open (rule Q7).",
         [("20261001", _PAID), ("20261008", _REVERSED)],
         [("adjudication", "first, reversed"), ("reversal", "R1")], "reversed"),
    ClaimCourse("R1", "A denial overturned", "Denied at first stays an initial denial; the decision that stands pays.",
         [("20261102", _DENIED), ("20261116", _REVERSED_DENIAL + "\n" + _PAID)],
         [("adjudication", "first, reversed"), ("reversal", "R1, corrected"), ("adjudication", "current")], "paid"),
    ClaimCourse("R1", "Two reversals, one after the other", "They pair like brackets: each takes back the newest decision of its amounts that is not taken back yet.",
         [("20261005", _PAID), ("20261012", _REVERSED + "\n" + _PAID), ("20261019", _REVERSED + "\n" + _LESS)],
         [("adjudication", "first, reversed"), ("reversal", "R1, corrected"), ("adjudication", "reversed"), ("reversal", "R1, corrected"),
          ("adjudication", "current")], "paid"),
    ClaimCourse("R2", "Paid and taken back on one day", "Where no earlier decision has these amounts, one of the same day has.",
         [("20261116", _PAID + "\n" + _REVERSED)],
         [("adjudication", "first, reversed"), ("reversal", "R2")], "reversed"),
    ClaimCourse("R3", "A reversal of other amounts is found by the payer's claim number", "Payers should turn every sign and nothing else; not all do.",
         [("20261102", _PAID), ("20261109", "CLP*A1*22*-100*-75*0*CI*I1\nSVC*HC:99213*-100*-75\nCAS*CO*45*-25"), ("20261116", _LESS)],
         [("adjudication", "first, reversed"), ("reversal", "R3, corrected"), ("adjudication", "current")], "paid"),
    ClaimCourse("Q4", "A reversal of what is not here", "Its original was in a file nobody sent. It takes nothing back; what comes after stands.",
         [("20261109", _REVERSED), ("20261116", _LESS)],
         [("reversal", "unpaired, corrected"), ("adjudication", "first, current")], "paid"),
    ClaimCourse("D04", "Pended, then decided", "Pending is no decision: the final answer is the first one.",
         [("20261102", _PENDED), ("20261116", _DENIED)],
         [("adjudication", "–"), ("adjudication", "first, current")], "denied"),
    ClaimCourse("D04", "Pended and nothing since", "The payer holds it; it is neither paid nor denied.",
         [("20261102", _PENDED)], [("adjudication", "–")], "pended"),
    ClaimCourse("M1", "Denied, then paid without a reversal", "The newest decision stands.",
         [("20261102", _DENIED), ("20261116", _PAID)],
         [("adjudication", "first"), ("adjudication", "current")], "paid"),
    ClaimCourse("M1", "Paid, then sent again and denied as a duplicate", "The payer says that the first decision counts; the claim stays paid.",
         [("20261102", _PAID), ("20261116", "CLP*A1*1*100*0*0*CI*I2\nSVC*HC:99213*100*0\nCAS*OA*18*100")],
         [("adjudication", "first, current"), ("adjudication", "–")], "paid"),
    ClaimCourse("M1", "The same number for a visit on other days is another claim", "Providers use account numbers again.",
         [("20261102", _DENIED + "\nDTM*472*20261001"), ("20261116", _PAID + "\nDTM*472*20261008")],
         [("adjudication", "first, current"), ("adjudication", "first, current")], "denied, paid"),
    ClaimCourse("M1", "A second payer's answer is a lineage of its own", "Primary and secondary decisions are never mixed.",
         [("20261102", _PAID), ("20261116", "CLP*A1*2*100*20*0*CI*J1\nSVC*HC:99213*100*20\nCAS*OA*23*80|PAYER2")],
         [("adjudication", "first, current"), ("adjudication", "first, current")], "paid, paid"),
    ClaimCourse("R1", "Money taken by letter", "No reversal comes; the takeback shows only in PLB, and names the claim by the payer's number.",
         [("20261102", _PAID), ("20261116", "CLP*A2*1*100*80*0*CI*I9\nSVC*HC:99213*100*80\nCAS*CO*45*20\nPLB*1234567893*20261231*WO:I1*80")],
         [("adjudication", "first, current"), ("adjudication", "first, current")], "paid, paid", ["recoupment_taken 80.00 of the first claim"]),
    ClaimCourse("R1", "A recoupment put off", "A negative WO gives back now what a later one takes: nothing was taken yet.",
         [("20261116", "CLP*A2*1*100*80*0*CI*I9\nSVC*HC:99213*100*80\nCAS*CO*45*20\nPLB*1234567893*20261231*WO:X*-80*FB:Y*12.5")],
         [("adjudication", "first, current")], "paid", ["recoupment_delayed -80.00", "balance_forward 12.50"]),
]  # fmt: skip
