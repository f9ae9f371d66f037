"""Coding tables: the coding log, QA reviews and findings as sent, and how accurate each coder is."""

import polars as pl

from schemas.contract import SHARE, Contract, Count, Date, Money, Quantity, Rate, Text, column
from schemas.vocabulary import ERROR_CODES, ESCALATION_REASONS, METHODS, PERIODS, REBUTTALS, SCOPES, STRATA

_FILE = "SHA-256 of the file's bytes"
_ROW = "row of the sheet, the header being row 1"


class RawCodedEncounters(Contract):
    """One row per encounter coded, from the client's coding log."""

    file_id: Text = column(_FILE)
    row_no: Count = column(_ROW, ge=2)
    claim_token: Text = column("pseudonym of the account (patient control number)")
    coder_id: Text = column("staff number of the coder; a token when the sheet names a person")
    coded_date: Date = column("day the coding was finished")
    service_date: Date = column("date of service; null when the log does not say", nullable=True)
    specialty: Text = column("specialty as the client names it", nullable=True)
    code_count: Count = column("codes assigned; null when the log does not say", nullable=True, ge=0)
    minutes: Quantity = column("minutes spent; null when the log does not say", nullable=True, ge=0)


class RawQaReviews(Contract):
    """One row per encounter reviewed by an auditor."""

    file_id: Text = column(_FILE)
    row_no: Count = column(_ROW, ge=2)
    review_token: Text = column("pseudonym of the review's number; joins the findings")
    claim_token: Text = column("pseudonym of the account (patient control number)")
    coder_id: Text = column("staff number of the coder; a token when the sheet names a person")
    auditor_id: Text = column("staff number of the auditor; a token when the sheet names a person", nullable=True)
    review_date: Date = column("day of the review")
    service_date: Date = column("date of service; null when the sheet does not say", nullable=True)
    specialty: Text = column("specialty as the client names it", nullable=True)
    stratum_code: Text = column("random sample, or chosen for risk", isin=STRATA)
    coder_code_count: Count = column("codes the coder assigned", ge=0)
    auditor_code_count: Count = column("codes the auditor assigned", ge=0)
    correct_code_count: Count = column("codes on which both agree", ge=0)

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """Both cannot agree on more codes than either assigned."""
        fewest = pl.min_horizontal("coder_code_count", "auditor_code_count")
        return {"correct_code_count is at most the codes of either": ("correct_code_count", pl.col("correct_code_count") <= fewest)}


class RawQaFindings(Contract):
    """One row per error an auditor found."""

    file_id: Text = column(_FILE)
    row_no: Count = column(_ROW, ge=2)
    review_token: Text = column("review it was found in")
    error_code: Text = column("category of the closed error list, see qa_errors.tsv", isin=ERROR_CODES)
    coder_code: Text = column("code the coder assigned; null when one was missed", nullable=True)
    auditor_code: Text = column("code the auditor assigned; null when none belongs there", nullable=True)
    allowed_delta_amount: Money = column("allowed dollars as coded minus as audited; null when not estimated", nullable=True)
    responsible_party_code: Text = column("coder, provider, system or reference; null when not said", nullable=True)
    rebuttal_code: Text = column("none, open, upheld or overturned; null when not said", nullable=True, isin=REBUTTALS)


class RawEscalations(Contract):
    """One row per record a coder or biller could not settle alone and asked about."""

    file_id: Text = column(_FILE)
    row_no: Count = column(_ROW, ge=2)
    escalation_token: Text = column("pseudonym of the query's number; joins the decisions")
    claim_token: Text = column("pseudonym of the account (patient control number)")
    staff_id: Text = column("staff number of who asked; a token when the sheet names a person", nullable=True)
    sent_date: Date = column("day the query was sent")
    reason_code: Text = column("why it could not be settled", isin=ESCALATION_REASONS)
    role_code: Text = column("role that was asked", nullable=True)
    answered_date: Date = column("day of the answer; null while it is open", nullable=True)
    outcome_code: Text = column("what came of it, in the client's words; null while it is open", nullable=True)


class RawDecisions(Contract):
    """One row per decision on an escalation or a rule, with the role that took it."""

    file_id: Text = column(_FILE)
    row_no: Count = column(_ROW, ge=2)
    decision_token: Text = column("pseudonym of the decision's number")
    escalation_token: Text = column("pseudonym of the query it settles; null when it settles none", nullable=True)
    decided_date: Date = column("day of the decision")
    staff_id: Text = column("staff number of who decided; a token when the sheet names a person", nullable=True)
    role_code: Text = column("role that decided")
    subject_code: Text = column("what kind of thing was decided", nullable=True)
    outcome_code: Text = column("what was decided, in the client's words")


class MartCoderAccuracy(Contract):
    """Accuracy by method, scope and period, from the random samples only. Methods are never mixed."""

    method_id: Text = column("A1, A2 or A3, see the definitions page", isin=METHODS)
    scope_code: Text = column("all, coder or specialty", isin=SCOPES)
    scope_id: Text = column("the coder or specialty; all for the whole client")
    period_code: Text = column("all, or the quarter ending with the anchor week", isin=PERIODS)
    review_count: Count = column("charts reviewed", ge=0)
    numerator: Count = column("codes or charts that are right", ge=0)
    denominator: Count = column("codes or charts that count", ge=0)
    accuracy_rate: Rate = column("numerator / denominator; null when the denominator is 0", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit", nullable=True, in_range=SHARE)
    effective_size: Rate = column("sample size after allowing for codes of one chart being alike", nullable=True)


class MartCodingErrors(Contract):
    """Errors found by category, with what they are worth."""

    error_code: Text = column("category of the closed error list", isin=ERROR_CODES)
    cert_code: Text = column("CERT category it maps to")
    finding_count: Count = column("findings", ge=0)
    review_count: Count = column("charts reviewed in the same period: the denominator", ge=0)
    overturned_count: Count = column("findings the coder got overturned; not counted as findings", ge=0)
    allowed_delta_amount: Money = column("net allowed dollars as coded minus as audited")
    gross_delta_amount: Money = column("the same, every difference counted as positive")
