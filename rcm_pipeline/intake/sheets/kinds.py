"""The kinds of sheets that are read: their columns, those they must have, and what tells one kind from another."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from schemas.contract import Contract
from schemas.registry import CONTRACTS
from schemas.sheets import SheetClaimOutcomes, SheetClaims, SheetRemittances
from schemas.vocabulary.sheets import SHEET_KINDS

_EXPORTS: dict[str, type[Contract]] = {"claims": SheetClaims, "remittances": SheetRemittances, "claim_outcomes": SheetClaimOutcomes}
KINDS = {kind: _EXPORTS.get(kind) or CONTRACTS[f"raw_{kind}"] for kind in SHEET_KINDS}
KEYS = ("file_id", "row_no", "posting_no")
READ_BESIDE = {"logged_denials": ("reason_words",), "postings": ("adjustment_amount",)}  # columns that are read and become others
REPEATED = {  # what a row may hold several of: the column, and the name of its further ones
    "group_code": "group_{}_code",
    "carc_code": "carc_{}_code",
    "adjustment_amount": "adjustment_{}_amount",
    "rarc_code": "rarc_{}_code",
    "modifier_1_code": "modifier_{}_code",
    "diagnosis_1_code": "diagnosis_{}_code",
}
_NUMBERED = {re.compile(pattern.replace("{}", r"(\d+)") + "$"): base for base, pattern in REPEATED.items()}
COUNT_OR_LIST = (("coder_code_count", "coder_codes"), ("auditor_code_count", "auditor_codes"))  # may claim the same place

_CHARGE = ("charge_amount", "claim_charge_amount")
_PAID = ("paid_amount", "claim_paid_amount")
_DATE = ("payment_date", "denied_date")
_BUCKETS = tuple(name for name in KINDS["receivables"].to_schema().columns if name.startswith("age_") and name.endswith("_amount"))
_MUST: dict[str, tuple[tuple[str, ...], ...]] = {  # of each group one column; beside the columns that may not be null
    "qa_codes": (("coder_code",), ("auditor_code",)),  # a cell of these may be empty, a sheet without them says nothing
    "qa_actions": (("acknowledged_date", "action_date"),),
    "claims": (_CHARGE,),
    "remittances": (_DATE, _CHARGE, _PAID),
    "claim_outcomes": (_CHARGE, (*_PAID, "status_code", "denied_flag", "approved_flag", "carc_code", "reason_words", "denied_date")),
    "postings": (("posted_amount", "adjustment_amount"),),
    "logged_denials": (
        ("carc_code", "reason_words", "denied_amount", "denied_date"),
        ("denied_date", "work_code", "appeal_date", "due_date", "denied_amount", "reason_words"),
    ),
    "appeals": (("appeal_date", "decided_date", "due_date"), ("appeal_outcome_code", "appeal_level_code")),
    "receivables": (("balance_amount", *_BUCKETS), ("claim_token", "payer_name", "payer_id")),
    "worked_days": (("work_count", "hours", "minutes"),),
}  # fmt: skip
_TOLD_OTHERWISE = ("stratum_code", "posted_amount")  # a sheet without them says so in another way
DECIDING = ("remittances", "claim_outcomes", "postings")  # kinds that tell of what payers do
DECISIONS = frozenset(
    {
        *_DATE,
        *_PAID,
        "allowed_amount",
        "icn_token",
        "group_code",
        "carc_code",
        "adjustment_amount",
        "rarc_code",
        "reason_words",
        "denied_flag",
        "approved_flag",
    }
)


_DECIDING = re.compile(r"(?<!un)paid|payment|denial|denied|adjudicat|remit|allowed|carc|rarc|writeoff|recoup|eob")
_OF_PATIENT = re.compile(r"patient|copay|prepa|plan|method|terms")


def is_deciding(heading: str) -> bool:
    """Whether a heading, in plain, has a word for what payers do; what patients pay is none."""
    return bool(_DECIDING.search(heading)) and not _OF_PATIENT.search(heading)


_TAKING_OFF = re.compile(r"adjust|withh|sequest|contractual|writeoff|writedown|disallow|reduction")


def takes_off(heading: str) -> bool:
    """Whether a heading, in plain, has a word for what is taken off a charge."""
    return bool(_TAKING_OFF.search(heading)) and "date" not in heading


@cache
def columns_of(kind: str) -> tuple[str, ...]:
    """The columns that are looked for in a sheet of this kind, in the order in which they may claim a heading."""
    return (*(name for name in KINDS[kind].to_schema().columns if name not in KEYS), *READ_BESIDE.get(kind, ()))


def numbered(column: str, number: int) -> str:
    """The name of the second, third … of a column of which a row may hold several."""
    return column if number == 1 else REPEATED[column].format(number)


def base_of(column: str) -> str:
    """The first of a numbered column, whose type and treatment it shares."""
    return next((base for pattern, base in _NUMBERED.items() if pattern.fullmatch(column)), column)


def repeats_of(columns: Iterable[str], base: str) -> list[str]:
    """The columns that repeat a base column, itself among them, in their order."""
    return [name for name in columns if base_of(name) == base]


@cache
def required(kind: str) -> tuple[tuple[str, ...], ...]:
    """Groups of columns, of each of which a sheet of this kind must have one."""
    columns = KINDS[kind].to_schema().columns
    filled = tuple((name,) for name, col in columns.items() if not col.nullable and name not in (*KEYS, *_TOLD_OTHERWISE))
    return (*filled, *_MUST.get(kind, ()))


def missing(kind: str, places: Collection[str]) -> list[str]:
    """Columns a sheet of this kind must have and has not; of several that do for each other, the first."""
    return [group[0] for group in required(kind) if not any(name in places for name in group)]


@dataclass(frozen=True)
class Evidence:
    """What tells kinds of sheets apart beside their columns. `lines` are the places of the sheet as claims with their outcome.

    `speaks_of_decisions`: a heading that is no column of ours has a word for what payers do. `is_ledger`: rows are entries,
    charges among payments and adjustments. `remittance_count`: columns it has of payments and denials by line; a journal knows
    as many of them.
    """

    lines: Mapping[str, int]
    has_decided_words: bool
    all_denied: bool
    speaks_of_decisions: bool
    is_ledger: bool
    remittance_count: int


def fits(kind: str, places: Mapping[str, int], evidence: Evidence) -> bool:
    """Whether a sheet may be of this kind by all its columns.

    A sheet that tells of payments, denials or decided statuses is never one of claims sent; one in which every row is denied
    and no payment stands is a log of denials; one of balances with their age, and no word or reason of a payer, is an ageing;
    a ledger of charges and payments is a journal, whatever else stands in it.
    """
    lines = evidence.lines
    has_payment = any(name in lines for name in _PAID)
    if kind in ("claims", "remittances", "claim_outcomes") and evidence.is_ledger:
        return False
    match kind:
        case "claims":
            return not (DECISIONS & lines.keys() or evidence.has_decided_words or evidence.speaks_of_decisions)
        case "logged_denials":
            return not has_payment and evidence.all_denied
        case "claim_outcomes" | "remittances":
            return has_payment or (not evidence.all_denied and (evidence.has_decided_words or bool(DECISIONS & lines.keys())))
        case "postings":
            has_charge = any(name in lines and lines[name] != places.get("posted_amount") for name in _CHARGE)
            return evidence.is_ledger or not (has_charge or evidence.remittance_count > len(set(places.values())) + 1)
        case "receivables":
            return _has_age(places) or ("balance_amount" in places and not has_payment)
        case "worked_days":
            return "claim_token" not in lines
        case _:
            return True


def is_ageing(places: Mapping[str, int], evidence: Evidence) -> bool:
    """Whether balances with their age are what a sheet is about, although it has charges and payments too."""
    return _has_age(places) and not (evidence.has_decided_words or {"carc_code", "reason_words", "denied_date"} & evidence.lines.keys())


def _has_age(places: Mapping[str, int]) -> bool:
    return sum(name in places for name in _BUCKETS) > 1 or {"balance_amount", "age_days"} <= places.keys()
