"""The QA sample for the auditors: what was drawn and why, and the form whose headings are read back from the inbox."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import polars as pl
import xlsxwriter

from dashboards import texts
from rcm_pipeline.governance.qa_plan import Plan, by_coder
from rcm_pipeline.intake.sheets.sheet_files import NOT_DATA
from rcm_pipeline.reference import reference
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS
from schemas.vocabulary.coding import CODE_KINDS, PARTIES, REBUTTALS

_KEYS = ("file_id", "row_no")
_HEADINGS = {"review_token": "Review ID", "claim_token": "Account Number"}  # what auditors call them; all else goes by its name
_FILLED = (
    "review_token",
    "claim_token",
    "coder_id",
    "service_date",
    "specialty",
    "kind_code",
    "sample_id",
    "stratum_code",
    "frame_count",
    "selection_rate",
)
_ROWS = 2_000  # rows of the form with a list to choose from
_LISTED = {"Rebuttal Code": REBUTTALS, "Responsible Party Code": PARTIES, "Code Kind": CODE_KINDS, "Corrected Code": ["yes", "no"]}
_CODES = "Error codes"


def sample_workbook(plan: Plan, accounts: pl.DataFrame | None = None) -> bytes:
    """Sheets Plan, Reviews, Findings, Codes (the form), Random, Risk, Spares and Error codes; the same plan gives the same bytes.

    `accounts` (claim_token, account) fills the account numbers; without it they are left to whoever holds them, and no token
    stands in their place: it would be read as an account.
    """
    blank = pl.DataFrame(schema={"claim_token": pl.String, "account": pl.String})
    charts = plan.sample.join(blank if accounts is None else accounts, on="claim_token", how="left", maintain_order="left")
    charts = charts.with_columns(pl.format("{}-{}", "stratum_code", pl.col("draw_no").cast(pl.String).str.zfill(3)).alias("chart"))
    drawn = charts.filter(~pl.col("is_spare"))
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime.combine(plan.sample["planned_at"][0], dt.time())})
        _plan(book, plan)
        _form(book, "Reviews", "raw_qa_reviews", _filled(drawn))
        _form(book, "Findings", "raw_qa_findings", None)
        _form(book, "Codes", "raw_qa_codes", None)
        for sheet, rows in _lists(charts).items():
            _read_only(book, sheet, _shown(rows))
        taxonomy = reference("qa_errors").select("error_code", "label", "direction", "cert_code")
        _read_only(book, _CODES, taxonomy.rename({name: texts.plain(name).capitalize() for name in taxonomy.columns}))
    return buffer.getvalue()


def _lists(charts: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    drawn = charts.filter(~pl.col("is_spare"))
    strata = {name.capitalize(): drawn.filter(pl.col("stratum_code") == name) for name in ("random", "risk")}
    return strata | {"Spares": charts.filter("is_spare")}


def _filled(drawn: pl.DataFrame) -> pl.DataFrame:
    """The reviews' columns with everything that is known before the review."""
    known = drawn.with_columns(
        pl.format("{}-{}", "sample_id", "chart").alias("review_token"),
        pl.col("account").alias("claim_token"),
        pl.lit("first").alias("kind_code"),
    )
    return known.select(_FILLED)


def _shown(charts: pl.DataFrame) -> pl.DataFrame:
    return charts.select(
        pl.col("chart").alias("Chart"),
        pl.col("account").alias("Account"),
        pl.col("claim_token").alias("Token"),
        pl.col("coder_id").alias("Coder"),
        pl.col("specialty").alias("Specialty"),
        pl.col("coded_date").alias("Coded"),
        pl.col("service_date").alias("Served"),
        pl.col("reason_code").replace_strict(REASONS, return_dtype=pl.String).alias("Why"),
        pl.col("frame_count").alias("Charts of this coder in the stratum"),
        pl.col("sample_count").alias("Of these drawn"),
        pl.col("selection_rate").alias("Chance of each"),
    )


REASONS = {
    "random": "by chance alone",
    "denied_coding": "denied for coding, or like what was",
    "new_coder": "new coder",
    "changed_code": "new or changed code",
    "overdue_coder": "coder not reviewed for long",
}


