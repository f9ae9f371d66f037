"""Everything as it was known on a day: raw rows of later days left out, then the same functions as on that day's run.

A raw row is known on a day when its own date is at most that day, never its arrival: the interchange date (ISA09, else GS04,
else the payment or production date) for X12, the event date for a row of a sheet. What is not raw (settings, portfolio, code
sets) is read as it was kept in the week, see `kept_copies`; draws by the day they were made.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from rcm_pipeline.connection import at_once
from rcm_pipeline.errors import InputError
from rcm_pipeline.settings import ClientSettings, Home, parse_client_settings, settings_hash, settings_text
from rcm_pipeline.tables import compute
from rcm_pipeline.warehouse import append, as_parquet, from_parquet, read, scan_all
from rcm_pipeline.weeks import Week, anchor_of
from schemas.contract import conform
from schemas.registry import CONTRACTS

_TRANSACTION, _CLAIM = ["file_id", "transaction_no"], ["file_id", "claim_no"]
_EVENT_DATES = {  # the event a row of a sheet is about
    "raw_coded_encounters": pl.col("coded_date"),
    "raw_qa_reviews": pl.col("review_date"),
    "raw_qa_actions": pl.min_horizontal("acknowledged_date", "action_date"),
    "raw_touches": pl.col("touched_date"),
    "raw_escalations": pl.col("sent_date"),
    "raw_decisions": pl.col("decided_date"),
    "raw_logged_denials": pl.col("denied_date"),
    "raw_appeals": pl.col("appeal_date"),
    "raw_postings": pl.col("posting_date"),
    "raw_receivables": pl.col("as_of_date"),
    "raw_worked_days": pl.col("worked_date"),
    "raw_acknowledgements": pl.col("answered_date"),
    "ops_qa_samples": pl.col("planned_at"),
}
_COPIES = ("ops_portfolio", "ops_code_sets", "ops_code_entries")
_SETTINGS, _SETTINGS_HASH = "settings", "settings_hash"


@dataclass(frozen=True)
class PastTables:
    """All tables as a run on `day` would have made them, and the settings it would have read."""

    day: dt.date
    week: Week | None
    settings: ClientSettings
    settings_hash: str
    tables: Mapping[str, pl.LazyFrame]


def tables_of_week(connection: duckdb.DuckDBPyConnection, home: Home, client: str, week: Week) -> PastTables:
    """The tables of the first run that this week was the anchor week of. Raises InputError where it never was."""
    day = first_day_of(connection, week)
    if day is None:
        raise InputError(f"{client}: nothing was decided in the week of {week}", fix="name a week in which remittances were dated")
    return tables_as_of(connection, home, client, day, week)


def tables_as_of(connection: duckdb.DuckDBPyConnection, home: Home, client: str, day: dt.date, week: Week | None = None) -> PastTables:
    """Raw, core and mart tables from the rows known on a day, judged as on that day.

    What is not raw is that of the anchor week of the day, `week` where it is known [default: the week before the day].
    """
    week_of_day = week or Week.of(day).back(1)
    text, digest = _kept_settings(connection, home, client, week_of_day)
    settings = parse_client_settings(text, f"settings of {client} in the week of {week_of_day}")
    known = known_on(scan_all(connection), day) | _copies_of(connection, week_of_day)
    known |= {name: frame.lazy() for name, frame in compute(known, settings, day)}
    week = anchor_of(known["core_adjudications"].select("adjudication_date", "week").collect(), day)
    return PastTables(day, week, settings, digest, known)


def known_on(tables: Mapping[str, pl.LazyFrame], day: dt.date) -> dict[str, pl.LazyFrame]:
    """The raw tables, and those that commands write, without the rows of later days. Core and marts are not among them."""
    later = _later_transactions(tables, day)
    unsent = tables["raw_claims"].filter(pl.col("created_date") > day).join(tables["raw_transactions"], on=_TRANSACTION, how="anti")
    unsent_claims = unsent.select(_CLAIM).collect().lazy()
    known = {}
    for name, table in tables.items():
        if name.startswith(("core_", "mart_")):
            continue
        columns = table.collect_schema().names()
        rows = table
        if name in _EVENT_DATES:
            rows = rows.filter((_EVENT_DATES[name] <= day).fill_null(True))
        if "transaction_no" in columns:
            rows = rows.join(later, on=_TRANSACTION, how="anti", maintain_order="left")
        if name.startswith("raw_claim") and "claim_no" in columns:
            rows = rows.join(unsent_claims, on=_CLAIM, how="anti", maintain_order="left")
        known[name] = rows
    for name in ("raw_qa_codes", "raw_qa_findings"):
        known[name] = known[name].join(_later_reviews(tables, known), on="review_token", how="anti", maintain_order="left")
    return known | {"raw_files": _files(tables, known)}


def _later_reviews(tables: Mapping[str, pl.LazyFrame], known: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Reviews made after the day: what belongs to them has no date of its own."""
    return tables["raw_qa_reviews"].join(known["raw_qa_reviews"], on="review_token", how="anti").select("review_token").unique()


