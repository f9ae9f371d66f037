"""What is known of each transaction set: how it is told from others, its segments, and which reader takes it.

A set is one entry here; what the reader of X12 knows of sets is drawn from this list (X12 005010 guides, and 004010 before them).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class TransactionSet:
    """One set. `kind` is its name here, as in raw_transactions; `code` stands in its ST01.

    Sets that share a code are told apart by the first of these that the file gives: `guides`, a pattern of the guide in ST03 or
    GS08; `purpose`, of BHT06; `service_segment`, which only this set has. `reader` is the module in `sets/` that reads it; a set
    without one is reported and not read.
    """

    kind: str
    code: str
    title: str
    reader: str = ""
    segments: frozenset[str] = frozenset()
    guides: str = ""
    purpose: str = ""
    service_segment: str = ""


def _segments(text: str) -> frozenset[str]:
    return frozenset(text.split())


_REMITTANCE = _segments("ST SE BPR NTE TRN CUR REF DTM N1 N2 N3 N4 PER RDM LX TS3 TS2 CLP CAS NM1 MIA MOA AMT QTY SVC LQ PLB")
_CLAIM = _segments(
    "ST SE BHT REF NM1 N2 N3 N4 PER HL PRV CUR SBR PAT DMG CLM DTP CL1 DN1 DN2 PWK CN1 DSB UR AMT K3 NTE CR1 CR2 CR3 CR4 CR5 CR6 "
    "CR7 CR8 CRC HI HCP HSD QTY CAS OI MIA MOA LX SV1 SV2 SV3 SV4 SV5 SV6 SV7 TOO SVD LIN CTP MEA PS1 IMM FRM LQ"
)
_CLAIM_STATUS = _segments("ST SE BHT HL NM1 N3 N4 PER TRN STC QTY AMT REF DTP SVC DMG PWK")
_ACKNOWLEDGEMENT = _segments("ST SE AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX TA1")

TRANSACTION_SETS = (
    TransactionSet("835", "835", "an 835 remittance", "remittances", _REMITTANCE),
    TransactionSet("837P", "837", "an 837 professional claim", "claims", _CLAIM, "222|098", service_segment="SV1"),
    TransactionSet("837I", "837", "an 837 institutional claim", "claims", _CLAIM, "223|096", service_segment="SV2"),
    TransactionSet("837D", "837", "an 837 dental claim", "claims", _CLAIM, "224|097", service_segment="SV3"),
    TransactionSet("277CA", "277", "a 277 claim acknowledgement", "claim_statuses", _CLAIM_STATUS, "X214|X167|X364|X329", "TH"),
    TransactionSet("277 pending", "277", "a 277 pending claim status", guides="X228|X365", purpose="NO"),
    TransactionSet("277 response", "277", "a 277 claim status response", guides="X212|X093|X329", purpose="DG"),
    TransactionSet("277", "277", "a 277 claim status of an unnamed guide"),
    TransactionSet("999", "999", "a 999 acknowledgement", "acknowledgements", _ACKNOWLEDGEMENT),
    TransactionSet("997", "997", "a 997 acknowledgement", "acknowledgements", _ACKNOWLEDGEMENT),
    TransactionSet("270", "270", "a 270 eligibility inquiry"),
    TransactionSet("271", "271", "a 271 eligibility response"),
    TransactionSet("274", "274", "a 274 provider directory"),
    TransactionSet("275", "275", "a 275 attachment"),
    TransactionSet("276", "276", "a 276 status inquiry"),
    TransactionSet("278", "278", "a 278 authorization"),
    TransactionSet("820", "820", "an 820 premium payment"),
    TransactionSet("824", "824", "an 824 application advice"),
    TransactionSet("834", "834", "an 834 enrolment"),
    TransactionSet("864", "864", "an 864 text message"),
)
UNKNOWN = TransactionSet("other", "", "a transaction set that is not known here")
OF_KIND = {entry.kind: entry for entry in TRANSACTION_SETS}
READ_KINDS = tuple(entry.kind for entry in TRANSACTION_SETS if entry.reader)


def kinds_of(reader: str) -> tuple[str, ...]:
    """The sets a reader takes."""
    return tuple(entry.kind for entry in TRANSACTION_SETS if entry.reader == reader)


def kind_of(code: str, guide: str, purpose: str, has_segment: frozenset[str]) -> str:
    """The set of an ST by its ST01, its guide, its purpose, and those of the service segments it has; `other` where none is known.

    Claims of no named guide without a service line are taken as the first set of that code.
    """
    tests: tuple[Callable[[TransactionSet], bool], ...] = (
        lambda entry: bool(entry.guides) and re.search(entry.guides, guide) is not None,
        lambda entry: bool(entry.purpose) and entry.purpose == purpose,
        lambda entry: entry.service_segment in has_segment,
        lambda entry: entry.kind == code,
        lambda _: True,
    )
    of_code = [entry for entry in TRANSACTION_SETS if entry.code == code]
    return next((entry.kind for fits in tests for entry in of_code if fits(entry)), UNKNOWN.kind)
