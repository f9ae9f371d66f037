"""Which line of the sent claim a decided line answers: L1 line control number, L2 code and charge, L3 its place in the claim."""

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE

_VERSION = ["version_claim_key"]


def match_lines(remit_lines: pl.DataFrame, matches: pl.DataFrame, claim_lines: pl.DataFrame) -> pl.DataFrame:
    """LINE, claim_line_no and line_match_rule of the lines that match; each line of a claim answers one of a payment.

    `matches` name the version of each claim payment. L2 and L3 are for lines without a number that fits: L2 where code and
    charge fit one line only, L3 where payment and claim have as many lines.
    """
    pairs = matches.select(*KEYS, *_VERSION).with_row_index("_pair")
    paid_lines = remit_lines.select(*LINE, "line_control_token", "procedure_code", pl.col("charge_amount").abs()).join(pairs, on=KEYS)
    sent = claim_lines.select(
        *(pl.col(key).alias(f"version_{key}") for key in KEYS),
        pl.col("line_no").alias("claim_line_no"),
        "line_control_token",
        "procedure_code",
        "charge_amount",
    ).join(pairs.select("_pair", *_VERSION), on=_VERSION)
    found = _once(paid_lines, sent, ["_pair", "line_control_token"], "L1")
    left, free = _left(paid_lines, sent, found)
    if left.height:
        found = pl.concat([found, _once(left, free, ["_pair", "procedure_code", "charge_amount"], "L2")])
        left, free = _left(paid_lines, sent, found)
    if left.height:
        found = pl.concat([found, _by_place(left, free)])
    return found.join(pairs.select("_pair", *KEYS), on="_pair").select(*LINE, "claim_line_no", "line_match_rule")


def _once(paid_lines: pl.DataFrame, sent: pl.DataFrame, on: list[str], rule: str) -> pl.DataFrame:
    """Pairs where what is compared stands once on either side."""
    one = [_single(frame.drop_nulls(on), on) for frame in (paid_lines, sent)]
    joined = one[0].select(*on, "line_no").join(one[1].select(*on, "claim_line_no"), on=on)
    return joined.select("_pair", "line_no", "claim_line_no", pl.lit(rule).alias("line_match_rule"))


def _single(frame: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    return frame.unique(on, keep="none")


def _left(paid_lines: pl.DataFrame, sent: pl.DataFrame, found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    left = paid_lines.join(found.select("_pair", "line_no"), on=["_pair", "line_no"], how="anti")
    of_left = sent.join(left.select("_pair").unique(), on="_pair", how="semi")
    return left, of_left.join(found.select("_pair", "claim_line_no"), on=["_pair", "claim_line_no"], how="anti")


def _by_place(left: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    """The n-th line without a partner answers the n-th line without one, where there are as many."""
    placed = [
        frame.sort("_pair", line).with_columns(pl.int_range(pl.len()).over("_pair").alias("_place"), pl.len().over("_pair").alias("_all"))
        for frame, line in ((left, "line_no"), (free, "claim_line_no"))
    ]
    joined = placed[0].join(placed[1].select("_pair", "_place", "_all", "claim_line_no"), on=["_pair", "_place", "_all"])
    return joined.select("_pair", "line_no", "claim_line_no", pl.lit("L3").alias("line_match_rule"))
