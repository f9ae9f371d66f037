"""A table of a known kind as typed rows: every cell admitted at the door, in its type, or named by row and column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from rcm_pipeline.intake.sheets import codes
from rcm_pipeline.intake.sheets.cells import IDENTIFIERS, amounts, cleaned, is_inexact, normalised, parse
from rcm_pipeline.intake.sheets.dates import PLAIN, DateOrder, date_orders, dates
from rcm_pipeline.intake.sheets.headings import plain
from rcm_pipeline.intake.sheets.kinds import KEYS, KINDS, READ_BESIDE, base_of, repeats_of, required
from rcm_pipeline.intake.sheets.qa_parts import Part
from rcm_pipeline.intake.sheets.reason_columns import with_reasons
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import Words
from schemas.contract import polars_schema
from schemas.vocabulary.sheets import DATE_ORDERS

_CASE = {"stratum_code": "lower", "rebuttal_code": "lower", "error_code": "upper"}
# an empty cell of these says something, so one that cannot be read must not become empty
_EMPTY_SPEAKS = {
    "qa_reviews": ("coder_code_count", "auditor_code_count", "correct_code_count", "coder_codes", "auditor_codes"),
    "qa_codes": ("coder_code", "auditor_code", "coder_modifiers", "auditor_modifiers", "coder_units", "auditor_units"),
}
_HALF = 2
_MANY = 3  # cells of a column that are something else are named one by one up to so many
_ONE_DAY = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}"
_DAYS = rf"^({_ONE_DAY})\s*(?:-|–|to|through|thru)\s*({_ONE_DAY})$"
_SERVICE, _DECIDED = "service_from_date", ("payment_date", "denied_date")
_LISTS = {"modifier_1_code": "modifier_{}_code", "diagnosis_1_code": "diagnosis_{}_code"}
_TYPES: dict[str, pl.DataType] = {"reason_words": pl.String(), "adjustment_amount": pl.Decimal(18, 2)}


@dataclass(frozen=True)
class Understanding:
    """What a client says of how its cells are to be read."""

    words: Words = field(default_factory=dict)
    date_order: str | None = None
    negative: Sequence[str] = ()

    def own_words(self, column: str) -> dict[str, str]:
        """The client's words of a column, in plain."""
        return {plain(word): ours for word, ours in self.words.get(column, {}).items()}


def typed_rows(part: Part, understood: Understanding, pseudonyms: Pseudonyms, reading: SheetReading) -> tuple[pl.DataFrame, dict[int, int]]:
    """The rows of a part in the types of their columns, those that lack what they must have left out.

    Also how many cells of each place became values.
    """
    types = _types(part.kind)
    words = _divided(_texts(part), understood, reading)
    words = words.select(name for name in words.columns if name == "row_no" or base_of(name) in types)
    words = words.with_columns(
        normalised(name, words[name], words["row_no"], reading, understood.own_words(name)).alias(name) for name in words.columns
    )
    exact = _without_inexact(words, reading)
    door = AllowListDoor(allow_list()["sheets"], pseudonyms)
    admitted = exact.select("row_no").hstack(door.admit_all(exact.drop("row_no"), base_of))
    values, refused = _typed(admitted, types, understood, reading)
    columns = KINDS[part.kind].to_schema().columns
    is_optional = {name: base_of(name) not in columns or columns[base_of(name)].nullable for name in words.columns if name != "row_no"}
    is_good = _note_cells(words, values, is_optional, _EMPTY_SPEAKS.get(part.kind, ()), refused, reading)
    if any(refused & set(group) and not set(group) & part.places.keys() - refused for group in required(part.kind)):
        is_good = pl.repeat(False, len(values), eager=True)
    counts = values.select(pl.col(name).is_not_null().sum() for name in part.places if name in values.columns).row(0, named=True)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in types.items() if name not in values.columns]
    return values.with_columns(absent).filter(is_good), {at: int(counts.get(name, 0)) for name, at in part.places.items()}


def _types(kind: str) -> dict[str, pl.DataType]:
    own = {name: dtype for name, dtype in polars_schema(KINDS[kind]).items() if name not in KEYS}
    return own | {name: _TYPES[name] for name in READ_BESIDE.get(kind, ())}


