"""What can happen to a claim or a line, with the answer written down by hand: the truth the pipeline is tested against."""

from dataclasses import dataclass

# Parts of a charge an adjustment takes: contract = the write-off agreed, allowed = the rest, all = the whole charge,
# share = a patient share of the allowed amount, half = half of the allowed amount, prior = all but the share another payer left.
Adjust = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Scenario:
    """One outcome. `disposition`, `root_cause` and `review_reason` are the truth, decided here and not by any rule of the pipeline."""

    name: str
    weight: float
    disposition: str
    adjustments: tuple[Adjust, ...]
    root_cause: str | None = None
    remarks: tuple[str, ...] = ()
    level: str = "line"
    status: str = "1"
    is_whole_claim: bool = False
    review_reason: str | None = None

    @property
    def carc(self) -> str:
        """The reason that matters: the last one, a contract write-off stands before it."""
        return self.adjustments[-1][1] if self.adjustments else ""


def _denial(name: str, weight: float, cause: str, group: str, carc: str, *remarks: str, whole: bool = False,
            status: str = "1", level: str = "line", split: bool = False, review: str | None = None) -> Scenario:  # fmt: skip
    parts: tuple[Adjust, ...] = ((group, carc, "all"),)
    if split:
        parts = (("CO", "45", "contract"), (group, carc, "allowed"))
    return Scenario(name, weight, "denied_full", parts, cause, remarks, level, status, whole, review)


def _unclear(name: str, carc: str, review: str, *remarks: str, split: bool = False) -> Scenario:
    return _denial(name, 0, "unspecified", "CO", carc, *remarks, split=split, review=review)


CONTRACT = Scenario("contract price", 60, "paid", (("CO", "45", "contract"),))
COPAY = Scenario("copay", 20, "paid", (("CO", "45", "contract"), ("PR", "3", "share")))
PAID = (
    CONTRACT,
    COPAY,
    Scenario("paid as charged", 3, "paid", ()),
    Scenario("deductible", 5, "paid_patient_resp", (("CO", "45", "contract"), ("PR", "1", "allowed"))),
)
PENDED = Scenario("pended", 0.8, "pended", (("OA", "133", "all"),), is_whole_claim=True)
NOT_DECIDED = (PENDED, Scenario("reporting only", 0.5, "excluded", (("CO", "246", "all"),)))
CAPITATED = Scenario("capitated", 6, "capitated", (("CO", "24", "all"),), is_whole_claim=True)
PARTIAL = Scenario("units cut", 0.8, "denied_partial", (("CO", "45", "contract"), ("CO", "151", "half")), "coding", ("N362",))

NO_AUTHORIZATION = _denial("no authorization", 1.0, "authorization", "CO", "197", split=True)
SENT_TWICE = _denial("sent twice", 0.2, "duplicate", "OA", "18", whole=True)
STAY_NOT_NEEDED = _denial("stay not needed", 0.3, "medical_necessity", "CO", "50", level="claim", whole=True)
NO_REMARK = _denial("claim data missing, and no remark says which", 0.08, "billing_format", "CO", "16", whole=True)
DENIALS = (
    _denial("modifier missing", 0.7, "coding", "CO", "16", "N822"),
    _denial("modifier does not fit", 0.4, "coding", "CO", "4"),
    _denial("diagnosis does not fit", 0.4, "coding", "CO", "11"),
    _denial("bundled", 0.6, "coding", "CO", "97", "N19"),
    _denial("records asked for", 0.8, "documentation", "CO", "252", "N706", whole=True),
    _denial("no records came", 0.3, "documentation", "CO", "226", "M127", whole=True),
    _denial("claim data missing", 0.8, "billing_format", "CO", "16", "MA130", whole=True),
    _denial("provider data missing", 0.4, "billing_format", "CO", "16", "N290", whole=True),
    NO_REMARK,
    _denial("coverage ended", 0.9, "eligibility", "PR", "27", whole=True),
    _denial("member not found", 0.4, "eligibility", "CO", "31", "MA61", whole=True, status="4"),
    _denial("wrong payer", 0.4, "eligibility", "CO", "109", "N418", whole=True),
    NO_AUTHORIZATION,
    _denial("authorization exceeded", 0.3, "authorization", "CO", "198", "N54"),
    _denial("not needed", 0.9, "medical_necessity", "CO", "50", "N115"),
    STAY_NOT_NEEDED,
    _denial("too late", 0.4, "timely_filing", "CO", "29", whole=True),
    SENT_TWICE,
    _denial("other payer first", 0.5, "cob", "CO", "22", "MA04", whole=True),
    _denial("provider not enrolled", 0.3, "credentialing", "CO", "B7", whole=True),
    _denial("plan rule not followed", 0.3, "payer_policy", "CO", "95"),
    _denial("not covered", 0.6, "noncovered_benefit", "PR", "96", "N130"),
    _denial("not under this plan", 0.2, "noncovered_benefit", "PR", "204"),
)

# Denials no rule can settle: a person has to look. They come in this order, one for every so many denied lines.
AUTHORIZATION_SENT = _unclear("authorization denied although its number was sent", "197", "payer_logic", split=True)
AMBIGUOUS = (
    _unclear("code or record missing", "16", "chart_support", "N822", "M127"),
    AUTHORIZATION_SENT,
    _unclear("diagnosis vague or not covered", "96", "diagnosis_detail", "M81", "N115"),
    Scenario("contract write-off of the whole charge", 0, "denial_suspected", (("CO", "45", "all"),), "unspecified",
             review_reason="payer_logic"),
    _unclear("claim data or member missing", "16", "conflicting_documentation", "MA130", "MA61"),
    _unclear("no usable reason", "A1", "payer_logic"),
    _unclear("diagnosis vague or not a benefit", "96", "diagnosis_detail", "M81", "N130"),
    _unclear("provider data or other payer missing", "16", "conflicting_documentation", "N290", "MA04"),
)  # fmt: skip

# What a second payer says to the share the first one left.
SHARE_PAID = Scenario("other payer's share paid", 0, "paid", (("OA", "23", "prior"),), status="2")
SHARE_LEFT = Scenario("other payer's share left to the patient", 0, "paid_patient_resp", (("OA", "23", "prior"), ("PR", "2", "share")),
                      status="2")  # fmt: skip
ALL_PAID_BEFORE = Scenario("other payer paid it all", 0, "cob_satisfied", (("OA", "23", "all"),), status="2")
SECOND_DENIED = _denial("second coverage ended", 0, "eligibility", "PR", "27", whole=True, status="2")
