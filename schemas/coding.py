"""Coding tables: the coding log, QA reviews, codes and findings as sent, feedback and queries, and what they are taken for."""

import polars as pl

from schemas.contract import SHARE, Contract, Count, Date, Flag, Money, Quantity, Rate, Text, column
from schemas.vocabulary.coding import (
    CODE_KINDS,
    CODE_VERDICTS,
    ERROR_CODES,
    ERROR_DIRECTIONS,
    ESCALATION_REASONS,
    FINDING_BASES,
    PARTIES,
    REBUTTALS,
    REVIEW_KINDS,
    SAMPLE_REASONS,
    STRATA,
)

_FILE = "SHA-256 of the file's bytes"
_ROW = "row of the sheet, the header being row 1"


class RawCodedEncounters(Contract):
    """One row per encounter coded, from the client's coding log."""

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column("pseudonym of the account (patient control number)")
    coder_id: Text = column("staff number of the coder; a token when the sheet names a person")
    coded_date: Date = column("day the coding was finished")
    service_date: Date = column("date of service; null when the log does not say", nullable=True)
    specialty: Text = column("specialty as the client names it", nullable=True)
    code_count: Count = column("codes assigned; null when the log does not say", nullable=True, ge=0)
    minutes: Quantity = column("minutes spent; null when the log does not say", nullable=True, ge=0)


class RawQaReviews(Contract):
    """One row per encounter reviewed by an auditor."""

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    review_token: Text = column("pseudonym of the review's number; joins the findings and codes")
    claim_token: Text = column("pseudonym of the account (patient control number)")
    coder_id: Text = column("staff number of the coder; a token when the sheet names a person")
    auditor_id: Text = column("staff number of the auditor; a token when the sheet names a person", nullable=True)
    review_date: Date = column("day of the review")
    service_date: Date = column("date of service; null when the sheet does not say", nullable=True)
    specialty: Text = column("specialty as the client names it", nullable=True)
    kind_code: Text = column(
        "first review, blind second review, calibration chart or re-audit; null when not said: first", nullable=True, isin=REVIEW_KINDS
    )
    sample_id: Text = column("number of the drawn sample (rcm plan-qa) the chart comes from; null when it comes from none", nullable=True)
    stratum_code: Text = column("random sample, or chosen for risk", isin=STRATA)
    frame_count: Count = column("charts the stratum was drawn from; null when not said", nullable=True, ge=1)
    selection_rate: Rate = column("chance that a chart of the stratum was drawn; null when not said", nullable=True, in_range=SHARE)
    coder_code_count: Count = column("codes the coder assigned; null when they are listed instead", nullable=True, ge=0)
    auditor_code_count: Count = column("codes the auditor assigned; null when they are listed instead", nullable=True, ge=0)
    correct_code_count: Count = column("codes on which both agree; null when they are listed instead", nullable=True, ge=0)
    coder_codes: Text = column("codes the coder assigned, in their order, separated by ; , or |; null when not listed here", nullable=True)
    auditor_codes: Text = column("codes the auditor assigned, likewise", nullable=True)

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """Both cannot agree on more codes than either assigned, and counts come together."""
        counts = ("coder_code_count", "auditor_code_count", "correct_code_count")
        fewest = pl.min_horizontal(counts[:2])
        given = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int64) for name in counts)
        return {
            "correct_code_count is at most the codes of either": (
                "correct_code_count",
                (pl.col("correct_code_count") <= fewest).fill_null(True),
            ),
            "the three counts are given together or not at all": ("correct_code_count", given.is_in([0, 3])),
        }


