"""The rows of a table that are data: without totals, units and lines of text, with cells that stand once for several rows."""

import re
from collections.abc import Mapping

import polars as pl

from rcm_pipeline.intake.sheets.cells import amounts, cleaned
from rcm_pipeline.intake.sheets.grids import filled_count
from rcm_pipeline.intake.sheets.headings import plain
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.intake.sheets.tables import Table

_TOTAL = re.compile(
    r"^(?:(?:grand|sub|report|page|overall|column)[ -]*totals?\b"
    r"|totals?\s*(?:$|[:=(-]|(?:for|of|charges?|amounts?|claims?|rows?|records?|billed|paid|by|lines?|payments?)\b)"
    r"|sum\s*(?:$|[:=]|of\b)|(?:row |record |claim )?count\s*[:=]"
    r"|(?:average|mean|median|max|min|maximum|minimum|count|totales|summe|gesamt)\s*[:=]?$"
    r"|.*\btotals?\s*(?:\(\d+\))?$)",  # as a spreadsheet writes subtotals: A1 Total
    re.IGNORECASE,
)
_UNITS = frozenset(
    [
        "usd",
        "dollars",
        "dollar",
        "us",
        "days",
        "day",
        "date",
        "dates",
        "text",
        "number",
        "numeric",
        "string",
        "varchar",
        "char",
        "integer",
        "int",
        "decimal",
        "float",
        "money",
        "amount",
        "code",
        "mmddyyyy",
        "yyyymmdd",
        "ddmmyyyy",
        "mmddyy",
        "percent",
        "pct",
        "count",
        "units",
        "minutes",
        "min",
        "hours",
        "id",
    ]
)


_FEWEST = 3  # rows, below which a sum is the row itself
_LINES = ("claims", "remittances", "claim_outcomes")
_OF_CLAIM = ("payer_name", "payer_id", "payment_date", "denied_date", "created_date", "icn_token", "member_token")
_ON_LINE = ("procedure_code", "revenue_code")


def body_rows(table: Table, kind: str, places: Mapping[str, int], reading: SheetReading) -> dict[int, list[str]]:
    """The rows of data of a table of this kind, by the number a sheet shows beside them; what is none is a reject."""
    key = next((places[name] for name in ("review_token", "claim_token", "staff_id", "payer_name") if name in places), None)
    body = _without_ragged(_data_rows(table, key, places, reading), table, reading)
    if kind in _LINES:
        body = _without_sums(_filled_down(body, places, reading), places, reading)
    return body


def _data_rows(table: Table, key: int | None, others: Mapping[str, int], reading: SheetReading) -> dict[int, list[str]]:
    """The rows of the body that are data.

    `key` is the place of what every row must name; `others` are the places of all columns of the kind.
    """
    found: dict[int, list[str]] = {}
    reading.rejects.extend(table.notes)
    for turn, (number, row) in enumerate(table.body.items()):
        cells = {at: cell.strip() for at, cell in enumerate(row) if cell.strip()}
        at, first = next(iter(cells.items()))
        if turn == 0 and _is_units(cells, key):
            reading.findings.append((number, None, "units_row", "a row of units or types below the header; passed over"))
        elif _TOTAL.match(cells.get(key, first) if key is not None else first):
            reading.rejects.append((number, None, "total_row", _IS_TOTAL))
        elif len(cells) == 1 and len(others) > 1 and (at not in others.values() or " " in first):
            reading.rejects.append((number, None, "text_row", "a line of text within or below the table; not read"))
        else:
            found[number] = row
    return found


_IS_TOTAL = "a row of totals, which is no row of data; not read"


def _is_units(cells: Mapping[int, str], key: int | None) -> bool:
    words = [plain(cell) for cell in cells.values()]
    return key not in cells and all(word in _UNITS or not word for word in words)


def _without_ragged(body: dict[int, list[str]], table: Table, reading: SheetReading) -> dict[int, list[str]]:
    """The rows without those that hold more cells than the header: where each value belongs is not known."""
    ragged = [number for number, row in body.items() if filled_count([row[table.width :]])]
    reason = "the row has more cells than the header; quote cells that hold the separator"
    reading.rejects.extend((number, None, "row_too_long", reason) for number in ragged)
    return {number: row for number, row in body.items() if number not in set(ragged)}


def _filled_down(body: dict[int, list[str]], places: Mapping[str, int], reading: SheetReading) -> dict[int, list[str]]:
    """A row that names no claim goes on with the one above, where it is a line and all else of a claim is empty in it too.

    Only where the sheet has several columns of a claim: with the account alone, an empty cell may as well be a lost one.
    """
    of_claim = [places[name] for name in ("claim_token", *_OF_CLAIM) if name in places]
    on_line = [places[name] for name in _ON_LINE if name in places]
    if len(of_claim) < 2 or not on_line or "claim_token" not in places:
        return body
    above: list[str] | None = None
    last, count = -1, 0
    found = {}
    for number, row in body.items():
        is_line = any(at < len(row) and row[at].strip() for at in on_line)
        is_open = not any(at < len(row) and row[at].strip() for at in of_claim)
        if above and is_line and is_open and number == last + 1:
            found[number] = [above[at] if at in of_claim and at < len(above) else cell for at, cell in enumerate(row)]
            count += 1
        else:
            found[number] = row
        above, last = found[number], number
    if count:
        reading.findings.append((None, "claim_token", "filled_down", f"{count} rows name no claim and go on with the one above them"))
    return found


def _without_sums(body: dict[int, list[str]], places: Mapping[str, int], reading: SheetReading) -> dict[int, list[str]]:
    """The last row is no row of data where its amounts are the sums of those above and it names no claim.

    Where it names something, a count of rows perhaps, all of its amounts must be sums, and it may not say what was served.
    """
    if len(body) < _FEWEST or "claim_token" not in places:
        return body
    *above, last = body
    row, key = body[last], places["claim_token"]
    money = [at for name, at in places.items() if name.endswith("_amount") and at < len(row) and row[at].strip()]
    if not money:
        return body
    texts = {f"{at}": cleaned("", (body[n][at] if at < len(body[n]) else "" for n in (*above, last))) for at in money}
    plain_texts = amounts(pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String)))
    numbers = plain_texts.select(pl.all().str.replace_all(",", "").cast(pl.Decimal(18, 2), strict=False)).get_columns()
    sums = [cents[:-1].sum() == cents[-1] for cents in numbers]
    served = [places[name] for name in (*_ON_LINE, "service_from_date", "payer_name", "status_code", "carc_code") if name in places]
    is_bare = bool(served) and not any(at < len(row) and row[at].strip() for at in served)
    is_named = key < len(row) and bool(row[key].strip())
    if (not is_named and any(sums)) or (is_named and is_bare and len(sums) > 1 and all(sums)):
        reading.rejects.append((last, None, "total_row", _IS_TOTAL))
        return {number: body[number] for number in above}
    return body
