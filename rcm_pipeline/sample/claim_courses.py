"""What a claim's course is made of: versions sent, answers received, work logged, money taken back."""

from dataclasses import dataclass, field
from datetime import date

from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.scenarios import Scenario
from rcm_pipeline.sample.world import Payer

PRIMARY, SECONDARY = "P", "S"
NOT_DECIDED_WORDS = ("excluded", "pended", "capitated")
DENIED_WORDS = ("denied_full", "denial_suspected")
Amounts = list[list[tuple[str, str, int]]]


@dataclass(slots=True, eq=False)
class Answer:
    """One claim payment: its scenario per line, its adjustments in cents, and what it has to do with other answers.

    `version` is the number of the version it answers; null when we sent this payer none. `written_account` is the account
    number as the payer writes it.
    """

    claim: Claim
    payer: Payer
    week: int
    day: date
    scenarios: list[Scenario]
    adjustments: Amounts
    status: str
    icn: str
    version: int | None = None
    frequency: str = "1"
    place: str = ""
    sequence: str = PRIMARY
    number: int = 1
    is_reversal: bool = False
    follows_pend: bool = False
    is_first: bool = False
    reverses: "Answer | None" = None
    corrected_by: "Answer | None" = None
    names_original: bool = False
    crossover: Payer | None = None
    written_account: str = ""
    has_line_numbers: bool = True
    is_decided: bool = field(init=False)
    is_denied: bool = field(init=False)
    is_denied_whole: bool = field(init=False)
    charge: int = field(init=False)
    paid: int = field(init=False)
    patient_share: int = field(init=False)

    def __post_init__(self) -> None:
        """Judge and add up once: many ask.

        Decided: some line is judged; denied: some line is, in full or in part; denied whole: every line that is judged.
        Amounts are in cents; a reversal charges and pays negative amounts.
        """
        adjusted = share = 0
        for line in self.adjustments:
            for group, _, amount in line:
                adjusted += amount
                if group == "PR":
                    share += amount
        self.charge = -self.claim.charge if self.is_reversal else self.claim.charge
        self.paid, self.patient_share = self.charge - adjusted, share
        words = [] if self.is_reversal else [s.disposition for s in self.outcomes if s.disposition not in NOT_DECIDED_WORDS]
        denied = [word for word in words if word in DENIED_WORDS]
        self.is_decided, self.is_denied_whole = bool(words), bool(denied) and len(denied) == len(words)
        self.is_denied = bool(denied) or "denied_partial" in words

    @property
    def is_claim_level(self) -> bool:
        """All adjustments stand at claim level."""
        return self.scenarios[0].level == "claim"

    @property
    def outcomes(self) -> list[Scenario]:
        """The scenarios of the lines that were charged for; only the last may not be."""
        return self.scenarios if self.claim.lines[-1].charge else self.scenarios[:-1]


@dataclass(slots=True, eq=False)
class Version:
    """One 837 claim as sent. `rejection` is the claim status of a 277CA that turned it back, `is_batch_rejected` that a 999 did."""

    claim: Claim
    payer: Payer
    sequence: str
    number: int
    week: int
    sent: date
    frequency: str
    place: str
    original_icn: str = ""
    is_batch_rejected: bool = False
    rejection: str = ""
    told_icn: str = ""
    prior: Answer | None = None

    @property
    def is_accepted(self) -> bool:
        """It went on to the payer."""
        return not self.is_batch_rejected and not self.rejection


@dataclass(slots=True, eq=False)
class Touch:
    """Work somebody logged on an account."""

    account: str
    day: date
    staff: str
    role: str
    activity: str
    minutes: int


@dataclass(slots=True, eq=False)
class Recoupment:
    """Money moved outside any claim (PLB); positive is taken from a payment. It waits until the payment can bear it."""

    payer: Payer
    week: int
    reason: str
    amount: int
    icn: str
    account: str


@dataclass(slots=True, eq=False)
class ClaimCourse:
    """Everything that happens to one claim, whenever it happens; `is_ours` unless no 837 of ours exists."""

    claim: Claim
    is_ours: bool = True
    versions: list[Version] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    recoupments: list[Recoupment] = field(default_factory=list)