def _texts(part: Part) -> pl.DataFrame:
    """The cells of the columns that are there, cleaned."""
    rows = list(part.body.values())
    must = [name for name, col in KINDS[part.kind].to_schema().columns.items() if not col.nullable and name not in KEYS]
    names = list(dict.fromkeys([*part.places, *(name for name in must if (name,) in required(part.kind))]))
    cells = [pl.Series(name, cleaned(name, _cells(rows, part.places.get(name))), dtype=pl.String) for name in names]
    return pl.DataFrame([pl.Series("row_no", list(part.body), dtype=pl.Int64), *cells])


def _cells(rows: Sequence[Sequence[str]], place: int | None) -> list[str]:
    return [row[place] if place is not None and place < len(row) else "" for row in rows]


def _divided(words: pl.DataFrame, understood: Understanding, reading: SheetReading) -> pl.DataFrame:
    """Cells that hold several things in columns of their own: modifiers beside a code, lists of diagnoses, reasons with groups."""
    words = _with_both_days(with_reasons(words, understood.own_words("reason_words"), reading))
    lists = {base: repeats_of(words.columns, base) for base in _LISTS}
    beside: list[tuple[str, ...]] = [()] * words.height
    if "procedure_code" in words.columns:
        read = codes.mapped(words["procedure_code"], codes.procedure_of)
        words = words.with_columns(pl.Series("procedure_code", [own[0] if own else None for own in read], dtype=pl.String))
        beside = [own[1] if own else () for own in read]
    for base, names in lists.items():
        own = [codes.mapped(words[name], codes.items_of) for name in names]
        joined = [tuple(dict.fromkeys(item for items in row for item in items or ())) for row in zip(*own, strict=True)] if own else []
        items = joined or [() for _ in range(words.height)]
        if base == "modifier_1_code":
            items = [tuple(dict.fromkeys((*beside[at], *row))) for at, row in enumerate(items)]
        if names or any(items):
            words = words.drop(names).with_columns(codes.spread(_LISTS[base].format, items))
    return words


def _with_both_days(words: pl.DataFrame) -> pl.DataFrame:
    """01/15/2026 - 01/17/2026 in the column of the day of service is the first day and the last."""
    if "service_from_date" not in words.columns:
        return words
    first, last = (pl.col("service_from_date").str.extract(_DAYS, at) for at in (1, 2))
    if not words.select(first.is_not_null().any()).item():
        return words
    stated = pl.col("service_to_date") if "service_to_date" in words.columns else pl.lit(None, pl.String)
    return words.with_columns(
        pl.coalesce(first, "service_from_date").alias("service_from_date"), pl.coalesce(stated, last).alias("service_to_date")
    )


def _without_inexact(words: pl.DataFrame, reading: SheetReading) -> pl.DataFrame:
    """Identifiers that lost digits on their way through a spreadsheet are no identifiers."""
    names = [name for name in words.columns if name.endswith(IDENTIFIERS)]
    lost = words.select("row_no", *(is_inexact(name).alias(name) for name in names))
    for name in names:
        if lost[name].any():
            for number in lost["row_no"].filter(lost[name]):
                reading.findings.append((number, name, "identifier_inexact", _INEXACT))
            words = words.with_columns(pl.when(~lost[name]).then(name).alias(name))
    return words


_INEXACT = "the identifier is a number in scientific form or of 15 digits or more, whose last digits may be lost; export it as text"


def _typed(
    admitted: pl.DataFrame, types: Mapping[str, pl.DataType], understood: Understanding, reading: SheetReading
) -> tuple[pl.DataFrame, set[str]]:
    """The admitted cells in their types, and the columns of dates that are refused because their order is not known."""
    typed = {name: types[base_of(name)] for name in admitted.columns if name != "row_no"}
    money = [name for name, dtype in typed.items() if isinstance(dtype, pl.Decimal) and dtype.scale == 2]
    found = date_orders(admitted.select(name for name, dtype in typed.items() if isinstance(dtype, pl.Date)))
    proven = {order.order for order in found.values() if order.order}
    orders = {name: PLAIN if order.is_plain else _chosen(order, proven, understood) for name, order in found.items()}
    orders |= _possible(admitted, orders, found)
    for name, order in orders.items():
        _note_order(name, order, found[name], understood, reading)
    plain_text = admitted.with_columns(amounts(admitted.select(money), understood.negative).get_columns())
    values = plain_text.select("row_no", *(_value(name, dtype, orders) for name, dtype in typed.items()))
    return values, {name for name, order in orders.items() if order is None}