def _plan(book: Any, plan: Plan) -> None:
    sample, coders = plan.sample, by_coder(plan.sample)
    facts = [
        (f"{NOT_DATA}: QA sample {plan.sample_id}", ""),
        ("Charts coded in the week", texts.week(plan.week)),
        ("Drawn on", texts.day(sample["planned_at"][0])),
        ("Seed", str(sample["seed"][0])),
        ("Hash of the frame", str(sample["frame_hash"][0])),
        ("Charts in the frame", texts.count(coders["chart_count"].sum())),
        ("Drawn at random", texts.count(coders["random_count"].sum())),
        ("Drawn for risk", texts.count(coders["risk_count"].sum())),
        ("Spares", texts.count(coders["spare_count"].sum())),
    ]
    sheet, bold = book.add_worksheet("Plan"), book.add_format({"bold": True})
    lines = [*facts, ("", ""), ("How to use this workbook", ""), *(("", text) for text in _USE)]
    for row, (name, text) in enumerate(lines):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 110)
    named = coders.with_columns(pl.col("reasons").list.eval(pl.element().replace_strict(REASONS, return_dtype=pl.String)).list.join("; "))
    titled = named.rename({name: texts.plain(name).capitalize() for name in named.columns})
    titled.write_excel(book, sheet, position=(len(lines) + 1, 0), header_format={"bold": True, "bottom": 2})


_USE = (
    "Review every chart of the sheet Reviews and fill its row: auditor, review date, and the codes as lists or counts, or in Codes.",
    "Write each error into Findings under its Review ID, with a code of the sheet Error codes. A chart without an error has no row there.",
    "Change nothing that is filled in already: it says how the chart was chosen, and the accuracy is weighted by it.",
    "A chart that cannot be reviewed is replaced by the next spare of its coder and stratum: put its account into the row.",
    "Who stops early works by the number of the chart: its order is random, one chart of every coder after the other.",
    "Then put the workbook into the client's inbox. Sheets that begin with “For reading only” are passed over.",
)


def _form(book: Any, sheet: str, table: str, filled: pl.DataFrame | None) -> None:
    """A sheet with the headings of a raw table, and rows where something is known already."""
    schema = {name: dtype for name, dtype in polars_schema(CONTRACTS[table]).items() if name not in _KEYS}
    known = pl.DataFrame(schema=schema) if filled is None else filled
    empty = [pl.lit(None, pl.String).alias(name) for name in schema if name not in known.columns]
    rows = known.with_columns(empty).select(list(schema)).with_columns(pl.col(pl.Decimal).cast(pl.Float64))
    titled = rows.rename({name: heading(name) for name in schema})
    _table(book, sheet, titled, 0)
    _choices(book.get_worksheet_by_name(sheet), titled.columns)


def heading(column: str) -> str:
    """review_token → Review ID; frame_count → Frame Count. Every heading is understood without a setting."""
    return _HEADINGS.get(column, column.replace("_", " ").title().replace(" Id", " ID"))


def _choices(sheet: Any, headings: list[str]) -> None:
    for at, name in enumerate(headings):
        listed = _LISTED.get(name)
        if name == "Error Code":
            sheet.data_validation(
                1, at, _ROWS, at, {"validate": "list", "source": f"='{_CODES}'!$A$3:$A${reference('qa_errors').height + 2}"}
            )
        elif listed:
            sheet.data_validation(1, at, _ROWS, at, {"validate": "list", "source": listed})


def _read_only(book: Any, sheet: str, frame: pl.DataFrame) -> None:
    _table(book, sheet, frame, 1)
    book.get_worksheet_by_name(sheet).write_string(0, 0, NOT_DATA)


def _table(book: Any, sheet: str, frame: pl.DataFrame, top: int) -> None:
    frame.write_excel(
        book,
        sheet,
        position=(top, 0),
        column_formats={"Chance of each": "0.0%", "Selection Rate": "0.0%"},
        autofit=True,
        freeze_panes=(top + 1, 0),
        header_format={"bold": True, "bottom": 2},
    )
