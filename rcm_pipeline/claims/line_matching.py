"""Which line of the sent claim a decided line answers, and which service of the lineage that is, over versions and answers.

L1 line control number, L2 code and charge, L3 code alone, L4 its place in the claim.
"""

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE

WHOLE_CLAIM = 0  # the service_line_no of what a payer decided without lines
_VERSION = ["version_claim_key"]
_UNSEEN = 1_000  # lines that the first claim does not have are numbered from here: more than any claim may hold
_RULES = {"L1": ["line_control_token"], "L2": ["procedure_code", "charge_amount"], "L3": ["procedure_code"], "L4": list[str]()}
_EVIDENCE = (*LINE, "line_control_token", "procedure_code", "charge_amount")


def match_lines(remit_lines: pl.DataFrame, matches: pl.DataFrame, claim_lines: pl.DataFrame, *, by_place: bool = True) -> pl.DataFrame:
    """LINE, claim_line_no and line_match_rule of the lines that match; each line of a claim answers one of a payment.

    `matches` name the version of each claim payment. Later rules are for lines without a number that fits: L2 and L3 where
    as many lines are alike on either side, which then stand in the same order; L4 (`by_place`) where payment and claim have as
    many lines left.
    """
    pairs = matches.select(*KEYS, *_VERSION).with_row_index("_pair")
    left = remit_lines.select(_EVIDENCE).with_columns(pl.col("charge_amount").abs()).join(pairs, on=KEYS)
    free = claim_lines.select(
        *(pl.col(key).alias(f"version_{key}") for key in KEYS),
        pl.col("line_no").alias("claim_line_no"),
        "line_control_token",
        "procedure_code",
        pl.col("charge_amount").abs(),
    ).join(pairs.select("_pair", *_VERSION), on=_VERSION)
    found = []
    for rule, alike in _RULES.items():
        if left.is_empty() or (rule == "L4" and not by_place):
            break
        matched = _in_order(left, free, ["_pair", *alike]).with_columns(pl.lit(rule).alias("line_match_rule"))
        found.append(matched)
        left = left.join(matched, on=["_pair", "line_no"], how="anti")
        free = free.join(matched, on=["_pair", "claim_line_no"], how="anti").join(left.select("_pair").unique(), on="_pair", how="semi")
    none = pl.DataFrame(schema={"_pair": pl.UInt32, "line_no": pl.Int64, "claim_line_no": pl.Int64, "line_match_rule": pl.String})
    together = pl.concat([none, *found], how="vertical_relaxed")
    return together.join(pairs.select("_pair", *KEYS), on="_pair").select(*LINE, "claim_line_no", "line_match_rule")


