"""Denial tables: what each payer decided on each line, why it denied, and how often."""

from schemas.contract import SHARE, Contract, Count, Date, Flag, Money, Rate, Text, column
from schemas.vocabulary import (
    ADJUDICATION_KINDS,
    CLAIM_DISPOSITIONS,
    DISPOSITIONS,
    EVIDENCE,
    HARDNESS,
    LIABILITY,
    OWNERS,
    PREVENTABLE,
    ROOT_CAUSES,
)

_FILE = "SHA-256 of the remittance file"
_CLAIM = "ordinal of the claim payment in its file"
_WEEK = "Monday of the week the payer decided in"


class CorePayers(Contract):
    """One row per payer seen in remittances, after the client's aliases."""

    payer_id: Text = column("the payer's identifier, or its name where it sends none", unique=True)
    payer_name: Text = column("the name it uses most")
    remit_count: Count = column("claim payments received from it", ge=0)


class CoreAdjudications(Contract):
    """One row per claim payment: what kind of answer it is and what it decided over all."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column("ordinal of the ST in the file", ge=1)
    claim_no: Count = column(_CLAIM, ge=1)
    claim_token: Text = column("pseudonym of the patient control number; null when the payer sent none", nullable=True)
    payer_id: Text = column("payer, as in core_payers")
    adjudication_date: Date = column("date paid (BPR16), else date produced (DTM 405); null when neither is readable", nullable=True)
    week: Date = column(_WEEK + "; null when the date is unknown", nullable=True)
    status_code: Text = column("CLP02 as sent", nullable=True)
    kind: Text = column(
        "a decision, a reversal, forwarded to another payer, a predetermination, or another notice", isin=ADJUDICATION_KINDS
    )
    charge_amount: Money = column("dollars charged; null when absent or unreadable", nullable=True)
    paid_amount: Money = column("dollars paid; null when absent or unreadable", nullable=True)
    adjusted_amount: Money = column("sum of all adjustments at claim and line level, dollars")
    is_balanced: Flag = column("charge - paid = adjustments, to the cent")
    is_first: Flag = column("the first decision of this payer on this claim")
    disposition: Text = column("denied_full when every decided line is denied, denied_partial when some are", isin=CLAIM_DISPOSITIONS)
    line_count: Count = column("lines decided on; 1 for a claim without lines", ge=0)


class CoreAdjudicatedLines(Contract):
    """One row per line of a claim payment (line_no 0 stands for a claim sent without lines), with one disposition."""

    file_id: Text = column(_FILE)
    claim_no: Count = column(_CLAIM, ge=1)
    line_no: Count = column("ordinal in the claim payment; 0 when it came without lines", ge=0)
    claim_token: Text = column("pseudonym of the patient control number; null when the payer sent none", nullable=True)
    payer_id: Text = column("payer, as in core_payers")
    week: Date = column(_WEEK + "; null when the date is unknown", nullable=True)
    is_first: Flag = column("belongs to the first decision of this payer on this claim")
    procedure_code: Text = column("code adjudicated; null for claims without lines", nullable=True)
    charge_amount: Money = column("dollars charged; null when absent or unreadable", nullable=True)
    paid_amount: Money = column("dollars paid after the line's share of claim-level adjustments; null when unreadable", nullable=True)
    patient_amount: Money = column("dollars left to the patient")
    denied_amount: Money = column("dollars denied")
    contractual_amount: Money = column("dollars written off by contract")
    other_amount: Money = column("dollars of every other adjustment: other payers, information, corrections, unknown codes")
    disposition: Text = column("the one disposition of the line", isin=DISPOSITIONS)
    rule_id: Text = column("rule that decided it, see docs/rules.md")
    group_code: Text = column("group of the main denial reason; null when nothing was denied", nullable=True)
    carc_code: Text = column("main denial reason: the denial code with the largest amount; null when nothing was denied", nullable=True)


class CoreDenials(Contract):
    """One row per denied line: cause, owner, evidence. Partly denied and suspected lines are included and told apart."""

    file_id: Text = column(_FILE)
    claim_no: Count = column(_CLAIM, ge=1)
    line_no: Count = column("ordinal in the claim payment; 0 when it came without lines", ge=0)
    claim_token: Text = column("pseudonym of the patient control number; null when the payer sent none", nullable=True)
    payer_id: Text = column("payer, as in core_payers")
    week: Date = column(_WEEK + "; null when the date is unknown", nullable=True)
    is_initial: Flag = column("an initial denial: first decision, and no second-level or inherited reason")
    disposition: Text = column(
        "denied_full, denied_partial or denial_suspected", isin=["denied_full", "denied_partial", "denial_suspected"]
    )
    charge_amount: Money = column("dollars charged")
    denied_amount: Money = column("dollars denied; the whole charge where the payer gave no denial amount")
    group_code: Text = column("group code of the main reason; null when the payer gave none", nullable=True)
    carc_code: Text = column("main denial reason; null when the payer gave none", nullable=True)
    rarc_code: Text = column("remark that refined the cause; null when the cause follows from the reason code", nullable=True)
    root_cause: Text = column("why, in the taxonomy of root_causes.tsv", isin=ROOT_CAUSES)
    owner: Text = column("who can fix it", isin=OWNERS)
    rework_target: Text = column("queue it goes to")
    preventable: Text = column("could it have been avoided", isin=PREVENTABLE)
    hardness: Text = column("soft: cured by correction or records; hard: appeal or write-off", isin=HARDNESS)
    liability: Text = column("who is left with the bill", isin=LIABILITY)
    evidence: Text = column("what the cause rests on", isin=EVIDENCE)
    is_conflicting: Flag = column("remarks on the line point to different causes")
    taxonomy_version: Text = column("hash of the reference tables the cause was taken from")


class MartDenialRates(Contract):
    """Weekly denial rates by payer and root cause, with both sides of every fraction and a 95 % Wilson interval."""

    metric_id: Text = column(
        "M08 lines, M09 claims denied in full, M11 claims denied in part; see the definitions page", isin=["M08", "M09", "M11"]
    )
    week: Date = column(_WEEK)
    payer_id: Text = column("payer, or all")
    root_cause: Text = column("root cause, or all")
    numerator: Count = column("denied lines or claims", ge=0)
    denominator: Count = column("decided lines or claims of the week and payer, whatever the cause", ge=1)
    denial_rate: Rate = column("numerator / denominator", in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", in_range=SHARE)
    denied_amount: Money = column("dollars denied on the numerator's lines")
    charge_amount: Money = column("dollars charged on the denominator's lines")
    is_complete: Flag = column("the week is over and its remittances have arrived")
