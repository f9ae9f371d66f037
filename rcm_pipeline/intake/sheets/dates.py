"""Dates of a column in the forms people write them; which of day and month comes first is decided once per column."""

from dataclasses import dataclass

import polars as pl

PLAIN = "plain"
_PLAIN = r"^\d{4}-\d{2}-\d{2}$"
_TIME = r"(?:,?[T ]+\d{1,2}(?::\d{2}.*|\s*[AaPp]\.?[Mm]\.?))?$"
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME
_NUMERIC = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})" + _TIME
_RUN = r"^(\d{2})(\d{2})((?:19|20)\d{2})$"
_STAMP = r"^[a-z]{3} ([a-z]{3}) (\d{1,2}) \d{2}:\d{2}:\d{2} (?:[a-z]{2,5} )?(\d{4})$"  # as programs print a day
_COMPACT = r"^((?:19|20)\d{2})(\d{2})(\d{2})(?:\d{4}|\d{6})?$"
_DAY_NAME = r"^(?:[a-z]{3,9},? +)?"
_DAY_MONTH = _DAY_NAME + r"(\d{1,2})(?:st|nd|rd|th)?[- /.]*([a-z]{3})[a-z]*\.?[- ,/.]*(\d{4}|\d{2})" + _TIME.replace("T ", "t ")
_MONTH_DAY = _DAY_NAME + r"([a-z]{3})[a-z]*\.?[- /]*(\d{1,2})(?:st|nd|rd|th)?,?[- /]+(\d{4}|\d{2})" + _TIME.replace("T ", "t ")
_SERIAL = r"^(\d{5})(?:\.\d+)?$"
_SERIAL_ZERO, _SERIAL_FROM, _SERIAL_TO = (1899, 12, 30), 32_874, 73_050  # Excel's count of days: 1990 to 2099
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEARS = (1990, 2079)  # electronic claims begin in the nineties
_CENTURY_FROM = 70  # two digits of 70 and more are of the last century, as spreadsheets read them


@dataclass(frozen=True)
class DateOrder:
    """What the cells of a column prove about the order of day and month: empty where nothing, and whether some could be either."""

    order: str
    is_open: bool
    is_contradictory: bool
    is_plain: bool = False  # every cell is 2026-03-01: nothing else need be tried


def date_orders(cells: pl.DataFrame) -> dict[str, DateOrder]:
    """The order each column proves: a number above twelve is a day."""
    if not cells.width:
        return {}
    proofs = []
    for name in cells.columns:
        first, second = (_part(pl.col(name), _NUMERIC, at) for at in (1, 2))
        is_open = (first <= 12) & (second <= 12) & (first != second)
        proofs.append(pl.col(name).str.contains(_PLAIN).all().alias(f"{name} plain"))
        proofs += [(first > 12).any().alias(f"{name} day"), (second > 12).any().alias(f"{name} month"), is_open.any().alias(f"{name} open")]
    seen = cells.select(proofs).row(0, named=True)
    return {name: _order(*(bool(seen[f"{name} {proof}"]) for proof in ("day", "month", "open", "plain"))) for name in cells.columns}


def _order(has_day: bool, has_month: bool, is_open: bool, is_plain: bool) -> DateOrder:
    order = "" if has_day == has_month else "day_first" if has_day else "month_first"
    return DateOrder(order, is_open, has_day and has_month, is_plain)


def dates(name: str, order: str) -> pl.Expr:
    """The dates of a column, null where a cell is none; cells that could be either are read in this order. PLAIN: all are ISO."""
    if order == PLAIN:
        return _plausible(pl.col(name).str.to_date("%Y-%m-%d", strict=False)).alias(name)
    cell, low = pl.col(name), pl.col(name).str.to_lowercase()
    day, month = (1, 2) if order == "day_first" else (2, 1)
    forms = [
        _date(_part(cell, _YEAR_FIRST, 1), _part(cell, _YEAR_FIRST, 2), _part(cell, _YEAR_FIRST, 3)),
        _date(_part(cell, _COMPACT, 1), _part(cell, _COMPACT, 2), _part(cell, _COMPACT, 3)),
        _date(_year(cell, _NUMERIC), _part(cell, _NUMERIC, month), _part(cell, _NUMERIC, day)),
        _date(_year(cell, _RUN), _part(cell, _RUN, month), _part(cell, _RUN, day)),
        _date(_year(low, _STAMP), _month(low, _STAMP, 1), _part(low, _STAMP, 2)),
        _date(_year(low, _DAY_MONTH), _month(low, _DAY_MONTH, 2), _part(low, _DAY_MONTH, 1)),
        _date(_year(low, _MONTH_DAY), _month(low, _MONTH_DAY, 1), _part(low, _MONTH_DAY, 2)),
        _serial(cell),
    ]
    return _plausible(pl.coalesce(forms)).alias(name)


def _plausible(day: pl.Expr) -> pl.Expr:
    """A day of the years that claims are of; 1900, 9999 and 0001 stand for no day in the programs that write them."""
    return pl.when(day.dt.year().is_between(*_YEARS)).then(day)


def _part(cell: pl.Expr, pattern: str, at: int) -> pl.Expr:
    return cell.str.extract(pattern, at).cast(pl.Int32, strict=False)


def _year(cell: pl.Expr, pattern: str) -> pl.Expr:
    year = _part(cell, pattern, 3)
    short = pl.when(year >= _CENTURY_FROM).then(year + 1900).otherwise(year + 2000)
    return pl.when(cell.str.extract(pattern, 3).str.len_chars() == 2).then(short).otherwise(year)


def _month(cell: pl.Expr, pattern: str, at: int) -> pl.Expr:
    numbers = dict(zip(_MONTHS, range(1, 13), strict=True))
    return cell.str.extract(pattern, at).replace_strict(numbers, default=None, return_dtype=pl.Int32)


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    text = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y-%m-%d", strict=False)


def _serial(cell: pl.Expr) -> pl.Expr:
    days = _part(cell, _SERIAL, 1)
    is_day = days.is_between(_SERIAL_FROM, _SERIAL_TO)
    return pl.when(is_day).then(pl.date(*_SERIAL_ZERO) + pl.duration(days=days))