def _in_order(left: pl.DataFrame, free: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """The n-th of some lines that are alike answers the n-th on the other side, where there are as many."""
    placed = [
        frame.drop_nulls(on)
        .sort("_pair", line)
        .with_columns(pl.int_range(pl.len()).over(on).alias("_place"), pl.len().over(on).alias("_all"))
        for frame, line in ((left, "line_no"), (free, "claim_line_no"))
    ]
    joined = placed[0].join(placed[1].select(*on, "_place", "_all", "claim_line_no"), on=[*on, "_place", "_all"])
    return joined.select("_pair", "line_no", "claim_line_no")


def service_lines(lines: pl.DataFrame, versions: pl.DataFrame, claim_lines: pl.DataFrame, remit_lines: pl.DataFrame) -> pl.DataFrame:
    """`lines` with `service_line_no`: which service of the lineage a decided line is about, the same over versions and answers.

    It is the line of the first version, else of the first answer; what neither has is numbered behind. Where a payer
    decided without lines, all lines of the lineage are about the whole claim. `lines` carry lineage_index,
    version_claim_key and claim_line_no.
    """
    of_version = _of_first_version(versions, claim_lines)
    known = lines.join(of_version, on=["version_claim_key", "claim_line_no"], how="left", validate="m:1", maintain_order="left")
    lost = known.filter(pl.col("service_line_no").is_null() & (pl.col("line_no") > 0) & (pl.col("kind") == "adjudication"))
    by_answer = _of_first_answer(lost, versions, claim_lines, remit_lines)
    joined = known.join(by_answer, on=LINE, how="left", validate="1:1", maintain_order="left")
    is_whole = ((pl.col("line_no") == 0) & (pl.col("kind") == "adjudication")).any().over("lineage_index")
    number = pl.coalesce("service_line_no", "_of_answer", "line_no")
    return joined.with_columns(pl.when(is_whole).then(WHOLE_CLAIM).otherwise(number).alias("service_line_no")).drop("_of_answer")


def _of_first_version(versions: pl.DataFrame, claim_lines: pl.DataFrame) -> pl.DataFrame:
    """version_claim_key and claim_line_no → service_line_no."""
    first = versions.filter(pl.col("version_no") == 1).select("lineage_index", pl.col("claim_key").alias("version_claim_key"))
    later = versions.filter(pl.col("version_no") > 1).select("lineage_index", *KEYS).join(first, on="lineage_index")
    of_later = claim_lines.join(later.select(KEYS), on=KEYS, how="semi")
    matched = of_later.select(LINE).join(match_lines(of_later, later, claim_lines), on=LINE, how="left")
    named = ("version_claim_key", "claim_line_no", "service_line_no")
    numbered = matched.select(
        *(pl.col(name).alias(to) for name, to in zip(LINE, named, strict=False)),
        pl.coalesce("claim_line_no", pl.col("line_no") + _UNSEEN).alias("service_line_no"),
    )
    own = claim_lines.join(later.select(KEYS), on=KEYS, how="anti").select(
        pl.col("claim_key").alias("version_claim_key"), pl.col("line_no").alias("claim_line_no"), pl.col("line_no").alias("service_line_no")
    )
    return pl.concat([own, numbered])


def _of_first_answer(lost: pl.DataFrame, versions: pl.DataFrame, claim_lines: pl.DataFrame, remit_lines: pl.DataFrame) -> pl.DataFrame:
    """LINE → `_of_answer` for lines that match no sent line: by the first version's lines, else by the first answer's."""
    none = lost.select(*LINE, pl.lit(None, pl.Int64).alias("_of_answer"))
    several = lost.filter(pl.col("claim_key").n_unique().over("lineage_index") > 1)
    has_version = versions.select("lineage_index", "claim_key", "version_no").filter(pl.col("version_no") == 1)
    sent = (
        lost.select(*KEYS, "lineage_index")
        .unique()
        .join(has_version.select("lineage_index", pl.col("claim_key").alias("version_claim_key")), on="lineage_index")
    )
    first = several.join(has_version, on="lineage_index", how="anti").sort("adjudication_date", *LINE, nulls_last=True)
    base = first.unique("lineage_index", keep="first", maintain_order=True).select(
        "lineage_index", pl.col("claim_key").alias("version_claim_key")
    )
    later = (
        first.select(*KEYS, "lineage_index")
        .unique()
        .join(base, on="lineage_index")
        .filter(pl.col("claim_key") != pl.col("version_claim_key"))
    )
    parts = []
    for pairs, against in ((sent, claim_lines), (later, remit_lines)):  # another answer may be about other services
        own = remit_lines.join(lost.select(LINE), on=LINE, how="semi").join(pairs.select(KEYS), on=KEYS, how="semi")
        if own.is_empty():
            continue
        matched = own.select(LINE).join(match_lines(own, pairs, against, by_place=False), on=LINE, how="left")
        parts.append(matched.select(*LINE, pl.coalesce("claim_line_no", pl.col("line_no") + _UNSEEN).alias("_of_answer")))
    return pl.concat([none.clear(), *parts]).unique(LINE, keep="first", maintain_order=True)
