"""The numbers of a pack as a workbook: every table of the page, with typed cells and never a formula."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
import xlsxwriter

from dashboards import texts
from dashboards.editions import shown_definitions
from dashboards.facts import PackFacts
from dashboards.sheet import write_frame
from rcm_pipeline.metrics.definitions import Definition
from rcm_pipeline.weeks import Week

_FORMATS = {"_rate": "0.0%", "_amount": "#,##0.00", "low": "0.0%", "high": "0.0%"}


def pack_workbook(facts: PackFacts, sheets: Mapping[str, str]) -> bytes:
    """One sheet per table and one with the definitions; the same tables give the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(_created(facts.week))
        for sheet, table in sheets.items():
            _write(book, sheet, facts[table])
        _write(book, "Definitions", _definitions(shown_definitions(facts)))
    return buffer.getvalue()


def worklist_workbook(worklist: pl.DataFrame, week: Week | None, accounts: pl.DataFrame | None = None) -> bytes:
    """The worklist for the floor: groups that one fix works, and their claims in order, split by queue.

    `accounts` (claim_token, account) puts the client's own numbers in front; without it claims go by token.
    """
    named = worklist if accounts is None else worklist.join(accounts, on="claim_token", how="left", maintain_order="left")
    first = ["rank", *(["account"] if accounts is not None else []), "claim_token", "group_rank"]
    claims = named.select(*first, pl.exclude(first)).sort("rank")
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(_created(week))
        _write(book, "Groups", _groups(worklist))
        _write(book, "All claims", claims)
        for queue in claims["rework_target"].unique().sort():
            _write(book, texts.plain(queue).capitalize()[:31], claims.filter(pl.col("rework_target") == queue))
    return buffer.getvalue()


def _created(week: Week | None) -> dict[str, dt.datetime]:
    """The day written into a workbook: that of its week, so that the same tables give the same bytes."""
    return {"created": dt.datetime.combine(week.monday if week else dt.date(2000, 1, 1), dt.time())}


def _groups(worklist: pl.DataFrame) -> pl.DataFrame:
    return (
        worklist.group_by("group_rank", "group_id")
        .agg(
            pl.col("rework_target", "owner", "next_step", "payer_id", "root_cause", "carc_code", "rarc_code").first(),
            pl.len().cast(pl.Int64).alias("claim_count"),
            pl.col("at_risk_amount", "net_amount").sum(),
            pl.col("deadline_date").min().alias("first_deadline_date"),
        )
        .sort("group_rank")
    )


def _definitions(shown: Iterable[Definition]) -> pl.DataFrame:
    rows = [vars(d) | {"variants": "; ".join(f"{k}: {v}" for k, v in d.variants.items())} for d in shown]
    frame = pl.DataFrame(rows)
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    return frame.with_columns(pl.Series(name, [str(value) for value in frame[name].to_list()]) for name in nested)


def _write(book: xlsxwriter.Workbook, sheet: str, frame: pl.DataFrame) -> None:
    shown = frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))  # cells of a workbook are floating point anyway
    formats: dict[Any, Any] = {name: form for name in shown.columns for ending, form in _FORMATS.items() if name.endswith(ending)}
    write_frame(book, sheet, shown, formats)
