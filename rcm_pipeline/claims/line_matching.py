"""Which line of the sent claim a decided line answers, and which service of the lineage that is, over versions and answers.

L1 line control number, L2 code and charge, L3 code alone, L4 its place in the claim.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE
from schemas.vocabulary.denials import DENIED, DUPLICATE_CARCS, NOT_DECIDED

WHOLE_CLAIM = 0  # the service_line_no of what a payer decided without lines
_VERSION = ["version_claim_key"]
_UNSEEN = 1_000  # lines that the first claim does not have are numbered from here: more than any claim may hold
_RULES = {"L1": ["line_control_token"], "L2": ["procedure_code", "charge_amount"], "L3": ["procedure_code"], "L4": list[str]()}
_EVIDENCE = (*LINE, "line_control_token", "procedure_code", "charge_amount")


def match_lines(
    remit_lines: pl.DataFrame, matches: pl.DataFrame, claim_lines: pl.DataFrame, *, is_replacement: bool = False
) -> pl.DataFrame:
    """LINE, claim_line_no and line_match_rule of the lines that match; each line of a claim answers one of a payment.

    `matches` name the version of each claim payment. Later rules are for lines without a number that fits: L2 and L3 where
    as many lines are alike on either side, which then stand in the same order; L4 where payment and claim have as many
    lines left, and in a claim that replaces the other (`is_replacement`) as far as both go.
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
        if left.is_empty():
            break
        matched = _in_order(left, free, ["_pair", *alike], is_any_number=is_replacement and rule == "L4").with_columns(
            pl.lit(rule).alias("line_match_rule")
        )
        found.append(matched)
        left = left.join(matched, on=["_pair", "line_no"], how="anti")
        free = free.join(matched, on=["_pair", "claim_line_no"], how="anti").join(left.select("_pair").unique(), on="_pair", how="semi")
    none = pl.DataFrame(schema={"_pair": pl.UInt32, "line_no": pl.Int64, "claim_line_no": pl.Int64, "line_match_rule": pl.String})
    together = pl.concat([none, *found], how="vertical_relaxed")
    return together.join(pairs.select("_pair", *KEYS), on="_pair").select(*LINE, "claim_line_no", "line_match_rule")


def _in_order(left: pl.DataFrame, free: pl.DataFrame, on: list[str], *, is_any_number: bool = False) -> pl.DataFrame:
    """The n-th of some lines that are alike answers the n-th on the other side, where there are as many."""
    placed = [
        frame.drop_nulls(on)
        .sort("_pair", line)
        .with_columns(pl.int_range(pl.len()).over(on).alias("_place"), pl.len().over(on).alias("_all"))
        for frame, line in ((left, "line_no"), (free, "claim_line_no"))
    ]
    same = [*on, "_place"] if is_any_number else [*on, "_place", "_all"]
    joined = placed[0].join(placed[1].select(*same, "claim_line_no"), on=same)
    return joined.select("_pair", "line_no", "claim_line_no")


def service_lines(
    lines: pl.DataFrame, versions: pl.DataFrame, claim_lines: pl.DataFrame, remit_lines: pl.DataFrame, corrections: pl.DataFrame
) -> pl.DataFrame:
    """`lines` with `service_line_no`: which service of the lineage a decided line is about, the same over versions and answers.

    It is the line of the first version; what that has not is numbered behind, in the order it was decided. Where a payer
    decided without lines, all lines of the lineage are about the whole claim. `lines` carry lineage_index,
    version_claim_key, claim_line_no, icn_token, disposition and carc_code; `corrections` are the keys of answers that correct another.
    """
    of_version = _of_first_version(versions, claim_lines)
    known = lines.join(of_version, on=["version_claim_key", "claim_line_no"], how="left", validate="m:1", maintain_order="left")
    by_walk = _walked(known, versions, claim_lines, remit_lines, corrections)
    joined = known.join(by_walk, on=LINE, how="left", validate="1:1", maintain_order="left")
    decides = ~pl.col("disposition").is_in(NOT_DECIDED) & ~pl.col("carc_code").is_in(DUPLICATE_CARCS).fill_null(False)
    is_whole = ((pl.col("line_no") == 0) & decides).any().over("lineage_index")
    number = pl.coalesce("service_line_no", "_by_walk", "line_no")
    return joined.with_columns(pl.when(is_whole).then(WHOLE_CLAIM).otherwise(number).alias("service_line_no")).drop("_by_walk")


def _of_first_version(versions: pl.DataFrame, claim_lines: pl.DataFrame) -> pl.DataFrame:
    """version_claim_key and claim_line_no → service_line_no."""
    first = versions.filter(pl.col("version_no") == 1).select("lineage_index", pl.col("claim_key").alias("version_claim_key"))
    later = versions.filter(pl.col("version_no") > 1).select("lineage_index", *KEYS, "version_no").join(first, on="lineage_index")
    of_later = claim_lines.join(later.select(*KEYS, "version_no"), on=KEYS)
    matched = of_later.select(*LINE, "version_no").join(match_lines(of_later, later, claim_lines, is_replacement=True), on=LINE, how="left")
    behind = pl.col("version_no") * _UNSEEN + pl.col("line_no")
    numbered = matched.select(
        pl.col("claim_key").alias("version_claim_key"),
        pl.col("line_no").alias("claim_line_no"),
        pl.coalesce(pl.col("claim_line_no"), behind).alias("service_line_no"),
    )
    own = claim_lines.join(later.select(KEYS), on=KEYS, how="anti").select(
        pl.col("claim_key").alias("version_claim_key"), pl.col("line_no").alias("claim_line_no"), pl.col("line_no").alias("service_line_no")
    )
    return pl.concat([own, numbered])


