"""What stands behind each open spike of denials: which values carry it, what it comes from, what it puts at risk."""

from schemas.contract import SHARE, Contract, Count, Date, Money, Rate, Text, column
from schemas.vocabulary import OPEN_SPIKE_STATES, ROOT_CAUSES, SPIKE_DIMENSIONS, SPIKE_READINGS

_PAYER = "payer, as in core_payers"
_SINCE = "Monday of the first week of the spike: during is from then to the anchor week"
_WEEK = "anchor week"
_BEFORE = "before: 13 weeks of decisions, the last of them two weeks before since_week"


class MartSpikeEvidence(Contract):
    """Where an open spike comes from: per dimension the three values with most extra denials, and the rest as other."""

    payer_id: Text = column(_PAYER)
    root_cause: Text = column("cause of the denials", isin=ROOT_CAUSES)
    since_week: Date = column(_SINCE)
    week: Date = column(_WEEK)
    dimension: Text = column("what the lines are split by", isin=SPIKE_DIMENSIONS)
    value: Text = column("code, NPI or coder; unknown when not sent or logged, none without a code; other for all beyond the third")
    rank: Count = column("1 has most extra denials; null for other", nullable=True, ge=1)
    value_count: Count = column("values in the row: 1, more for other", ge=1)
    denied_count: Count = column("lines denied first during (M08); they add up to those of the spike in every dimension", ge=0)
    decided_count: Count = column("lines decided during; of carc and rarc all, for a paid line has none", ge=0)
    before_denied_count: Count = column("lines denied first " + _BEFORE, ge=0)
    before_decided_count: Count = column("lines decided then; of carc and rarc all", ge=0)
    expected: Rate = column(
        "denials at the value's rate before; at the spike's where the value is new, 0 for a new carc or rarc, and where nothing "
        "was decided before",
        ge=0,
    )
    extra: Rate = column("denied - expected")
    extra_share: Rate = column(
        "extra / extra of the whole spike; in a dimension they add up to less than 1 by what its mix explains; null without extra "
        "denials in all",
        nullable=True,
    )


class MartSpikeCards(Contract):
    """One row per open spike: how far the rate moved and why, since when, what is at risk, and how it can be fixed."""

    payer_id: Text = column(_PAYER)
    root_cause: Text = column("cause of the denials", isin=ROOT_CAUSES)
    since_week: Date = column(_SINCE)
    week: Date = column(_WEEK)
    state: Text = column("where the spike is in the anchor week", isin=OPEN_SPIKE_STATES)
    denied_count: Count = column("lines denied first during (M08)", ge=0)
    decided_count: Count = column("lines decided first during", ge=0)
    denial_rate: Rate = column("denied / decided; null when none was decided", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    before_denied_count: Count = column("lines denied first " + _BEFORE, ge=0)
    before_decided_count: Count = column("lines decided first then", ge=0)
    before_rate: Rate = column("denied / decided before; null when none was decided", nullable=True, in_range=SHARE)
    before_low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    before_high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    rate_effect: Rate = column(
        "change of the rate that neither mix nor age explains: more denials of the same claims; null when a side has no lines",
        nullable=True,
    )
    mix_effect: Rate = column("change because the lines are of other code families and places (Kitagawa); null as above", nullable=True)
    lag_effect: Rate = column("change because the payer decided younger or older claims (Kitagawa); null as above", nullable=True)
    main_carc_code: Text = column("reason with most extra denials; null when the payer gave none", nullable=True)
    main_rarc_code: Text = column("remark with most extra denials; null when none refined the cause", nullable=True)
    first_service_date: Date = column("earliest service among claims denied during for the main reason; null when not sent", nullable=True)
    first_adjudication_date: Date = column("earliest of these denials; null when there is none", nullable=True)
    reading: Text = column("whose spike it is: one coder's, the client's, or the payer's with all its clients", isin=SPIKE_READINGS)
    coder_id: Text = column("the coder of that reading; null otherwise", nullable=True)
    clients_up_count: Count = column(
        "clients whose denials of payer and cause rose the same week; null when not known", nullable=True, ge=0
    )
    claim_count: Count = column("claims denied during whose line that lost most is of the cause", ge=0)
    open_count: Count = column("of these, still open", ge=0)
    at_risk_amount: Money = column("dollars the open ones would bring if paid like their likes")
    fixable_count: Count = column("of the open ones, those on the worklist whose time is not up", ge=0)
    next_step: Text = column("what to do: the step of their largest group; null when none is fixable", nullable=True)
    deadline_date: Date = column("soonest last day to correct or appeal among them; null when there is none", nullable=True)
    example_tokens: Text = column(
        "up to five claims by pseudonym, open ones first, then by dollars expected, such as a1,b2; null when there is none", nullable=True
    )
