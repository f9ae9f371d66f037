"""As of a day: an inbox that holds only what was known by then, run on that day, gives every table as-of gives."""

import csv
import datetime as dt
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter
from polars.testing import assert_frame_equal

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.governance.as_of import tables_as_of
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy import door
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.settings import Home, load_client_settings
from rcm_pipeline.tables import compute, registered
from rcm_pipeline.warehouse import create_tables, replace, scan_all
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS

CLIENT, KEY = "lakeside-physicians", b"k" * 32
# Sundays, Mondays and a Thursday: weeks complete and not, before and after the sheets of a month were sent
DAYS = [dt.date(2026, *day) for day in ((8, 24), (9, 13), (10, 1), (10, 19), (11, 9), (11, 16), (11, 22))]
EVENTS = {"coding_log": ["Coded Date"], "touch_log": ["Work Date"], "queries": ["Query Date"], "decisions": ["Decision Date"],
          "qa_feedback": ["Acknowledged Date", "Action Date"]}  # fmt: skip


def interchange_date(text: str) -> dt.date:
    """ISA09, yymmdd."""
    return dt.datetime.strptime(text.split(text[3])[9], "%y%m%d").date()


def known_rows(name: str, text: str, day: dt.date) -> str:
    """The rows of a sheet whose event was by then; the header always."""
    columns = EVENTS[name.rpartition("_")[0]]
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        dates = [dt.date.fromisoformat(row[column]) for column in columns if row[column]]
        if not dates or min(dates) <= day:
            writer.writerow(row)
    return out.getvalue()


def write_known_reviews(workbook: Path, into: Path, day: dt.date) -> None:
    """The reviews of a QA workbook made by then, with their findings."""
    reviews, findings = (pl.read_excel(workbook, sheet_name=name, infer_schema_length=None) for name in ("Reviews", "Findings"))
    known = reviews.filter(pl.col("Review Date").cast(pl.Date) <= day)
    of_known = findings.join(known.select("Review ID"), on="Review ID", how="semi", maintain_order="left")
    with xlsxwriter.Workbook(str(into)) as out:
        known.write_excel(out, "Reviews")
        of_known.write_excel(out, "Findings")


def cut(inbox: Path, into: Path, day: dt.date) -> Path:
    """What of an inbox was known by a day."""
    into.mkdir(parents=True)
    for path in sorted(inbox.iterdir()):
        if path.suffix == ".xlsx":
            write_known_reviews(path, into / path.name, day)
            continue
        text = path.read_text()
        if text.startswith("ISA"):
            if interchange_date(text) <= day:
                shutil.copy(path, into)
        else:
            (into / path.name).write_text(known_rows(path.stem, text, day))
    return into


@contextmanager
def loaded(inbox: Path, warehouse: Path, home: Home, full: duckdb.DuckDBPyConnection | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with this inbox; the lists of codes come from the full one, for they are no part of an inbox."""
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        load_inbox(connection, list(deliveries([inbox])), load_client_settings(home.settings, CLIENT), Tokens(KEY))
        for name in ("ops_code_sets", "ops_code_entries") if full else ():
            replace(connection, name, full.sql(f"SELECT * FROM {name}").pl())  # type: ignore[union-attr]
        yield connection


@pytest.fixture(scope="module", autouse=True)
def _labels_of_one_row() -> Iterator[None]:
    """A label is kept where five rows of its sheet have it; a sheet cut shorter has fewer, so here one row is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "_COMMON", 1)
        yield


@pytest.fixture(scope="module")
def home(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"), sample / "inbox", sample / "settings")


@pytest.fixture(scope="module")
def full(sample: Path, home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with loaded(sample / "inbox" / CLIENT, home.warehouse(CLIENT), home) as connection:
        yield connection


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_table_is_what_a_run_on_that_day_gave(
    day: dt.date, sample: Path, full: duckdb.DuckDBPyConnection, home: Home, tmp_path: Path
) -> None:
    past = tables_as_of(full, home, CLIENT, day)
    with loaded(cut(sample / "inbox" / CLIENT, tmp_path / "inbox", day), tmp_path / "then.duckdb", home, full) as connection:
        known = {name: table for name, table in scan_all(connection).items() if name.startswith(("raw_", "ops_"))}
        then = dict(compute(known, load_client_settings(home.settings, CLIENT), day))
    assert set(then) == set(registered())
    for name, table in then.items():
        # a sheet cut shorter is another file, so only core_deliveries, which leads back to files, names them differently
        columns = [column for column in polars_schema(CONTRACTS[name]) if column not in ("file_id", "row_no")]
        was, now = (frame.select(columns).sort(columns, nulls_last=True) for frame in (table, past.tables[name].collect()))
        assert_frame_equal(now, was, check_exact=False, abs_tol=1e-12, rel_tol=1e-12), name
    assert any(not then[name].is_empty() for name in ("mart_denial_outcomes", "mart_metrics", "mart_rework_costs"))


def test_a_reversal_of_a_later_week_is_not_known_before(full: duckdb.DuckDBPyConnection, home: Home) -> None:
    reversed_on = full.sql(
        "SELECT t.interchange_date FROM raw_remits r JOIN raw_transactions t USING (file_id, transaction_no) "
        "WHERE r.status_code = '22' ORDER BY 1 DESC LIMIT 1"
    ).fetchone()
    assert reversed_on is not None, "the sample holds a claim taken back"
    before = tables_as_of(full, home, CLIENT, reversed_on[0] - dt.timedelta(days=1)).tables["core_reversals"].collect()
    after = tables_as_of(full, home, CLIENT, reversed_on[0]).tables["core_reversals"].collect()
    assert before.filter(pl.col("adjudication_date") >= reversed_on[0]).is_empty()
    assert after.height > before.height