def _possible(admitted: pl.DataFrame, orders: Mapping[str, str | None], found: Mapping[str, DateOrder]) -> dict[str, str | None]:
    """Columns of decisions that could be read either way, day first where month first would put any before its service."""
    service = orders.get(_SERVICE)
    open_ones = [name for name in _DECIDED if orders.get(name) == "" and found[name].is_open]
    if not service or not open_ones:
        return {}
    served = admitted.select(dates(_SERVICE, service))
    early = {
        (name, order): (admitted.select(dates(name, order)).to_series() < served.to_series()).any()
        for name in open_ones
        for order in DATE_ORDERS
    }
    return {name: "day_first" for name in open_ones if early[name, "month_first"] and not early[name, "day_first"]}


def _value(name: str, dtype: pl.DataType, orders: Mapping[str, str | None]) -> pl.Expr:
    if name not in orders:
        return _cased(name, parse(pl.col(name), dtype)).alias(name)
    order = orders[name]
    return pl.lit(None, pl.Date).alias(name) if order is None else dates(name, order or "month_first")


def _chosen(own: DateOrder, proven: set[str], understood: Understanding) -> str | None:
    """The order a client states, the cells of a column prove, or those of the sheet's other columns; empty where nothing says.

    Null where a column proves both, or could be either in a sheet that proves both.
    """
    if understood.date_order:
        return understood.date_order
    order = own.order or (next(iter(proven)) if len(proven) == 1 else "")
    return None if own.is_contradictory or (own.is_open and not order and len(proven) > 1) else order


def _note_order(name: str, order: str | None, own: DateOrder, understood: Understanding, reading: SheetReading) -> None:
    """Say how dates are read where their cells alone do not; month first where nothing says otherwise, as US exports are."""
    if order is None:
        reason = "day and month cannot be told apart in this column; set date_order to month_first or day_first in the client's settings"
        reading.rejects.append((None, name, "date_order_ambiguous", reason))
    elif order == "day_first" and not understood.date_order:
        reading.findings.append((None, name, "date_order", "dates are read day first, as the column or the sheet proves"))
    elif own.is_open and not order:
        reading.findings.append((None, name, "date_order", "dates are read month first; nothing in the sheet says otherwise"))


def _cased(name: str, value: pl.Expr) -> pl.Expr:
    match _CASE.get(name):
        case "lower":
            return value.str.to_lowercase()
        case "upper":
            return value.str.to_uppercase()
        case _:
            return value


def _note_cells(
    words: pl.DataFrame,
    values: pl.DataFrame,
    is_optional: Mapping[str, bool],
    speaking: Sequence[str],
    refused: set[str],
    reading: SheetReading,
) -> pl.Series:
    """Report every cell that did not become a value; a row that lacks one it cannot do without is not read."""
    is_good = pl.repeat(True, len(values), eager=True)
    for name, optional in is_optional.items():
        if name in refused or values[name].null_count() == (words[name].null_count() if optional else 0):
            continue
        is_bad = words[name].is_not_null() & values[name].is_null()
        is_lost = is_bad & (name in speaking) if optional else values[name].is_null()
        for number in values["row_no"].filter(is_lost):
            reason = f"{name} is empty or not of its type; correct this cell, the row was not read"
            reading.rejects.append((number, name, "cell_unreadable", reason))
        is_left = is_bad & ~is_lost
        if is_left.sum() > _MANY and _HALF * is_left.sum() > words[name].count():
            detail = f"most cells under the heading taken for {name} are something else ({is_left.sum()}); left empty"
            reading.findings.append((None, name, "column_other", detail))
            is_left = pl.repeat(False, len(values), eager=True)
        for number in values["row_no"].filter(is_left):
            reading.findings.append((number, name, "cell_unreadable", f"{name} is not of its type; left empty"))
        is_good &= ~is_lost
    return is_good
