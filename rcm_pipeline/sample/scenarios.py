"""What can happen to a claim or a line, with the answer written down by hand: the truth the pipeline is tested against."""

from dataclasses import dataclass

# Parts of a charge an adjustment takes: contract = the write-off agreed, allowed = the rest, all = the whole charge,
# share = a patient share of the allowed amount, half = half of the allowed amount.
Adjust = tuple[str, str, str]


@dataclass(frozen=True)
class Scenario:
    """One outcome. `disposition` and `root_cause` are the truth, decided here and not by any rule of the pipeline."""

    name: str
    weight: float
    disposition: str
    adjustments: tuple[Adjust, ...]
    root_cause: str | None = None
    remarks: tuple[str, ...] = ()
    level: str = "line"
    status: str = "1"
    is_whole_claim: bool = False


def _denial(name: str, weight: float, cause: str, group: str, carc: str, *remarks: str, whole: bool = False,
            status: str = "1", level: str = "line", split: bool = False) -> Scenario:  # fmt: skip
    parts: tuple[Adjust, ...] = ((group, carc, "all"),)
    if split:
        parts = (("CO", "45", "contract"), (group, carc, "allowed"))
    return Scenario(name, weight, "denied_full", parts, cause, remarks, level, status, whole)


PAID = (
    Scenario("contract price", 60, "paid", (("CO", "45", "contract"),)),
    Scenario("copay", 20, "paid", (("CO", "45", "contract"), ("PR", "3", "share"))),
    Scenario("paid as charged", 3, "paid", ()),
    Scenario("deductible", 5, "paid_patient_resp", (("CO", "45", "contract"), ("PR", "1", "allowed"))),
    Scenario("other payer paid it all", 1.2, "cob_satisfied", (("OA", "23", "all"),), status="2", is_whole_claim=True),
)
NOT_DECIDED = (
    Scenario("pended", 0.8, "pended", (("OA", "133", "all"),), is_whole_claim=True),
    Scenario("reporting only", 0.5, "excluded", (("CO", "246", "all"),)),
)
CAPITATED = Scenario("capitated", 6, "capitated", (("CO", "24", "all"),), is_whole_claim=True)
SUSPECTED = Scenario("contract write-off of the whole charge", 0.25, "denial_suspected", (("CO", "45", "all"),), "unspecified")
PARTIAL = Scenario("units cut", 0.8, "denied_partial", (("CO", "45", "contract"), ("CO", "151", "half")), "coding", ("N362",))
DENIALS = (
    _denial("modifier missing", 0.7, "coding", "CO", "16", "N822"),
    _denial("modifier does not fit", 0.4, "coding", "CO", "4"),
    _denial("diagnosis does not fit", 0.4, "coding", "CO", "11"),
    _denial("bundled", 0.6, "coding", "CO", "97", "N19"),
    _denial("records asked for", 0.8, "documentation", "CO", "252", "N706", whole=True),
    _denial("no records came", 0.3, "documentation", "CO", "226", "M127", whole=True),
    _denial("claim data missing", 0.8, "billing_format", "CO", "16", "MA130", whole=True),
    _denial("provider data missing", 0.4, "billing_format", "CO", "16", "N290", whole=True),
    _denial("coverage ended", 0.9, "eligibility", "PR", "27", whole=True),
    _denial("member not found", 0.4, "eligibility", "CO", "31", "MA61", whole=True, status="4"),
    _denial("wrong payer", 0.4, "eligibility", "CO", "109", "N418", whole=True),
    _denial("no authorization", 1.0, "authorization", "CO", "197", split=True),
    _denial("authorization exceeded", 0.3, "authorization", "CO", "198", "N54"),
    _denial("not needed", 0.9, "medical_necessity", "CO", "50", "N115"),
    _denial("stay not needed", 0.3, "medical_necessity", "CO", "50", level="claim", whole=True),
    _denial("too late", 0.4, "timely_filing", "CO", "29", whole=True),
    _denial("sent twice", 0.6, "duplicate", "OA", "18", whole=True),
    _denial("other payer first", 0.5, "cob", "CO", "22", "MA04", whole=True),
    _denial("provider not enrolled", 0.3, "credentialing", "CO", "B7", whole=True),
    _denial("plan rule not followed", 0.3, "payer_policy", "CO", "95"),
    _denial("not covered", 0.6, "noncovered_benefit", "PR", "96", "N130"),
    _denial("not under this plan", 0.2, "noncovered_benefit", "PR", "204"),
    _denial("no usable reason", 0.1, "unspecified", "CO", "A1"),
)
