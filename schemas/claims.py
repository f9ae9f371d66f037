"""A claim's life before it is decided: what was sent, and what the layers in front of the payer said of it."""

from schemas.contract import Contract, Count, Date, Flag, Money, Text, column
from schemas.vocabulary import SUBMISSION_STATUSES


class CoreSubmissions(Contract):
    """One row per 837 transaction that was sent: which TA1, 999 or 277CA answered it, and how old it is if none did."""

    file_id: Text = column("SHA-256 of the 837 file's bytes")
    transaction_no: Count = column("ordinal of the ST in the file", ge=1)
    transaction_set: Text = column("837P, 837I or 837D")
    sent_date: Date = column("BHT04, else GS04, else ISA09; null when none is sent", nullable=True)
    claim_count: Count = column("claims in it", ge=0)
    charge_amount: Money = column("their charges, dollars")
    interchange_status_code: Text = column("TA104: A accepted, E with errors, R rejected; null without a TA1", nullable=True)
    interchange_answer_file_id: Text = column("file of that TA1", nullable=True)
    transaction_status_code: Text = column("IK501, else AK901 of its group; null without a 999 or 997", nullable=True)
    transaction_answer_file_id: Text = column("file of that 999 or 997", nullable=True)
    claims_answer_file_id: Text = column("file of the newest 277CA that speaks of its claims; null without one", nullable=True)
    is_batch_rejected: Flag = column("a 277CA rejects the whole batch, or the provider of all its claims, above the claims")
    accepted_count: Count = column("claims that a 277CA accepts", ge=0)
    rejected_count: Count = column("claims that a 277CA rejects, by themselves or with their batch", ge=0)
    decided_count: Count = column("claims of which no 277CA speaks, but a remittance does", ge=0)
    unanswered_count: Count = column("claims of which nothing is known yet", ge=0)
    answered_date: Date = column("newest date of an answer; null when there is none", nullable=True)
    status_code: Text = column("how far it came", isin=SUBMISSION_STATUSES)
    age_days: Count = column("days from sending to the day of the run while claims are unanswered; null otherwise", nullable=True)