class RawQaCodes(Contract):
    """One row per code compared in a review: as the coder and as the auditor assigned it."""

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    review_token: Text = column("review it belongs to")
    position_no: Count = column(
        "place of the code on the chart, 1 being principal or first listed; null when not said", nullable=True, ge=1
    )
    code_kind: Text = column(
        "em, procedure, diagnosis, modifier, drg, poa or discharge; null when not said: told from the code", nullable=True, isin=CODE_KINDS
    )
    coder_code: Text = column("as the coder assigned it; null when the coder did not", nullable=True)
    auditor_code: Text = column("as the auditor assigned it; null when none belongs there", nullable=True)
    coder_modifiers: Text = column("modifiers of the coder's code, separated by ; , | or blanks", nullable=True)
    auditor_modifiers: Text = column("modifiers of the auditor's code", nullable=True)
    coder_units: Quantity = column("units of the coder's code; null when not said", nullable=True, ge=0)
    auditor_units: Quantity = column("units of the auditor's code; null when not said", nullable=True, ge=0)
    allowed_delta_amount: Money = column("allowed dollars as coded minus as audited; null when not estimated", nullable=True)
    auditor_allowed_amount: Money = column("allowed dollars of the code as audited; null when not estimated", nullable=True)

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """A row names a code of one of them at least."""
        return {
            "coder_code or auditor_code is filled": ("auditor_code", pl.any_horizontal(pl.col("coder_code", "auditor_code").is_not_null()))
        }


class RawQaFindings(Contract):
    """One row per error an auditor found."""

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    review_token: Text = column("review it was found in")
    error_code: Text = column("category of the closed error list, see qa_errors.tsv", isin=ERROR_CODES)
    coder_code: Text = column("code the coder assigned; null when one was missed", nullable=True)
    auditor_code: Text = column("code the auditor assigned; null when none belongs there", nullable=True)
    direction_code: Text = column(
        "over, under, risk, either or compliance; null when not said: that of the category", nullable=True, isin=ERROR_DIRECTIONS
    )
    allowed_delta_amount: Money = column("allowed dollars as coded minus as audited; null when not estimated", nullable=True)
    responsible_party_code: Text = column("coder, provider, system or reference; null when not said: coder", nullable=True)
    rebuttal_code: Text = column("none, open, upheld or overturned; null when not said", nullable=True, isin=REBUTTALS)
    corrected_code: Text = column("yes where it was corrected before the bill went out, else no; null when not said", nullable=True)


class RawQaActions(Contract):
    """One row per step of feedback: who was told of which finding, and what was done about it."""

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    review_token: Text = column("review with the finding")
    error_code: Text = column("category acted on; null when the whole review was", nullable=True, isin=ERROR_CODES)
    acknowledged_date: Date = column("day the coder acknowledged it; null while that is open", nullable=True)
    action_code: Text = column("what was done, in the client's words; null while nothing is", nullable=True)
    action_date: Date = column("day of it; null while nothing is done", nullable=True)
    staff_id: Text = column("staff number of who did it; a token when the sheet names a person", nullable=True)


