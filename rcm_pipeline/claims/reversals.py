"""Reversals (CLP02 22) with what they take back and what takes its place.

R1: same payer, account number and amounts with the sign turned, dated before; one with the payer's claim number it names goes
first. R2: the same on one day. R3: same payer and
the same claim number of the payer (CLP07, or REF F8 of the reversal) and charge. Where several fit, the newest that is not taken back
yet. A correction is the next decision of the payer on the lineage, on the day of the reversal or later; where none
follows, the newest between the two.
"""

import polars as pl

from rcm_pipeline.claims.remits import KEYS

WAITING_DAYS = 35
_FACTS = (
    *KEYS, "kind", "payer_id", "lineage_index", "adjudication_date", "charge_amount", "paid_amount", "icn_token",
    "original_icn_token",
)  # fmt: skip
_MONEY = ["payer_id", "lineage_index", "_charge", "_paid"]


def pair_reversals(remits: pl.DataFrame, duplicates: pl.DataFrame) -> pl.DataFrame:
    """One row per reversal: original_*, correction_* (null where there is none) and `pair_rule`.

    `remits` have lineage_index and kind; `duplicates` are the keys of answers that only say so. Nothing is paired twice: one
    decision is taken back by one reversal.
    """
    sizes = (pl.col("charge_amount").abs().alias("_charge"), pl.col("paid_amount").abs().alias("_paid"))
    facts = remits.select(_FACTS).with_columns(sizes)
    reversals = facts.filter(pl.col("kind") == "reversal")
    decisions = facts.filter(pl.col("kind") == "adjudication")
    near = decisions.join(reversals.select("lineage_index").unique(), on="lineage_index", how="semi")
    pairs = _nested(near, reversals, _MONEY, "R1", same_day=False).clear()
    own, named = [*_MONEY, "icn_token"], reversals.with_columns(pl.coalesce("original_icn_token", "icn_token").alias("icn_token"))
    for rule, of, on in (
        ("R1", reversals, own),
        ("R1", named, own),
        ("R2", reversals, own),
        ("R1", reversals, _MONEY),
        ("R2", reversals, _MONEY),
    ):
        pairs = _more(pairs, near, of, on, rule, same_day=rule == "R2")
    same_day = _originals(pairs.filter(pl.col("pair_rule") == "R2"))
    for number in ("icn_token", "original_icn_token"):
        wanted = reversals.select(pl.col(number).alias("icn_token")).drop_nulls().unique()
        named = decisions.join(wanted, on="icn_token", how="semi")
        # a number that several lineages bear is a placeholder, and tells nothing
        telling = named.filter(pl.col("lineage_index").n_unique().over("payer_id", "icn_token") == 1)
        pairs = _more(pairs, telling.with_columns(pl.col("icn_token").alias(number)), reversals, ["payer_id", number, "_charge"], "R3")
    corrected = _corrections(reversals, near.join(same_day, on=KEYS, how="anti"))
    joined = reversals.join(pairs, on=KEYS, how="left", maintain_order="left").join(corrected, on=KEYS, how="left", maintain_order="left")
    telling = near.join(duplicates, on=KEYS, how="anti")
    return joined.join(_earlier_corrections(joined, telling), on=KEYS, how="left", validate="1:1", maintain_order="left").with_columns(
        pl.coalesce(f"correction_{key}", f"_early_{key}").alias(f"correction_{key}") for key in KEYS
    )


