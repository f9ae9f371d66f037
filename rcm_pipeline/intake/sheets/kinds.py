"""The kinds of sheets that are read: their columns, those they must have, and what tells one kind from another."""

import re
from collections.abc import Collection, Mapping
from functools import cache

from schemas.contract import Contract
from schemas.registry import CONTRACTS
from schemas.sheets import SheetClaimOutcomes, SheetClaims, SheetRemittances
from schemas.vocabulary.sheets import SHEET_KINDS

_EXPORTS: dict[str, type[Contract]] = {"claims": SheetClaims, "remittances": SheetRemittances, "claim_outcomes": SheetClaimOutcomes}
KINDS = {kind: _EXPORTS.get(kind) or CONTRACTS[f"raw_{kind}"] for kind in SHEET_KINDS}
KEYS = ("file_id", "row_no")
READ_BESIDE = {"logged_denials": ("reason_words",)}  # columns that are read and become others
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
    "claim_outcomes": (_CHARGE, (*_PAID, "status_code", "carc_code", "reason_words", "denied_date")),
    "logged_denials": (
        ("carc_code", "reason_words", "denied_amount", "denied_date"),
        ("denied_date", "work_code", "appeal_date", "due_date", "denied_amount", "reason_words"),
    ),
    "appeals": (("appeal_date", "decided_date", "due_date"), ("appeal_outcome_code", "appeal_level_code")),
    "receivables": (("balance_amount", *_BUCKETS), ("claim_token", "payer_name", "payer_id")),
    "worked_days": (("work_count", "hours", "minutes"),),
}  # fmt: skip
_TOLD_OTHERWISE = ("stratum_code", "review_token")  # a sheet without them says so in another way
DECISIONS = frozenset(
    {*_DATE, *_PAID, "allowed_amount", "icn_token", "group_code", "carc_code", "adjustment_amount", "rarc_code", "reason_words"}
)


_DECIDING = re.compile(r"(?<!un)paid|payment|denial|denied|adjudicat|remit|allowed|carc|rarc|writeoff|recoup|eob")
_OF_PATIENT = re.compile(r"patient|copay|prepa|plan|method|terms")


def is_deciding(heading: str) -> bool:
    """Whether a heading, in plain, has a word for what payers do; what patients pay is none."""
    return bool(_DECIDING.search(heading)) and not _OF_PATIENT.search(heading)


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


@cache
def required(kind: str) -> tuple[tuple[str, ...], ...]:
    """Groups of columns, of each of which a sheet of this kind must have one."""
    columns = KINDS[kind].to_schema().columns
    filled = tuple((name,) for name, col in columns.items() if not col.nullable and name not in (*KEYS, *_TOLD_OTHERWISE))
    return (*filled, *_MUST.get(kind, ()))


def missing(kind: str, places: Collection[str]) -> list[str]:
    """Columns a sheet of this kind must have and has not; of several that do for each other, the first."""
    return [group[0] for group in required(kind) if not any(name in places for name in group)]


def fits(
    kind: str, places: Mapping[str, int], lines: Mapping[str, int], has_decided_words: bool, all_denied: bool, speaks_of_decisions: bool
) -> bool:
    """Whether a sheet may be of this kind by all its columns. `lines` are its places as claims with their outcome.

    `speaks_of_decisions`: a heading that is no column of ours has a word for what payers do.

    A sheet that tells of payments, denials or decided statuses is never one of claims sent; one in which every row is denied
    and no payment stands is a log of denials; one with columns of age is of balances, whatever else stands in it.
    """
    has_payment = any(name in lines for name in _PAID)
    is_aged = sum(name in places for name in _BUCKETS) > 1
    match kind:
        case "claims":
            return not (DECISIONS & lines.keys() or has_decided_words or speaks_of_decisions)
        case "logged_denials":
            return not has_payment and all_denied
        case "claim_outcomes" | "remittances":
            return has_payment or (not all_denied and (has_decided_words or bool(DECISIONS & lines.keys())))
        case "postings":
            return not any(name in lines and lines[name] != places.get("posted_amount") for name in _CHARGE)
        case "receivables":
            return is_aged or ("balance_amount" in places and not has_payment)
        case _:
            return True
