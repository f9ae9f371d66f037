"""Why a row was adjusted or denied: from any number of columns of groups, codes, amounts, remarks and words to numbered triplets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from rcm_pipeline.intake.sheets.codes import Reasons, items_of, reasons_of
from rcm_pipeline.intake.sheets.grids import Body
from rcm_pipeline.intake.sheets.headings import Heading
from rcm_pipeline.intake.sheets.kinds import base_of, numbered
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading

_NOTHING = r"^[^1-9]*$"  # no digit but zero: an empty adjustment
_UNKNOWN = (
    "the reason is none of the words or codes we know; the row is a denial without a usable cause: "
    "name it under [words.reason_words] in the client's settings"
)
NO_USABLE_REASON = "unknown"


_STATED = re.compile(r"(co|pr|oa|pi|cr)0*([abdpwy]?\d{1,3})(?:amount|amt)?")  # a heading that is a reason: CO-45, PR-1 Amount


def with_stated_reasons(headings: list[Heading], body: Body) -> tuple[list[Heading], Body]:
    """A table with a column of amounts for each reason, as one with a group, a code and an amount for each."""
    stated = {at: found for at, texts in enumerate(headings) for text in texts if (found := _STATED.fullmatch(text))}
    if not stated:
        return headings, body
    kept = [() if at in stated else texts for at, texts in enumerate(headings)]
    added: list[Heading] = [(name,) for _ in stated for name in ("groupcode", "carccode", "adjustmentamount")]
    width = len(headings)
    rows = {}
    for number, row in body.items():
        cells = [*row[:width], *[""] * (width - len(row))]
        triplets = [(found[1].upper(), found[2].upper(), cells[at]) if cells[at].strip() else ("", "", "") for at, found in stated.items()]
        rows[number] = [*cells, *(cell for triplet in triplets for cell in triplet), *row[width:]]
    return [*kept, *added], rows


@dataclass
class _Row:
    """What one combination of cells says: group, code and which column its amount stands in; remarks; whether it is understood."""

    adjustments: list[tuple[str | None, str | None, int | None]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_unknown: bool = False
    is_in_words: bool = False


def with_reasons(words: pl.DataFrame, own: Mapping[str, str], reading: SheetReading) -> pl.DataFrame:
    """The columns of reasons as group, carc, adjustment and rarc columns, numbered on; reason_words only says that none is usable.

    `own`: the client's words for reasons, in plain. Every distinct combination of cells is read once.
    """
    of = {
        base: [name for name in words.columns if base_of(name) == base]
        for base in ("group_code", "carc_code", "adjustment_amount", "rarc_code")
    }
    if not of["carc_code"] and not of["rarc_code"] and "reason_words" not in words.columns:
        return words
    amounts = of["adjustment_amount"]
    said = [*of["group_code"], *of["carc_code"], *of["rarc_code"], *(["reason_words"] if "reason_words" in words.columns else [])]
    has = [(~pl.col(name).str.contains(_NOTHING)).fill_null(False).alias(f"_has_{name}") for name in amounts]
    keyed = words.with_columns(has).rename({name: f"_said_{name}" for name in said})
    key = [*(f"_said_{name}" for name in said), *(f"_has_{name}" for name in amounts)]
    distinct = keyed.select(key).unique(maintain_order=True)
    rows = [_row_of(row, of, own) for row in distinct.rename(lambda name: name.removeprefix("_said_")).iter_rows(named=True)]
    read = distinct.with_columns(
        *_columns(rows),
        pl.Series("_unknown", [row.is_unknown for row in rows], dtype=pl.Boolean),
        pl.Series("_in_words", [row.is_in_words for row in rows], dtype=pl.Boolean),
    )
    joined = keyed.join(read, on=key, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    _say(joined, reading)
    count = max((len(row.adjustments) for row in rows), default=0)
    slots = [_amount_of(numbered("adjustment_amount", n), f"_slot_{n}", amounts) for n in range(1, count + 1)] if amounts else []
    unusable = pl.when("_unknown").then(pl.lit(NO_USABLE_REASON)).alias("reason_words")
    picked = joined.select(*slots, unusable)
    kept = joined.drop(name for name in joined.columns if name.startswith("_") or name in amounts)
    return kept.with_columns(picked.get_columns())


def _row_of(row: Mapping[str, str | bool | None], of: Mapping[str, Sequence[str]], own: Mapping[str, str]) -> _Row:
    """Codes go before words; words give a code only where no code stands."""
    groups, amounts = of["group_code"], of["adjustment_amount"]
    read = [_read(row.get(name), own) for name in of["carc_code"]]
    in_words = _read(row.get("reason_words"), own)
    is_coded = any(reasons.codes and not reasons.is_in_words for reasons in (*read, in_words))
    found = _Row(is_in_words=not is_coded and any(reasons.codes for reasons in (*read, in_words)))
    for at in range(max(len(read), len(groups), len(amounts))):
        group = _text(row[groups[at]]) if at < len(groups) else None
        slot = at if at < len(amounts) and row[f"_has_{amounts[at]}"] else None
        reasons = read[at] if at < len(read) else Reasons()
        codes = () if reasons.is_in_words and is_coded else reasons.codes
        found.remarks += reasons.remarks
        found.adjustments += [(own_group or group, code, slot if turn == 0 else None) for turn, (own_group, code) in enumerate(codes)]
        if not codes and slot is not None:
            found.adjustments.append((group, None, slot))
    _add_words(found, in_words, is_coded=any(code for _, code, _ in found.adjustments))
    found.remarks += [item for name in of["rarc_code"] for item in items_of(_text(row[name]) or "")]
    found.remarks = list(dict.fromkeys(found.remarks))
    is_silent = not any(code for _, code, _ in found.adjustments)
    found.is_unknown = is_silent and any(not reasons.is_known for reasons in (*read, in_words))
    return found


def _add_words(found: _Row, in_words: Reasons, *, is_coded: bool) -> None:
    found.remarks += in_words.remarks
    if is_coded or not in_words.codes:
        return
    group, code = in_words.codes[0]
    if found.adjustments:
        stated, _, slot = found.adjustments[0]
        found.adjustments[0] = (group or stated, code, slot)
    else:
        found.adjustments = [(own_group, own_code, None) for own_group, own_code in in_words.codes]


def _read(cell: str | bool | None, own: Mapping[str, str]) -> Reasons:
    text = _text(cell)
    return reasons_of(text, own) if text else Reasons()


def _text(cell: str | bool | None) -> str | None:
    return cell.upper() if isinstance(cell, str) and len(cell) == 2 else cell if isinstance(cell, str) else None


def _columns(rows: Sequence[_Row]) -> list[pl.Series]:
    """The adjustments and remarks of every combination as numbered columns, as many as the fullest has."""
    found = []
    for n in range(1, max((len(row.adjustments) for row in rows), default=0) + 1):
        own = [row.adjustments[n - 1] if n <= len(row.adjustments) else (None, None, None) for row in rows]
        found += [
            pl.Series(numbered("group_code", n), [group for group, _, _ in own], dtype=pl.String),
            pl.Series(numbered("carc_code", n), [code for _, code, _ in own], dtype=pl.String),
            pl.Series(f"_slot_{n}", [slot for _, _, slot in own], dtype=pl.Int64),
        ]
    for n in range(1, max((len(row.remarks) for row in rows), default=0) + 1):
        found.append(
            pl.Series(numbered("rarc_code", n), [row.remarks[n - 1] if n <= len(row.remarks) else None for row in rows], dtype=pl.String)
        )
    return found


def _amount_of(name: str, slot: str, amounts: Sequence[str]) -> pl.Expr:
    chosen = pl.coalesce(pl.when(pl.col(slot) == at).then(pl.col(column)) for at, column in enumerate(amounts))
    return chosen.alias(name)


def _say(joined: pl.DataFrame, reading: SheetReading) -> None:
    for number in joined.filter("_unknown")["row_no"]:
        reading.findings.append((number, "carc_code", "reason_unknown", _UNKNOWN))
    in_words = joined["_in_words"].sum()
    if in_words:
        detail = f"{in_words} rows give their reason in words or in codes of their own; they are taken as the reason codes they mean"
        reading.findings.append((None, "carc_code", "reason_in_words", detail))