class RawEscalations(Contract):
    """One row per record a coder or biller could not settle alone and asked about."""

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
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

    file_id: Text = column(_FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    decision_token: Text = column("pseudonym of the decision's number")
    escalation_token: Text = column("pseudonym of the query it settles; null when it settles none", nullable=True)
    decided_date: Date = column("day of the decision")
    staff_id: Text = column("staff number of who decided; a token when the sheet names a person", nullable=True)
    role_code: Text = column("role that decided")
    subject_code: Text = column("what kind of thing was decided", nullable=True)
    outcome_code: Text = column("what was decided, in the client's words")


class CoreQaReviews(Contract):
    """One row per review in force, with its counts as stated or as derived from its codes, and its weight."""

    review_token: Text = column("pseudonym of the review's number", key=True)
    claim_token: Text = column("pseudonym of the account")
    lineage_id: Text = column("claim it became; null when none is known", nullable=True)
    coder_id: Text = column("staff number of the coder")
    auditor_id: Text = column("staff number of the auditor", nullable=True)
    review_date: Date = column("day of the review")
    week: Date = column("Monday of the review")
    service_date: Date = column("date of service", nullable=True)
    specialty: Text = column("specialty, `not said` where the sheet is silent")
    kind_code: Text = column("first review, blind second review, calibration chart or re-audit", isin=REVIEW_KINDS)
    sample_id: Text = column("drawn sample it comes from; null when from none", nullable=True)
    stratum_code: Text = column("random sample, or chosen for risk", isin=STRATA)
    frame_count: Count = column("charts its stratum was drawn from; null when not known", nullable=True, ge=1)
    selection_rate: Rate = column("chance that a chart of its stratum was drawn; null when not known", nullable=True, in_range=SHARE)
    has_reason: Flag = column("whether the plan had a reason of risk to draw it; null when it comes from none", nullable=True)
    counts_code: Text = column("whether the counts are as stated on the sheet or derived from codes", isin=FINDING_BASES)
    coder_code_count: Count = column("codes the coder assigned", ge=0)
    auditor_code_count: Count = column("codes the auditor assigned", ge=0)
    correct_code_count: Count = column("codes on which both agree", ge=0)
    finding_count: Count = column("findings against the coder that stand (not overturned)", ge=0)
    is_right: Flag = column("both assigned the same codes and no finding against the coder stands")


class CoreQaCodes(Contract):
    """One row per code compared in a review in force."""

    review_token: Text = column("review it belongs to", key=True)
    position_no: Count = column("place among the codes of the review", ge=1, key=True)
    code_kind: Text = column("em, procedure, diagnosis, modifier, drg, poa or discharge", isin=CODE_KINDS)
    code_family: Text = column("family of the procedure (code_families.tsv), chapter letter of the diagnosis, else the kind")
    coder_code: Text = column("as the coder assigned it; null when missed", nullable=True)
    auditor_code: Text = column("as the auditor assigned it; null when none belongs there", nullable=True)
    verdict_code: Text = column("same, changed, missed, extra, order, modifier or units", isin=CODE_VERDICTS)
    level_difference: Count = column(
        "E/M levels as coded minus as audited within one category of visit; null where it is none", nullable=True
    )
    error_code: Text = column("category of the closed error list it is; null where the codes are the same", nullable=True, isin=ERROR_CODES)
    allowed_delta_amount: Money = column("allowed dollars as coded minus as audited; null when not estimated", nullable=True)
    auditor_allowed_amount: Money = column("allowed dollars as audited; null when not estimated", nullable=True)


class CoreQaFindings(Contract):
    """One row per finding in force, as stated or derived from the codes where the sheet states none."""

    review_token: Text = column("review it was found in", key=True)
    finding_no: Count = column("place among the findings of the review", ge=1, key=True)
    basis_code: Text = column("stated on the sheet, or derived from its codes", isin=FINDING_BASES)
    error_code: Text = column("category of the closed error list", isin=ERROR_CODES)
    cert_code: Text = column("CERT category it maps to")
    weight: Count = column("weight of the category, the client's own where it has one", ge=0)
    direction_code: Text = column("over, under, risk, either or compliance", isin=ERROR_DIRECTIONS)
    coder_code: Text = column("code the coder assigned; null when one was missed", nullable=True)
    auditor_code: Text = column("code the auditor assigned; null when none belongs there", nullable=True)
    allowed_delta_amount: Money = column("allowed dollars as coded minus as audited; null when not estimated", nullable=True)
    party_code: Text = column("who is responsible: coder, provider, system or reference", isin=PARTIES)
    rebuttal_code: Text = column("none, open, upheld or overturned", isin=REBUTTALS)
    is_counted: Flag = column("counts against the coder: the coder's and not overturned")


class OpsQaSamples(Contract):
    """One row per chart drawn for QA by rcm plan-qa: the frame, the draw and its seed stay with the sample."""

    sample_id: Text = column("number of the sample: anchor week and a short hash of frame, design and seed", key=True)
    planned_at: Date = column("day it was drawn")
    week: Date = column("Monday of the coded charts it was drawn from")
    seed: Count = column("seed of the draw; the same frame and seed give the same sample")
    frame_hash: Text = column("SHA-256 of the frame, sorted")
    stratum_code: Text = column("random or risk", isin=STRATA, key=True)
    reason_code: Text = column("why the chart may be drawn: random, or the first of the risk reasons it has", isin=SAMPLE_REASONS)
    frame_count: Count = column("charts the stratum holds", ge=1)
    sample_count: Count = column("charts drawn from it, spares not counted", ge=1)
    selection_rate: Rate = column("sample_count / frame_count", in_range=SHARE)
    draw_no: Count = column("order of the draw within its stratum", ge=1)
    is_spare: Flag = column("drawn to replace a chart that cannot be reviewed, in this order")
    claim_token: Text = column("pseudonym of the account", key=True)
    coder_id: Text = column("staff number of the coder")
    specialty: Text = column("specialty as the client names it", nullable=True)
    coded_date: Date = column("day the coding was finished")
    service_date: Date = column("date of service", nullable=True)
