"""One disposition per adjudicated line, from the classes and amounts of its adjustments, never from CLP02 alone."""

from collections.abc import Sequence

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE
from rcm_pipeline.denials.classify.allocation import allocate
from schemas.vocabulary.denials import NOT_DECIDED

PENDING_CARCS = ("133", "257", "277", "P8", "P11")
NOT_DENIED_RARC, PENDING_RARC = "N923", "N924"
_REPORTING_CARC, _REPORTING_RARC = "246", "N620"
_CAPITATION_CARC, _OTHER_PAYER_CARC, _CONTRACT_CARC = "24", "23", "45"
_ZERO = pl.lit(0).cast(pl.Decimal(18, 2))


def decided_lines(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Of core_adjudicated_lines those a payer decided at first, on a known day: the denominator of every rate of lines (M08)."""
    return lines.filter(pl.col("is_first") & pl.col("week").is_not_null() & ~pl.col("disposition").is_in(NOT_DECIDED))


def payable_lines(remits: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Every service line, and one line_no 0 for each claim payment that came without lines. Grain of the result: line."""
    bare = remits.join(lines.select(KEYS).unique(), on=KEYS, how="anti").select(
        *KEYS,
        pl.lit(0, dtype=pl.Int64).alias("line_no"),
        pl.lit(None, dtype=pl.String).alias("procedure_code"),
        pl.lit(None, dtype=pl.String).alias("modifier_1_code"),
        pl.lit(1).cast(pl.Decimal(18, 3)).alias("units"),
        "charge_amount",
        "paid_amount",
    )
    units = pl.coalesce("billed_units", "paid_units", pl.lit(1).cast(pl.Decimal(18, 3)))
    own = lines.select(*LINE, "procedure_code", "modifier_1_code", units.alias("units"), "charge_amount", "paid_amount")
    facts = remits.select(
        *KEYS,
        "lineage_index",
        "payer_id",
        "sequence_code",
        "week",
        "kind",
        "status_code",
        "adjudication_date",
        pl.col("paid_amount").alias("claim_paid_amount"),
    )
    return pl.concat([own, bare]).join(facts, on=KEYS, how="inner", validate="m:1").sort(LINE)


def classify(adjustments: pl.DataFrame, lines: pl.DataFrame, carc: pl.DataFrame, capitated_payers: Sequence[str] = ()) -> pl.DataFrame:
    """Line-level adjustments (claim-level ones allocated) with their class on the date of the remittance.

    Group CR is a correction (legacy). A code that is not in the table, or not valid on that date, is `unknown`. CO-24 of a
    payer that is not named capitated is a denial, as the table's note says: nothing but the capitation could pay the line.
    """
    dates = lines.select(*LINE, "adjudication_date", "payer_id")
    at_line = allocate(lines, adjustments).join(dates, on=LINE, how="inner", validate="m:1")
    known = carc.select("carc_code", "class", "root_cause", "valid_from", "valid_to")
    joined = at_line.join(known, on="carc_code", how="left", validate="m:1", maintain_order="left")
    day = pl.col("adjudication_date")
    is_valid = pl.col("class").is_not_null() & (
        day.is_null() | ((day >= pl.col("valid_from")).fill_null(True) & (day <= pl.col("valid_to")).fill_null(True))
    )
    is_capitation = (pl.col("carc_code") == _CAPITATION_CARC) & (pl.col("group_code") == "CO")
    is_denial = is_capitation & ~pl.col("payer_id").is_in(list(capitated_payers)) & (pl.col("amount") > 0)
    found = (
        pl.when(pl.col("group_code") == "CR")
        .then(pl.lit("correction"))
        .when(is_valid & is_denial)
        .then(pl.lit("denial"))
        .when(is_valid)
        .then("class")
        .otherwise(pl.lit("unknown"))
    )
    return joined.with_columns(found.alias("class")).drop("adjudication_date", "payer_id", "valid_from", "valid_to")


def dispose(lines: pl.DataFrame, classified: pl.DataFrame, remarks: pl.DataFrame, capitated_payers: Sequence[str]) -> pl.DataFrame:
    """Add amounts by class, `disposition` and the `rule_id` that decided it. Rules in order: docs/rules.md."""
    summed = _sums(classified)
    marked = lines.join(summed, on=LINE, how="left", validate="1:1", maintain_order="left").join(
        _remark_flags(remarks), on=LINE, how="left", validate="1:1", maintain_order="left"
    )
    amounts = [c for c in marked.columns if c.endswith("_amount") and c not in ("charge_amount", "paid_amount", "claim_paid_amount")]
    flags = [c for c in marked.columns if c.startswith(("is_", "has_"))]
    filled = marked.with_columns(pl.col(amounts).fill_null(_ZERO), pl.col(flags).fill_null(False))
    effective = filled.with_columns(_effective_paid()).with_columns(_allowed())
    rules = _rules(pl.col("payer_id").is_in(list(capitated_payers)))
    decided: pl.Expr = pl.lit("D12")
    for rule_id, _, applies in reversed(rules):
        decided = pl.when(applies.fill_null(False)).then(pl.lit(rule_id)).otherwise(decided)
    names = {rule_id: name for rule_id, name, _ in rules} | {"D12": "paid"}
    return effective.with_columns(decided.alias("rule_id")).with_columns(
        pl.col("rule_id").replace_strict(names, return_dtype=pl.String).alias("disposition")
    )


def _allowed() -> pl.Expr:
    """Paid + patient share, and on answers of a secondary payer what others paid before; nothing where the line is no decision."""
    others = pl.when(pl.col("sequence_code") != "P").then("cob_amount").otherwise(_ZERO)
    allowed = pl.col("paid_amount").fill_null(_ZERO) + pl.col("patient_amount") + others
    return pl.when(pl.col("kind") == "adjudication").then(allowed).otherwise(_ZERO).cast(pl.Decimal(18, 2)).alias("allowed_amount")


def _rules(is_capitated_payer: pl.Expr) -> list[tuple[str, str, pl.Expr]]:
    """(rule id, disposition, condition) in order of precedence; the first that applies decides."""
    denied, patient, paid, charge = (pl.col(f"{n}_amount") for n in ("denied", "patient", "paid", "charge"))
    nothing_paid, is_final = paid == 0, ~pl.col("is_not_denied")
    has_reason = pl.col("has_explanation")
    return [
        ("D01", "excluded", pl.col("kind") != "adjudication"),
        ("D02", "excluded", charge.is_null() | paid.is_null()),
        ("D03", "excluded", (charge == 0) | pl.col("is_reporting_only") | pl.col("is_reporting_remark")),
        ("D04", "pended", pl.col("is_pended") | pl.col("is_pending_remark")),
        ("D05", "capitated", pl.col("is_capitation") & is_capitated_payer),
        ("D06", "denied_full", (denied > 0) & nothing_paid & (patient == 0) & is_final),
        ("D07", "denied_partial", (denied > 0) & is_final),
        ("D08", "denied_full", (pl.col("status_code") == "4") & nothing_paid & ~has_reason & is_final),
        ("D09", "paid_patient_resp", nothing_paid & (patient > 0)),
        (
            "D10",
            "cob_satisfied",
            nothing_paid & (pl.col("cob_amount") > 0) & (pl.col("cob_amount") + pl.col("contractual_amount") >= charge),
        ),
        (
            "D11",
            "denial_suspected",
            nothing_paid
            & is_final
            & ((pl.col("contract_45_amount") >= charge) | (pl.col("unknown_amount") > 0) | (pl.col("adjusted_amount") == 0)),
        ),
    ]


def _sums(classified: pl.DataFrame) -> pl.DataFrame:
    amount, kind = pl.col("amount").fill_null(_ZERO), pl.col("class")

    def total(condition: pl.Expr, name: str) -> pl.Expr:
        return amount.filter(condition).sum().cast(pl.Decimal(18, 2)).alias(f"{name}_amount")

    explains = kind.is_in(["denial", "patient_resp", "cob", "unknown"]) & (amount > 0)
    return classified.group_by(LINE).agg(
        total(kind == "denial", "denied"),
        total(kind == "patient_resp", "patient"),
        total(kind == "contractual", "contractual"),
        total(~kind.is_in(["denial", "patient_resp", "contractual"]), "other"),
        total((kind == "cob") & (pl.col("carc_code") == _OTHER_PAYER_CARC), "cob"),
        total(kind == "unknown", "unknown"),
        total((pl.col("carc_code") == _CONTRACT_CARC) & (pl.col("group_code") == "CO"), "contract_45"),
        total(pl.lit(True), "adjusted"),
        total(pl.col("is_share"), "shared"),
        pl.col("carc_code").is_in(PENDING_CARCS).any().alias("is_pended"),
        ((pl.col("carc_code") == _CAPITATION_CARC) & (pl.col("group_code") == "CO")).any().alias("is_capitation"),
        (pl.col("carc_code") == _REPORTING_CARC).fill_null(False).all().alias("is_reporting_only"),
        explains.any().alias("has_explanation"),
    )


def _remark_flags(remarks: pl.DataFrame) -> pl.DataFrame:
    on_line = remarks.filter(pl.col("line_no").is_not_null())
    code = pl.col("rarc_code")
    return on_line.group_by(LINE).agg(
        (code == NOT_DENIED_RARC).any().alias("is_not_denied"),
        (code == PENDING_RARC).any().alias("is_pending_remark"),
        (code == _REPORTING_RARC).any().alias("is_reporting_remark"),
    )


def _effective_paid() -> pl.Expr:
    """SVC03, less the line's share of claim-level adjustments where the lines do not take them into account yet.

    They do not when the lines' SVC03 add up to more than CLP04 by exactly the claim-level adjustments (law L4).
    """
    rest = pl.col("charge_amount") - pl.col("adjusted_amount")
    before_share = pl.col("paid_amount") == rest + pl.col("shared_amount")
    over = pl.col("paid_amount").sum().over(KEYS) - pl.col("claim_paid_amount")
    is_unaware = over == pl.col("shared_amount").sum().over(KEYS)
    lowered = (pl.col("shared_amount") != 0) & before_share & is_unaware & (pl.col("line_no") > 0)
    return pl.when(lowered).then(rest).otherwise("paid_amount").cast(pl.Decimal(18, 2)).alias("paid_amount")