def _walked(
    known: pl.DataFrame, versions: pl.DataFrame, claim_lines: pl.DataFrame, remit_lines: pl.DataFrame, corrections: pl.DataFrame
) -> pl.DataFrame:
    """LINE → `_by_walk` for decided lines that match no sent line, in lineages where more than one answer decides.

    Answers are walked in the order of their days. A line is about a service of the same code and charge, else of the same
    code: one that stands denied before one not decided yet, before one decided earlier. What was decided on the same day by
    another answer, under another number of the payer, is another service, for there the claim is split; not so for a duplicate
    or a correction.
    """
    decided = known.filter((pl.col("line_no") > 0) & ~pl.col("disposition").is_in(NOT_DECIDED))
    is_several = pl.col("claim_key").n_unique().over("lineage_index") > 1
    lost = decided.filter(is_several & pl.col("service_line_no").is_null().any().over("lineage_index"))
    none = pl.DataFrame(schema={**{name: lost.schema[name] for name in LINE}, "_by_walk": pl.Int64})
    if lost.is_empty():
        return none
    code = remit_lines.select(*LINE, pl.col("procedure_code").alias("_code"), pl.col("charge_amount").abs().alias("_charge"))
    corrects = corrections.with_columns(pl.lit(True).alias("_corrects"))
    ordered = (
        lost.select(*LINE, "lineage_index", "adjudication_date", "icn_token", "service_line_no", "disposition", "carc_code")
        .join(code, on=LINE, how="left", validate="1:1")
        .join(corrects, on=KEYS, how="left")
        .sort("lineage_index", "adjudication_date", pl.col("_corrects").fill_null(False), *LINE, nulls_last=False)
    )
    first = versions.filter(pl.col("version_no") == 1).select("lineage_index", "claim_key")
    sent = first.join(ordered.select("lineage_index").unique(), on="lineage_index", how="semi").join(claim_lines, on="claim_key")
    services: dict[int, list[_Service]] = {}
    for lineage, line, procedure, charge in sent.select("lineage_index", "line_no", "procedure_code", "charge_amount").iter_rows():
        services.setdefault(lineage, []).append(_Service(line, procedure, charge))
    found = [
        (row["claim_key"], row["line_no"], _service_of(services.setdefault(row["lineage_index"], []), row))
        for row in ordered.iter_rows(named=True)
    ]
    return pl.DataFrame(found, schema=none.schema, orient="row")


@dataclass
class _Service:
    """A service of a lineage while its answers are walked."""

    number: int
    code: str | None
    charge: Decimal | None
    day: dt.date | None = None
    answer: int | None = None
    icn: str | None = None
    is_denied: bool = False


def _service_of(services: list[_Service], row: dict[str, Any]) -> int:
    """The number of the service a decided line is about; the service takes note of the decision."""
    number = row["service_line_no"]
    of_number = next((s for s in services if s.number == number), None) if number is not None else None
    service = of_number or _likeliest(services, row)
    if service is None:
        behind = [s.number for s in services if s.number > _UNSEEN]
        service = _Service(number if number is not None else max(behind, default=_UNSEEN) + 1, row["_code"], row["_charge"])
        services.append(service)
    if row["carc_code"] not in DUPLICATE_CARCS or service.answer is None:
        service.is_denied = row["disposition"] in DENIED
    service.day, service.answer, service.icn = row["adjudication_date"], row["claim_key"], row["icn_token"]
    return service.number


def _likeliest(services: list[_Service], row: dict[str, Any]) -> _Service | None:
    if row["service_line_no"] is not None:
        return None
    repeats = row["carc_code"] in DUPLICATE_CARCS or bool(row["_corrects"])
    free = [s for s in services if s.answer != row["claim_key"] and (repeats or not _is_beside(s, row))]
    same = [s for s in free if (s.code, s.charge) == (row["_code"], row["_charge"])]
    of_code = [s for s in free if s.code is not None and s.code == row["_code"] and s.answer is not None]
    return min(same or of_code, key=partial(_reluctance, repeats=repeats), default=None)


def _is_beside(service: _Service, row: dict[str, Any]) -> bool:
    """Decided on the same day by another answer with a number of its own: then the claim is split over both."""
    is_same_number = service.icn is not None and service.icn == row["icn_token"]
    return service.day is not None and service.day == row["adjudication_date"] and not is_same_number


def _reluctance(service: _Service, *, repeats: bool) -> int:
    """How unlikely a service is meant: what repeats is about one that was decided, else it is about one that stands denied."""
    if repeats:
        return int(service.answer is None)
    return 1 if service.answer is None else 0 if service.is_denied else 2
