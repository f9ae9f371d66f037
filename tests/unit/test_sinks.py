"""Tables written bit by bit are what they would be at once, in every format; an error leaves no half table."""

import json
import stat
from decimal import Decimal as D
from pathlib import Path

import polars as pl
import pytest
import python_calamine

from rcm_pipeline.errors import StorageError
from rcm_pipeline.intake import sinks
from rcm_pipeline.intake.sinks import Sinks
from schemas.contract import empty, polars_schema, widened
from schemas.registry import CONTRACTS

TABLE = "raw_adjustments"


def rows(*codes: str) -> pl.DataFrame:
    """Adjustments of one claim, one per code."""
    keys = {"file_id": "f", "transaction_no": 1, "claim_no": 1, "segment_no": 9, "group_code": "CO", "amount": D("12.30")}
    made = [keys | {"adjustment_no": number, "carc_code": code} for number, code in enumerate(codes, start=1)]
    return widened(pl.DataFrame(made), CONTRACTS[TABLE]) if made else empty(CONTRACTS[TABLE])


def written(out: Path, form: str, *portions: pl.DataFrame) -> Path:
    with Sinks(out, form) as sink:
        for portion in portions:
            sink.write(TABLE, portion)
        sink.ensure("raw_remarks")
        assert sink.rows == {TABLE: sum(p.height for p in portions), "raw_remarks": 0}
    return out


def test_parquet_keeps_exact_types_over_portions(tmp_path: Path) -> None:
    out = written(tmp_path, "parquet", rows("1", "2"), rows(), rows("3"))
    frame = pl.read_parquet(out / f"{TABLE}.parquet")
    assert dict(frame.schema) == polars_schema(CONTRACTS[TABLE])
    assert frame["carc_code"].to_list() == ["1", "2", "3"]
    assert sorted(p.name for p in out.iterdir()) == [f"{TABLE}.parquet", "raw_remarks.parquet"]


def test_csv_has_one_header_and_no_formula(tmp_path: Path) -> None:
    lines = (written(tmp_path, "csv", rows("=1+1", "@x"), rows("45")) / f"{TABLE}.csv").read_text().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("file_id,")
    assert ",'=1+1," in lines[1]
    assert ",'@x," in lines[2]
    assert ",45,12.30," in lines[3]


def test_json_is_one_array_with_exact_money(tmp_path: Path) -> None:
    out = written(tmp_path, "json", rows("1"), rows(), rows("2"))
    held = json.loads((out / f"{TABLE}.json").read_text())
    assert [(row["carc_code"], row["amount"]) for row in held] == [("1", "12.30"), ("2", "12.30")]
    assert json.loads((out / "raw_remarks.json").read_text()) == []


def test_a_workbook_has_a_sheet_per_table_and_text_stays_text(tmp_path: Path) -> None:
    out = written(tmp_path, "xlsx", rows("=1+1"), rows("007"))
    book = python_calamine.load_workbook(out / "tables.xlsx")
    assert book.sheet_names == ["adjustments", "remarks"]
    head, *cells = book.get_sheet_by_name("adjustments").to_python()
    assert [row[head.index("carc_code")] for row in cells] == ["=1+1", "007"]
    assert [row[head.index("amount")] for row in cells] == [12.3, 12.3]


def test_a_table_too_long_for_a_worksheet_is_refused_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "_SHEET_ROWS", 2)
    with pytest.raises(StorageError, match="worksheet"):
        written(tmp_path, "xlsx", rows("1", "2", "3"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StorageError, match="out"):
        written(tmp_path / "out", "csv", rows("1"))
    assert stat.S_ISREG((tmp_path / "out").stat().st_mode)


@pytest.mark.parametrize("form", ["parquet", "csv", "json"])
def test_an_error_in_between_leaves_no_half_table(tmp_path: Path, form: str) -> None:
    def stopped() -> None:
        with Sinks(tmp_path, form) as sink:
            sink.write(TABLE, rows("1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stopped()
    assert list(tmp_path.iterdir()) == []
