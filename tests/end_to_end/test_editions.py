"""The client's edition of a pack: aggregates alone, coders as counts, no claim, no token, no wage, no margin; internal holds all."""

import io
import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.editions import client_edition
from dashboards.pack import SECTIONS
from schemas.registry import CONTRACTS

CLIENT = "lakeside-physicians"
NEVER = re.compile(
    r"_token|^(lineage|answer|version|submission|payment|recoupment|file|run|subject|fact|coder|auditor|staff)_id$|examples|acknowledged"
    r"|labour|work_amount|net_amount|minutes|clients"
)
IDENTITIES = ("claim_token", "lineage_id", "version_id", "coder_id", "auditor_id")


@pytest.fixture(scope="module")
def pack(published: Path) -> Path:
    return published / "reports" / CLIENT / "latest"


def sheets(path: Path) -> dict[str, pl.DataFrame]:
    return pl.read_excel(io.BytesIO(path.read_bytes()), sheet_id=0)


def identities(published: Path) -> set[str]:
    """Every identity of a claim or a person in the tables of the client."""
    with duckdb.connect(str(published / "warehouse" / CLIENT / "published.duckdb"), read_only=True) as connection:
        where = "column_name IN (SELECT unnest(?)) AND table_name NOT LIKE 'quarantine%'"
        columns = connection.execute(f"SELECT table_name, column_name FROM duckdb_columns() WHERE {where}", [list(IDENTITIES)]).fetchall()
        union = " UNION ".join(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL' for table, column in columns)
        return {row[0] for row in connection.sql(union).fetchall()} - {"all", "(none)", "unknown", ""}


def test_no_claim_and_no_person_is_in_the_client_edition(pack: Path, published: Path) -> None:
    every = identities(published)
    assert len(every) > 5000
    page = re.sub(r"<script(?! type).*?</script>", "", (pack / "client" / "governance_pack.html").read_text(), flags=re.S)
    cells = {str(cell) for frame in sheets(pack / "client" / "governance_pack.xlsx").values() for row in frame.iter_rows() for cell in row}
    words = set(re.findall(r"[\w.-]+", page)) | cells | {word for cell in cells for word in re.findall(r"[\w.-]+", cell)}
    assert words & every == set()
    assert "Rework cost" not in page
    assert "Internal" not in page


def test_coders_are_counted_for_the_client_and_named_inside(pack: Path) -> None:
    inside, outside = ((pack / edition / "governance_pack.html").read_text() for edition in ("internal", "client"))
    assert "below the standard of 95.0\u00a0%: C004." in inside
    assert re.search(r"1 of \d+ coders is below 95\.0\u00a0%\.", outside)
    assert "Internal: not for the client" in inside


def test_the_workbook_of_the_client_holds_the_named_sheets_and_columns(pack: Path) -> None:
    tables = {sheet: table for section in SECTIONS for sheet, table in section.SHEETS.items()}
    found = sheets(pack / "client" / "governance_pack.xlsx")
    assert [*found] == [sheet for sheet in tables if sheet in client_edition()["sheets"]] + ["Definitions"]
    assert len(found) == len(client_edition()["sheets"]) + 1
    for sheet, frame in found.items():
        if sheet != "Definitions":
            assert frame.columns == client_edition()["tables"][tables[sheet]]["columns"]
    assert "C1" not in found["Scorecard"]["metric_id"].to_list() + found["Measures"]["metric_id"].to_list()
    assert set(found["Coder accuracy"]["scope_code"]) == {"all"}
    assert "coder" not in found["Spike evidence"]["dimension"].to_list() + found["Coding denials"]["measure_code"].to_list()


@pytest.mark.parametrize("table", client_edition()["tables"])
def test_what_the_client_edition_names_is_there_and_is_no_identity(table: str) -> None:
    view = client_edition()["tables"][table]
    assert set(view["columns"]) <= set(CONTRACTS[table].to_schema().columns)
    assert not [column for column in view["columns"] if NEVER.search(column)]
