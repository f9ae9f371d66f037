"""Which code of the coder stands against which code of the auditor: the same ones first, then those that were changed."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import polars as pl

from rcm_pipeline.coding.comparison.code_kinds import DIAGNOSIS, EM, PROCEDURE

_SERVICE = "service"
_STEM = 3  # characters that make codes alike: a category of ICD-10-CM, a small group of CPT
# same row and all the same; all the same; the same code in the same row; the same code
_EXACT: tuple[tuple[str, ...], ...] = (("modifiers", "units", "row"), ("modifiers", "units"), ("row",), ())
_CODE = ("kind", "key", "modifiers", "units")
_ORDER = ("review_token", *_CODE, "_beside", "place", "row")
Candidate = tuple[tuple[int, int, int, str, str, int, int], int, int]


class _Left(NamedTuple):
    """A code without its like on the other side; -1 where a number is not known."""

    item: int
    kind: str
    key: str
    row: int
    spot: int
    category: str | None
    level: int


def numbered(items: pl.DataFrame) -> pl.DataFrame:
    """Items with a number, `item`, that does not depend on the order of rows. Of equal codes those alone in their row go first.

    So a code that stands in another row too is matched there, and what stands beside it in its row stays its partner.
    """
    other = pl.col("side").replace_strict({"coder": "auditor", "auditor": "coder"}, return_dtype=pl.String).alias("side")
    beside = items.filter(pl.col("row").is_not_null()).select("row", other, pl.concat_str(_CODE, separator=" ").alias("_beside"))
    joined = items.join(beside, on=["row", "side"], how="left", validate="m:1", maintain_order="left")
    ordered = joined.with_columns(pl.col("_beside").fill_null("")).sort(_ORDER, nulls_last=True)
    return ordered.drop("_beside").with_row_index("item")


def paired(items: pl.DataFrame) -> pl.DataFrame:
    """`coder_item` and `auditor_item` of numbered items; null where a code has no partner. Every item stands in one row.

    Codes that are the same go first, equal modifiers and units before others, those of one row before others. What is left
    is paired within services (E/M and procedures), diagnoses, or its own kind: see `_candidates`. Where the sheet gives no
    place the order of rows makes no difference.
    """
    open_items, pairs = items, []
    for on in _EXACT:
        found = _same(open_items, ["review_token", "kind", "key", *on])
        pairs.append(found)
        taken = pl.concat([found["coder_item"], found["auditor_item"]])
        open_items = open_items.filter(~pl.col("item").is_in(taken.implode()))
    changed = pl.DataFrame(list(_changed(_with_spots(items, open_items))), schema=found.schema, orient="row")
    rest = open_items.filter(~pl.col("item").is_in(pl.concat([changed["coder_item"], changed["auditor_item"]]).implode()))
    alone = [
        rest.filter(pl.col("side") == side).select(
            *(pl.col("item").alias(f"{s}_item") if s == side else pl.lit(None, pl.UInt32).alias(f"{s}_item") for s in ("coder", "auditor"))
        )
        for side in ("coder", "auditor")
    ]
    return pl.concat([*pairs, changed, *alone])


def _same(items: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """The n-th copy of the coder against the n-th of the auditor; a key with a null matches nothing."""
    known = items.filter(pl.col("row").is_not_null()) if "row" in on else items
    copies = known.with_columns(pl.int_range(pl.len()).over([*on, "side"]).alias("_copy"))
    sides = (
        copies.filter(pl.col("side") == side).select(*on, "_copy", pl.col("item").alias(f"{side}_item")) for side in ("coder", "auditor")
    )
    coder, auditor = sides
    return coder.join(auditor, on=[*on, "_copy"], how="inner").select("coder_item", "auditor_item")


def _with_spots(every: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """Codes without their like in charts where both sides have such: group, spot (place; in a list that among its kind)."""
    group = pl.when(pl.col("kind").is_in([EM, PROCEDURE])).then(pl.lit(_SERVICE)).otherwise("kind")
    both = left.with_columns(group.alias("group"))
    both = both.filter(pl.col("side").n_unique().over("review_token", "group") == 2)
    listed = every.filter(pl.col("row").is_null()).select(
        "item", pl.col("place").rank("ordinal").over("review_token", "side", "kind").cast(pl.Int64).alias("_rank")
    )
    spotted = both.join(listed, on="item", how="left").with_columns(pl.coalesce("_rank", "place").alias("spot"))
    return spotted.sort("review_token", "group", "side", "item")


def _changed(left: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Pairs of codes that stand for each other, chart by chart, the closest first."""
    rows = left.select(
        "review_token", "group", "side", "item", "kind", "key",
        pl.col("row", "spot").fill_null(-1), "category", pl.col("level").fill_null(-1),
    ).iter_rows()  # fmt: skip
    for (_, group), members in groupby(rows, key=lambda row: row[:2]):
        chart = list(members)
        coders = [_Left(*row[3:]) for row in chart if row[2] == "coder"]
        auditors = [_Left(*row[3:]) for row in chart if row[2] == "auditor"]
        yield from _closest(_candidates(group, coders, auditors))


def _closest(candidates: Iterable[Candidate]) -> Iterator[tuple[int, int]]:
    taken: set[int] = set()
    for _, coder, auditor in sorted(candidates):
        if not taken & {coder, auditor}:
            taken |= {coder, auditor}
            yield coder, auditor


def _candidates(group: str, coders: list[_Left], auditors: list[_Left]) -> Iterator[Candidate]:
    """Pairs that may stand for each other with how close they are.

    In this order: the sheet has them in one row; E/M codes of one category by levels between them, other codes with three
    characters or more in common by how many; E/M codes of two categories; the same place. A DRG, a discharge status and the
    like stand for each other in any case.
    """
    for coder in coders:
        for auditor in auditors:
            is_placed = coder.spot == auditor.spot != -1
            alike = _alike(coder.key, auditor.key)
            if coder.row == auditor.row != -1:
                closeness = (0, 0)
            elif coder.kind == auditor.kind == EM:
                is_one = coder.category is not None and coder.category == auditor.category
                closeness = (1, abs(coder.level - auditor.level)) if is_one else (2, -alike)
            elif coder.kind == auditor.kind and group in {_SERVICE, DIAGNOSIS} and alike >= _STEM:
                closeness = (1, -alike)
            elif coder.kind == auditor.kind and (is_placed or group not in {_SERVICE, DIAGNOSIS}):
                closeness = (3, -alike)
            else:
                continue
            yield (*closeness, int(not is_placed), coder.key, auditor.key, coder.item, auditor.item), coder.item, auditor.item


def _alike(one: str, other: str) -> int:
    """How many characters two codes begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
