"""Code sets: the releases in use, what they say of the codes a client used, and what was not valid on its day."""

import polars as pl

from schemas.contract import SHARE, Contract, Count, Date, Flag, Money, Rate, Text, column
from schemas.vocabulary.code_sets import CODE_CHANGES, CODE_FAULTS, CODE_SYSTEMS

_SYSTEM = "code set: icd10cm, hcpcs, cpt, cdt, modifier (HCPCS Level II) or cpt_modifier"
_RELEASE = "name of the release: the list's file, or the package and its month"


class OpsCodeSets(Contract):
    """One row per release of a code set this client's codes were checked against; the list itself is not kept."""

    system_code: Text = column(_SYSTEM, isin=CODE_SYSTEMS, key=True)
    release_id: Text = column(_RELEASE, key=True)
    valid_from: Date = column("first day it stands for")
    valid_to: Date = column("last day: its own, or the day before the next release")
    source_code: Text = column("package, or file of the client's folder of lists", isin=["package", "file"])
    content_hash: Text = column("SHA-256 of the list")
    code_count: Count = column("billable codes in it", ge=1)


class OpsCodeEntries(Contract):
    """What each release says of each code this client has used; a code a release does not list has no row in it."""

    system_code: Text = column(_SYSTEM, isin=CODE_SYSTEMS, key=True)
    release_id: Text = column(_RELEASE, key=True)
    code: Text = column("code, in capitals and without its point", key=True)
    is_billable: Flag = column("it may stand on a claim; false for a heading that needs more characters")
    longer_code_count: Count = column("billable codes that begin with it; 0 for a billable one", ge=0)
    valid_from: Date = column("the code's own first day; null when as the release", nullable=True, key=True)
    valid_to: Date = column("the code's own last day; null when as the release", nullable=True)


class MartCodeSetFindings(Contract):
    """One row per code of an 837 claim that was not valid on its date of service, in every version sent; voids are left out."""

    version_id: Text = column("sent claim, as in core_claim_versions", key=True)
    position_code: Text = column("where in the claim: L2 for a line, L2M1 for its first modifier, D3 for a diagnosis", key=True)
    line_no: Count = column("line of the claim; null for a diagnosis", nullable=True, ge=1)
    diagnosis_no: Count = column("ordinal of the diagnosis in the claim; null on a line", nullable=True, ge=1)
    modifier_no: Count = column("1 to 4 for a modifier of the line; null otherwise", nullable=True, ge=1)
    lineage_id: Text = column("lineage of the claim")
    is_newest: Flag = column("no later version of the lineage was sent: it may still have to be corrected")
    sent_date: Date = column("day the version was sent; null when none is known", nullable=True)
    payer_id: Text = column("payer it was sent to; null when not named", nullable=True)
    coder_id: Text = column("who coded it last, from the coding log; null when the log does not say", nullable=True)
    service_date: Date = column("date of service the code was judged by, see docs/code_sets.md")
    system_code: Text = column(_SYSTEM, isin=CODE_SYSTEMS)
    code: Text = column("the code; null when it has not the form of one", nullable=True)
    fault_code: Text = column("what is wrong with it", isin=CODE_FAULTS)
    carc_code: Text = column("reason a payer gives for it: 146 diagnosis, 181 procedure, 182 modifier", isin=["146", "181", "182"])
    release_id: Text = column("release valid on that day")
    charge_amount: Money = column("charge of the line, of the claim for a diagnosis, dollars; null when unreadable", nullable=True)


class MartCodeSetCoverage(Contract):
    """One row per code set and release: how much of what was sent could be checked, and how much of it was invalid."""

    system_code: Text = column(_SYSTEM, isin=CODE_SYSTEMS, key=True)
    release_id: Text = column(_RELEASE + "; null for what no release covers", nullable=True, key=True)
    valid_from: Date = column("first day of the release", nullable=True)
    valid_to: Date = column("last day of the release; where none covers, the last day any loaded list of the set stands for", nullable=True)
    code_count: Count = column("different codes used", ge=0)
    value_count: Count = column("codes on claims, each time they were sent", ge=0)
    checked_count: Count = column("of these, checked", ge=0)
    unchecked_count: Count = column("of these, not checkable: no list covers the day, or there is no date of service", ge=0)
    invalid_count: Count = column("of the checked, not valid on their day", ge=0)
    invalid_rate: Rate = column("invalid / checked; null when none was checked", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    first_service_date: Date = column("earliest date of service", nullable=True)
    last_service_date: Date = column("latest date of service", nullable=True)
    anchor_count: Count = column("of the values, on claims sent in the anchor week", ge=0)
    stale_count: Count = column("of these, served after the last day of a code set of which a list is loaded", ge=0)

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """Everything is either checked or not."""
        parts = pl.col("checked_count") + pl.col("unchecked_count")
        return {"value_count is checked and unchecked together": ("value_count", pl.col("value_count") == parts)}


class MartCodeSetChanges(Contract):
    """One row per code of the last 52 weeks that a release changes: newest versions of claims, voids left out."""

    system_code: Text = column(_SYSTEM, isin=CODE_SYSTEMS, key=True)
    code: Text = column("code", key=True)
    change_code: Text = column("what becomes of it", isin=CODE_CHANGES)
    change_date: Date = column("first day on which it holds", key=True)
    is_coming: Flag = column("that day is after the anchor week")
    from_release_id: Text = column("release before")
    to_release_id: Text = column("release that changes it")
    longer_code_count: Count = column("billable codes that take its place when it becomes a heading; 0 otherwise", ge=0)
    claim_count: Count = column("claims of the last 52 weeks that carried it", ge=1)
    line_count: Count = column("lines that carried it; for a diagnosis all lines of these claims", ge=0)
    charge_amount: Money = column("charge of these lines, of the claims for a diagnosis, dollars")
    last_service_date: Date = column("latest date of service it was used for", nullable=True)