def first_day_of(connection: duckdb.DuckDBPyConnection, week: Week) -> dt.date | None:
    """The first day on which a run had this week as its anchor week; None when none ever had."""
    dated = _answer_dates(scan_all(connection)).collect()
    over = week.sunday + dt.timedelta(days=1)
    turns = [*dated["known_date"].drop_nulls(), *dated["adjudication_date"].drop_nulls()]  # what is dated ahead counts from its day on
    days: list[dt.date] = sorted({over, *(day for day in turns if day > over)})
    for day in days:
        anchor = anchor_of(dated.filter((pl.col("known_date") <= day).fill_null(True)), day)
        if anchor == week:
            return day
        if anchor is not None and anchor > week:
            return None
    return None


def keep_copies(connection: duckdb.DuckDBPyConnection, home: Home, client: str, week: Week) -> None:
    """Keep what is not raw as it stands in this week: settings, portfolio reference and code sets, each content once."""
    settings, digest = settings_text(home.settings, client), settings_hash(home.settings, client)
    contents = {_SETTINGS: settings.encode(), _SETTINGS_HASH: digest.encode()}
    contents |= {name: as_parquet(read(connection, name)) for name in _COPIES}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    stored = {row[0] for row in connection.sql("SELECT content_hash FROM ops_contents").fetchall()}
    fresh = {hashes[name]: content for name, content in contents.items() if hashes[name] not in stored}
    rows = [{"week": week.monday, "name": name, "content_hash": digest} for name, digest in hashes.items()]
    with at_once(connection):
        connection.execute("DELETE FROM ops_copies WHERE week = ?", [week.monday])
        append(connection, "ops_copies", conform(pl.DataFrame(rows), CONTRACTS["ops_copies"]))
        if fresh:
            new = [{"content_hash": digest, "content": content} for digest, content in fresh.items()]
            append(connection, "ops_contents", conform(pl.DataFrame(new), CONTRACTS["ops_contents"]))


def _later_transactions(tables: Mapping[str, pl.LazyFrame], day: dt.date) -> pl.LazyFrame:
    """file_id and transaction_no of what was not known on the day; without any date it is taken as known."""
    envelopes = tables["raw_transactions"].select(*_TRANSACTION, pl.coalesce("interchange_date", "group_date").alias("known_date"))
    payments = tables["raw_payments"].join(envelopes, on=_TRANSACTION, how="left")
    dated = payments.select(*_TRANSACTION, pl.coalesce("known_date", "payment_date", "production_date").alias("known_date"))
    every = pl.concat([envelopes, dated])
    return every.filter(pl.col("known_date") > day).select(_TRANSACTION).unique().collect().lazy()


def _answer_dates(tables: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """A row per claim payment that counts in a week: adjudication_date, week, and the day it was known, that of its first copy."""
    sent = pl.coalesce("interchange_date", "group_date").alias("_sent")
    copies = tables["core_deliveries"].filter(pl.col("fact_code") == "answer")
    first = copies.join(tables["raw_transactions"].select(*_TRANSACTION, sent), on=_TRANSACTION, how="left")
    known = first.group_by(pl.col("fact_id").alias("answer_id")).agg(pl.col("_sent").min())
    dated = tables["core_adjudications"].filter(pl.col("week").is_not_null()).join(known, on="answer_id", how="left")
    return dated.select("adjudication_date", "week", pl.coalesce("_sent", "adjudication_date").alias("known_date"))


def _files(tables: Mapping[str, pl.LazyFrame], known: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The ledger without files whose every transaction or row came later."""
    names = [name for name in known if name.startswith("raw_") and name not in ("raw_files", "raw_rejects", "raw_findings")]
    present = [pl.concat([source[name].select("file_id") for name in names]).unique().collect() for source in (tables, known)]
    gone = present[0].join(present[1], on="file_id", how="anti")
    return known["raw_files"].join(gone.lazy(), on="file_id", how="anti")


def _copies_of(connection: duckdb.DuckDBPyConnection, week: Week) -> dict[str, pl.LazyFrame]:
    found = {name: _content(connection, name, week) for name in _COPIES}
    return {name: from_parquet(content, name).lazy() for name, content in found.items() if content is not None}


def _kept_settings(connection: duckdb.DuckDBPyConnection, home: Home, client: str, week: Week) -> tuple[str, str]:
    """The settings of the week and their hash as the run of that week published it; those of now where none were kept."""
    text, digest = _content(connection, _SETTINGS, week), _content(connection, _SETTINGS_HASH, week)
    if text is None or digest is None:
        return settings_text(home.settings, client), settings_hash(home.settings, client)
    return text.decode(), digest.decode()


def _content(connection: duckdb.DuckDBPyConnection, name: str, week: Week) -> bytes | None:
    """The copy kept in the week, else the newest one before it; None where none was kept yet."""
    query = """SELECT content FROM ops_copies JOIN ops_contents USING (content_hash) WHERE name = ? AND week <= ?
ORDER BY week DESC LIMIT 1"""
    row = connection.execute(query, [name, week.monday]).fetchone()
    return None if row is None else bytes(row[0])
