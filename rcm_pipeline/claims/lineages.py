"""Lineages: the versions of one claim and every answer to it, for the same services and payer sequence, under one number.

Providers use an account number again for later visits: claims and answers with one number whose dates of service do not
overlap are different claims. What names another number but says what it replaces (REF F8), or was matched by other
evidence, is linked afterwards.
"""

import polars as pl

from rcm_pipeline.claims.remits import KEYS
from rcm_pipeline.claims.runs import begins, count_so_far

_SEQUENCES = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
_DAYS, _BEFORE_1970 = 10_000_000, 1_000_000  # more than the days of any date; added, so that none is negative


def with_token_numbers(versions: pl.DataFrame, remits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with `token_no`, a small number per account number that is quicker to group by than its token; null where there is none."""
    tokens = pl.concat([frame.select("claim_token") for frame in (versions, remits)]).drop_nulls().unique().sort("claim_token")
    numbered = tokens.with_row_index("token_no")
    first, second = (
        frame.join(numbered, on="claim_token", how="left", validate="m:1", maintain_order="left") for frame in (versions, remits)
    )
    return first, second


def with_stated_sequence(remits: pl.DataFrame) -> pl.DataFrame:
    """Claim payments with `_said`, the sequence the payer says it answers in (CLP02); null where it says none."""
    return remits.with_columns(pl.col("status_code").replace_strict(_SEQUENCES, default=None, return_dtype=pl.String).alias("_said"))


def with_sequence(remits: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Add `sequence_code` to claim payments: of the version sent to that payer, else as the payer says, else as its others.

    A payer that we sent no claim to and that says it answers as secondary or tertiary answers a claim that was crossed over
    to it, and never the primary's. One that says primary answers the only claim we sent, unless another payer answered too.
    """
    named = versions.filter(pl.col("token_no").is_not_null())
    to_payer = _only(named, ["token_no", "payer_id"], "_sent_to_payer")
    at_all = _only(named, ["token_no"], "_sent")
    alone = remits.group_by("token_no").agg((pl.col("payer_id").n_unique() == 1).alias("_is_alone"))
    joined = remits
    usual = _only(joined.filter(pl.col("_said").is_not_null()), ["token_no", "payer_id"], "_usual", "_said")
    for part, on in ((to_payer, ["token_no", "payer_id"]), (usual, ["token_no", "payer_id"]), (at_all, ["token_no"])):
        joined = joined.join(part, on=on, how="left", validate="m:1", maintain_order="left")
    joined = joined.join(alone, on="token_no", how="left", validate="m:1", maintain_order="left")
    sole = pl.when(pl.col("_is_alone")).then("_sent")
    later = pl.when(pl.col("_said") != "P").then("_said")
    return joined.with_columns(
        pl.coalesce("_sent_to_payer", later, sole, "_said", "_usual", "_sent", pl.lit("P")).alias("sequence_code")
    ).drop("_sent_to_payer", "_said", "_usual", "_sent", "_is_alone")


def _only(frame: pl.DataFrame, by: list[str], name: str, column: str = "sequence_code") -> pl.DataFrame:
    """The value of a group that has only one."""
    counted = frame.group_by(by).agg(pl.col(column).min().alias(name), pl.col(column).max().alias("_most"))
    return counted.filter(pl.col(name) == pl.col("_most")).drop("_most")


def assign_lineages(versions: pl.DataFrame, remits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with `lineage_index`, a number per lineage, and `visit_no`, the ordinal of the visit under its account number."""
    fields = ["token_no", "sequence_code", "first_service_date", "last_service_date", *KEYS]
    every = pl.concat(
        [versions.select(*fields, pl.lit(0, pl.Int8).alias("_side")), remits.select(*fields, pl.lit(1, pl.Int8).alias("_side"))]
    )
    group = ["token_no", "sequence_code"]
    ordered = every.sort([*group, "first_service_date", "_side", *KEYS], nulls_last=True)
    # a row without an account number stands alone
    is_group = begins(group) | pl.col("token_no").is_null()
    numbered = ordered.with_columns(is_group.alias("_is_group"), is_group.cum_sum().cast(pl.Int64).alias("_group"))
    # the last day reached so far in the group: groups are numbered upwards, so one running maximum serves all
    reached = (pl.col("_group") * _DAYS + _day("last_service_date").fill_null(0)).cum_max().shift(1)
    first = pl.col("_group") * _DAYS + _day("first_service_date")
    is_known = reached > pl.col("_group") * _DAYS  # some row of the group before this one has a date
    is_visit = (~pl.col("_is_group") & is_known & (first > reached)).fill_null(False)
    visits = numbered.with_columns(count_so_far(is_visit, pl.col("_is_group")).alias("visit_no"))
    # what has no date belongs to the first visit
    dated = visits.with_columns(pl.when(pl.col("first_service_date").is_null()).then(0).otherwise("visit_no").alias("visit_no"))
    keyed = dated.with_columns((pl.col("_group") * 1_000_000 + pl.col("visit_no")).alias("lineage_index"))
    parts = [keyed.filter(pl.col("_side") == side).select(*KEYS, "lineage_index", "visit_no") for side in (0, 1)]
    return tuple(  # type: ignore[return-value]
        frame.join(part, on=KEYS, how="left", validate="1:1", maintain_order="left")
        for frame, part in zip((versions, remits), parts, strict=True)
    )


def _day(date: str) -> pl.Expr:
    return pl.col(date).to_physical().cast(pl.Int64) + _BEFORE_1970


def replaced(versions: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """Pairs of lineages of which one says by REF F8 that it replaces a claim of the other.

    A number that several lineages bear (0, a placeholder) names none of them; an answer can replace its own payer's only.
    """
    numbers = remits.filter(pl.col("icn_token").is_not_null()).select(
        pl.col("icn_token").alias("original_icn_token"), "sequence_code", "payer_id", pl.col("lineage_index").alias("_to")
    )
    stated = [
        (versions, ["original_icn_token", "sequence_code"]),
        (remits, ["original_icn_token", "sequence_code", "payer_id"]),
    ]
    found = []
    for frame, on in stated:
        known = numbers.select(*on, "_to").unique().filter(pl.len().over(on) == 1)
        named = frame.filter(pl.col("original_icn_token").is_not_null()).select(*on, "lineage_index")
        found.append(named.join(known, on=on, how="inner").select("lineage_index", "_to"))
    return pl.concat(found).filter(pl.col("lineage_index") != pl.col("_to")).unique()


def merged(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`lineage_index` of linked lineages becomes the smallest of all that hang together."""
    if pairs.is_empty():
        return frame
    both = pl.concat([pairs, pairs.select(pl.col("_to").alias("lineage_index"), pl.col("lineage_index").alias("_to"))])
    label = both.select("lineage_index", pl.col("lineage_index").alias("_label")).unique(maintain_order=True)
    is_settled = False
    while not is_settled:  # each round reaches one link further, and never back
        reached = both.join(label.rename({"lineage_index": "_to", "_label": "_near"}), on="_to")
        lowest = reached.group_by("lineage_index").agg(pl.col("_near").min())
        spread = label.join(lowest, on="lineage_index", maintain_order="left").select(
            "lineage_index", pl.min_horizontal("_label", "_near").alias("_label")
        )
        is_settled = spread.equals(label)
        label = spread
    return (
        frame.join(label, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        .with_columns(pl.coalesce("_label", "lineage_index").alias("lineage_index"))
        .drop("_label")
    )


def named_lineages(versions: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """lineage_index → lineage_id: account token, sequence and ordinal of the visit, the first of linked ones by token.

    Without an account number it is the identity of the sent claim or claim payment that stands alone.
    """
    fields = ["lineage_index", "claim_token", "sequence_code", "visit_no"]
    sides = [
        frame.select(*fields, pl.col(identity).alias("_alone"), pl.lit(side, pl.Int8).alias("_side"))
        for side, (frame, identity) in enumerate(((versions, "version_id"), (remits, "answer_id")))
    ]
    # the number as we sent it goes before one as a payer wrote it
    every = pl.concat(sides).sort("lineage_index", "_side", "claim_token", "sequence_code", "visit_no", "_alone", nulls_last=True)
    first = every.unique("lineage_index", keep="first", maintain_order=True)
    visit = (pl.col("visit_no") + 1).cast(pl.String)
    own = pl.concat_str("claim_token", pl.lit("-"), "sequence_code", visit)
    return first.select("lineage_index", pl.coalesce(own, "_alone").alias("lineage_id"))
