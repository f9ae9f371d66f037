"""Rework tables: the touch log as sent, and what denials cost."""

from schemas.contract import Contract, Count, Date, Money, Quantity, Rate, Text, column
from schemas.vocabulary import ALL
from schemas.vocabulary.denials import ROOT_CAUSES


class RawTouches(Contract):
    """One row per time someone worked a denied claim, from the client's work log."""

    file_id: Text = column("SHA-256 of the file's bytes", key=True)
    row_no: Count = column("row of the sheet, the header being row 1", ge=2, key=True)
    claim_token: Text = column("pseudonym of the account (patient control number)")
    touched_date: Date = column("day of the work")
    staff_id: Text = column("staff number; a token when the sheet names a person; null when not said", nullable=True)
    role_code: Text = column("role of the person; null when not said", nullable=True)
    activity_code: Text = column("what was done")
    minutes: Quantity = column("minutes spent", ge=0)


class MartReworkCosts(Contract):
    """What the denials of the last 13 weeks cost, by root cause: labour, money lost, money late. A 90 % range."""

    root_cause: Text = column("root cause, or all", isin=[*ROOT_CAUSES, ALL], key=True)
    denial_count: Count = column("claims with an initial denial, under the cause of their largest denied line", ge=0)
    denied_amount: Money = column("dollars denied")
    worked_count: Count = column("of these, touched after the denial", ge=0)
    worked_rate: Rate = column("share worked that the model used")
    minutes_per_denial: Rate = column("minutes of work per worked denial that the model used")
    source_code: Text = column("measured from the client's touch log, or the published prior", isin=["measured", "prior", "mixed"])
    labour_per_denial_amount: Money = column("labour per worked denial, dollars")
    labour_amount: Money = column("labour, dollars")
    loss_amount: Money = column("allowed dollars not expected to be recovered")
    delay_amount: Money = column("cost of getting the recovered dollars late")
    total_amount: Money = column("labour + loss + delay")
    total_low_amount: Money = column("5 % limit of the total")
    total_high_amount: Money = column("95 % limit of the total")
