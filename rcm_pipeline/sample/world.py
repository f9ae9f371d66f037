"""The invented world of the sample data: clients, payers, coders, codes. Every name in it is made up."""

from dataclasses import dataclass, field
from datetime import date

LAST_WEEK = date(2026, 11, 16)
SPIKE_PAYER, SPIKE_CAUSE, SPIKE_WEEKS, SPIKE_FACTOR = "PAY03", "authorization", 5, 28.0
CAPITATED_PAYER = "PAY05"
DENIAL_LEVEL = 0.6
INPATIENT, OUTPATIENT, OFFICE = "11", "13", "11"  # first two digits of the type of bill, and the place of service
INPATIENT_SHARE = 0.15


@dataclass(frozen=True)
class Payer:
    """A payer and its habits: how late it answers, how it writes its files, what it denies more than others."""

    payer_id: str
    name: str
    filing_code: str
    lag_weeks: tuple[int, int]
    separators: tuple[str, str, str]
    newline: str = "\n"
    drops_cents: bool = False
    denial_factor: float = 1.0
    cause_factors: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Habit:
    """An error a coder makes again and again: the chance of it at every code it fits.

    `after` says what education does about it: nothing, it stops (fell), or it stops for some weeks (came_back).
    """

    error_code: str
    rate: float
    after: str = ""


@dataclass(frozen=True)
class Coder:
    """A coder with the accuracy planted for it: the chance that one code is right, habits apart."""

    coder_id: str
    accuracy: float
    specialty: str
    habit: Habit | None = None


@dataclass(frozen=True)
class Auditor:
    """An auditor: the chance to see an error, and the chance to see one in a code that is right."""

    auditor_id: str
    sensitivity: float = 0.95
    false_rate: float = 0.001


@dataclass(frozen=True)
class Client:
    """A client: volume, mix, staff, and which formats it sends its sheets in.

    A newcomer codes in the last weeks only, in place of others of the specialty.
    """

    client: str
    name: str
    claims_per_week: int
    institutional_share: float
    coders: tuple[Coder, ...]
    sheet_format: str
    npi: str
    account_prefix: str
    random_reviews: int
    risk_reviews: int
    auditors: tuple[Auditor, ...]
    newcomers: tuple[Coder, ...] = ()


PAYERS = (
    Payer("PAY01", "NORTHLAKE HEALTH PLAN", "CI", (2, 4), ("*", ":", "~")),
    Payer("PAY02", "HARBOR MUTUAL", "BL", (2, 3), ("*", ":", "~"), newline="\r\n", drops_cents=True),
    Payer("PAY03", "SUMMERFIELD ASSURANCE", "HM", (2, 3), ("*", ">", "~"), newline=""),
    Payer("PAY04", "STATE MEDICAID OFFICE", "MC", (3, 5), ("|", "^", "~"), denial_factor=1.4, cause_factors={"eligibility": 1.8}),
    Payer("PAY05", "EVERGREEN SENIOR ADVANTAGE", "16", (2, 4), ("*", ":", "\n"), newline="", cause_factors={"medical_necessity": 1.6}),
    Payer("PAY06", "UNITED WORKERS TRUST", "CI", (3, 5), ("*", ":", "~"), drops_cents=True, denial_factor=0.8),
)

PAYER_OF = {payer.payer_id: payer for payer in PAYERS}

_GOOD, _AT_STANDARD, _WEAKER, _WEAK = 0.9985, 0.9926, 0.93, 0.80
NEWCOMER_WEEKS = 5
CLIENTS = (
    Client("lakeside-physicians", "Lakeside Physicians Group", 76, 0.0,
           (Coder("C001", _GOOD, "Family medicine"),
            Coder("C002", _GOOD, "Cardiology", Habit("DX_SPECIFICITY", 0.10, "fell")),
            Coder("C003", _AT_STANDARD, "Family medicine"),
            Coder("C004", _WEAK, "Cardiology"),
            Coder("C005", _GOOD, "Family medicine"),
            Coder("C006", _GOOD, "Cardiology", Habit("PX_WRONG", 0.055, "came_back"))),
           "xlsx", "1467560003", "LP", 22, 3,
           (Auditor("AU1"), Auditor("AU2", sensitivity=0.70), Auditor("AU3", false_rate=0.015)),
           (Coder("C007", _GOOD, "Family medicine"),)),
    Client("stonebridge-regional", "Stonebridge Regional Hospital", 40, 0.6,
           (Coder("K-01", _GOOD, "Outpatient", Habit("EM_OVER1", 0.35)),
            Coder("K-02", _GOOD, "Emergency"),
            Coder("K-03", _GOOD, "Outpatient", Habit("MOD_MISSING", 0.10, "fell")),
            Coder("K-04", _WEAKER, "Emergency")),
           "csv", "1578901234", "SB", 15, 2, (Auditor("AU1"), Auditor("AU2"))),
)  # fmt: skip

PROCEDURES = (
    ("99213", 14200), ("99214", 21500), ("93000", 7800), ("80053", 6400), ("36415", 1800), ("71046", 11200), ("70450", 68500),
    ("70551", 142000), ("29881", 412000), ("20610", 26400), ("97110", 7200), ("93306", 89500), ("99284", 74800), ("45378", 131000),
)  # fmt: skip
DIAGNOSES = ("E119", "I10", "M1711", "R079", "Z0000", "J069", "M545", "I2510", "K219", "R51", "N390", "E785")
REVENUE_CODES = ("0250", "0300", "0320", "0351", "0360", "0450", "0510", "0636")
SURNAMES = ("ABERNATHY", "BELMONT", "CASTELLANO", "DRUMMOND", "EASTWICK", "FAIRCHILD", "GOLDING", "HOLLOWAY", "IVERSON", "JACKMAN")
FORENAMES = ("ADA", "BRAM", "CORA", "DIRK", "EDNA", "FLOYD", "GRETA", "HUGO", "INES", "JONAS")
