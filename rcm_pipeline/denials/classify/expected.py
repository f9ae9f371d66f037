"""What a denied line would bring if it were paid like its likes: dollars at risk, from the client's own paid lines."""

import polars as pl

from rcm_pipeline.claims.code_families import with_code_family
from rcm_pipeline.claims.remits import LINE

MINIMUM_LINES = 20
_SAME = ["payer_id", "procedure_code", "modifier_1_code", "units"]
_CENT = pl.lit("0.01").cast(pl.Decimal(18, 2))


def expected_amounts(denied: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """LINE, expected_amount and expected_basis of denied lines: at most what is denied; 0 where none was ever paid.

    A duplicate (root cause duplicate) brings nothing, for the other one is the claim. The one home of this rule: outcomes,
    worklist, rework and measures read the amount.

    Basis `line`: median allowed of paid lines with the same payer, code, first modifier and units (20 at least). Else the
    charge times allowed / charge of the payer's lines of the code's family (`family`, 20 at least), of the payer
    (`payer`, 20 at least), or of all (`all`).
    """
    paid = lines.filter(pl.col("disposition").is_in(["paid", "paid_patient_resp"]) & (pl.col("allowed_amount") > 0)).select(
        *_SAME, "charge_amount", "allowed_amount"
    )
    cents = (pl.col("allowed_amount").cast(pl.Decimal(38, 2)) * 100).cast(pl.Int64)
    wanted = denied.select(_SAME).unique()
    likes = (
        paid.join(wanted, on=_SAME, how="semi", nulls_equal=True)
        .group_by(_SAME)
        .agg(cents.median().round().cast(pl.Int64).alias("_cents"), pl.len().alias("_count"))
    )
    medians = likes.filter(pl.col("_count") >= MINIMUM_LINES).drop("_count")
    shares = with_code_family(paid)
    known = with_code_family(denied.select(*LINE, *_SAME, "charge_amount", "allowed_amount", "denied_amount", "disposition", "root_cause"))
    known = known.join(medians, on=_SAME, how="left", nulls_equal=True, validate="m:1", maintain_order="left")
    for name, by in (("family", ["payer_id", "code_family"]), ("payer", ["payer_id"])):
        known = known.join(_shares(shares, by, name), on=by, how="left", validate="m:1", maintain_order="left")
    everywhere = _share_of(paid)
    share = pl.coalesce("_family", "_payer", pl.lit(everywhere))
    by_share = (pl.col("charge_amount").cast(pl.Float64) * share * 100).round().cast(pl.Int64)
    amount = (pl.coalesce("_cents", by_share).cast(pl.Decimal(38, 2)) * _CENT).cast(pl.Decimal(18, 2))
    basis = (
        pl.when(pl.col("_cents").is_not_null())
        .then(pl.lit("line"))
        .when(pl.col("_family").is_not_null())
        .then(pl.lit("family"))
        .when(pl.col("_payer").is_not_null())
        .then(pl.lit("payer"))
        .otherwise(pl.lit("all"))
    )
    zero = pl.lit(0).cast(pl.Decimal(18, 2))
    likely = pl.min_horizontal(amount, pl.max_horizontal("charge_amount", zero)).fill_null(zero)
    # of a line denied in part only the rest can still come
    rest = (
        pl.when(pl.col("disposition") == "denied_partial")
        .then(pl.max_horizontal(likely - pl.col("allowed_amount"), zero))
        .otherwise(likely)
    )
    capped = pl.min_horizontal(rest, "denied_amount").cast(pl.Decimal(18, 2))
    worth = pl.when(pl.col("root_cause") == "duplicate").then(zero).otherwise(capped)
    return known.select(*LINE, worth.alias("expected_amount"), basis.alias("expected_basis"))


def _shares(paid: pl.DataFrame, by: list[str], name: str) -> pl.DataFrame:
    """Allowed / charge of a group with enough lines."""
    grouped = paid.group_by(by).agg(pl.col("allowed_amount", "charge_amount").sum(), pl.len().alias("_count"))
    enough = grouped.filter((pl.col("_count") >= MINIMUM_LINES) & (pl.col("charge_amount") > 0))
    ratio = pl.col("allowed_amount").cast(pl.Float64) / pl.col("charge_amount").cast(pl.Float64)
    return enough.select(*by, ratio.alias(f"_{name}"))


def _share_of(paid: pl.DataFrame) -> float:
    charge = float(paid["charge_amount"].sum() or 0)
    return float(paid["allowed_amount"].sum() or 0) / charge if charge else 0.0