def with_own_voids(reversals: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Reversals with `is_own_void`: we voided the claim ourselves before, and nothing came in its place."""
    voids = versions.filter(pl.col("frequency_code") == "8").group_by("lineage_index").agg(pl.col("sent_date").min().alias("_voided"))
    joined = reversals.join(voids, on="lineage_index", how="left", validate="m:1", maintain_order="left")
    follows = (pl.col("_voided") <= pl.col("adjudication_date")).fill_null(False)
    return joined.with_columns((follows & pl.col("correction_claim_key").is_null()).alias("is_own_void")).drop("_voided")


def _earlier_corrections(reversals: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """For reversals that nothing follows: the newest decision between original and reversal that nothing takes back."""
    open_ones = reversals.filter(pl.col("correction_claim_key").is_null() & pl.col("original_claim_key").is_not_null())
    dates = decisions.select(pl.col("claim_key").alias("original_claim_key"), pl.col("adjudication_date").alias("_since"))
    spans = open_ones.select(*KEYS, "lineage_index", "payer_id", "original_claim_key", pl.col("adjudication_date").alias("_until"))
    taken = reversals.select(pl.col("original_claim_key").alias("claim_key")).drop_nulls()
    free = decisions.join(taken, on=KEYS, how="anti").select(
        "lineage_index", "payer_id", "adjudication_date", *(pl.col(key).alias(f"_early_{key}") for key in KEYS)
    )
    between = spans.join(dates, on="original_claim_key").join(free, on=["lineage_index", "payer_id"])
    fits = between.filter((pl.col("adjudication_date") >= pl.col("_since")) & (pl.col("adjudication_date") < pl.col("_until")))
    newest = fits.sort(*KEYS, "adjudication_date", *(f"_early_{key}" for key in KEYS)).unique(KEYS, keep="last", maintain_order=True)
    return newest.select(*KEYS, *(f"_early_{key}" for key in KEYS))


def _originals(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(pl.col(f"original_{key}").alias(key) for key in KEYS)


def _more(
    pairs: pl.DataFrame, decisions: pl.DataFrame, reversals: pl.DataFrame, on: list[str], rule: str, *, same_day: bool = True
) -> pl.DataFrame:
    """The pairs so far and those that a further rule finds among what is left."""
    free = decisions.join(_originals(pairs), on=KEYS, how="anti")
    left = reversals.join(pairs.select(KEYS), on=KEYS, how="anti")
    return pl.concat([pairs, _nested(free, left, on, rule, same_day=same_day)])


def _nested(decisions: pl.DataFrame, reversals: pl.DataFrame, on: list[str], rule: str, *, same_day: bool) -> pl.DataFrame:
    """Pair like brackets: a decision opens, a reversal of the same kind closes the newest that is open."""
    fields = [*on, *KEYS, "kind", "adjudication_date"]
    concerned = decisions.join(reversals.select(on).unique(), on=on, how="semi")
    both = pl.concat([concerned.select(fields), reversals.select(fields)]).drop_nulls(on)
    closes = pl.col("kind") == "reversal"
    ordered = both.sort(*on, "adjudication_date", closes if same_day else ~closes, *KEYS, nulls_last=False)
    walk = ordered.with_columns(pl.when(closes).then(-1).otherwise(1).cum_sum().over(on).alias("_walk"))
    floor = pl.min_horizontal(pl.col("_walk").cum_min().over(on), 0)
    depth = walk.with_columns((pl.col("_walk") - floor).alias("_depth"), (floor < floor.shift(1, fill_value=0).over(on)).alias("_is_alone"))
    level = pl.when(closes).then(pl.col("_depth") + 1).otherwise("_depth")
    levelled = depth.filter(~(closes & pl.col("_is_alone"))).with_columns(level.alias("_level"))
    opened = levelled.with_columns(
        *(pl.col(key).shift(1).over([*on, "_level"]).alias(f"original_{key}") for key in KEYS),
        pl.col("kind").shift(1).over([*on, "_level"]).alias("_before"),
    )
    return opened.filter(closes & (pl.col("_before") == "adjudication")).select(
        *KEYS, *(f"original_{key}" for key in KEYS), pl.lit(rule).alias("pair_rule")
    )


def _corrections(reversals: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The next decision of the payer on the lineage after each reversal, those of its own day included."""
    group, fields = ["payer_id", "lineage_index"], [*KEYS, "kind", "payer_id", "lineage_index", "adjudication_date"]
    is_decision = pl.col("kind") == "adjudication"
    ordered = pl.concat([reversals.select(fields), decisions.select(fields)]).sort(
        *group, "adjudication_date", is_decision, *KEYS, nulls_last=False
    )
    following = [pl.when(is_decision).then(pl.col(key)).backward_fill().over(group).alias(f"correction_{key}") for key in KEYS]
    return ordered.with_columns(following).filter(~is_decision).select(*KEYS, *(f"correction_{key}" for key in KEYS))


_KINDS = {"FB": "balance_forward", "72": "refund", "L6": "interest", "CS": "adjustment", "IR": "levy", "LE": "levy"}


def recoupments(adjustments: pl.DataFrame, payments: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """One row per PLB pair with payer, day, kind and lineage_index; null where its reference is no claim number we know.

    WO is an overpayment: a positive amount is taken from this payment, a negative one puts the taking off. Where a payer
    takes money by letter, WO is all there is to see of it (X12 RFI 2231).
    """
    amount, reason = pl.col("amount"), pl.col("reason_code")
    overpayment = pl.when(amount < 0).then(pl.lit("recoupment_delayed")).otherwise(pl.lit("recoupment_taken"))
    kind = pl.when(reason == "WO").then(overpayment).otherwise(reason.replace_strict(_KINDS, default="other", return_dtype=pl.String))
    whose = payments.select(
        "file_id", "transaction_no", "payer_id", pl.coalesce("payment_date", "production_date").alias("adjudication_date")
    )
    named = (
        remits.filter(pl.col("icn_token").is_not_null())
        .group_by(pl.col("icn_token").alias("reference_token"))
        .agg(pl.col("lineage_index").min(), pl.col("lineage_index").n_unique().alias("_many"))
        .filter(pl.col("_many") == 1)
        .drop("_many")
    )
    dated = adjustments.join(whose, on=["file_id", "transaction_no"], how="left", validate="m:1", maintain_order="left")
    return dated.join(named, on="reference_token", how="left", validate="m:1", maintain_order="left").with_columns(
        kind.fill_null("other").alias("kind"), pl.col("adjudication_date").dt.truncate("1w").alias("week")
    )
