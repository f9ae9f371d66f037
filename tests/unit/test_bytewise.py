"""What is read eight bytes at a time equals what is read one at a time, for any text a cell can hold."""

import re
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.privacy.door import AllowListDoor
from rcm_pipeline.privacy.shapes import CODE, NPI, Shape
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.x12 import values
from rcm_pipeline.x12.buffer.segments import Segments
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.table import Table

MANY = settings(max_examples=300, deadline=None, derandomize=True)
numbers = st.from_regex(r"[+-]?[0-9]{0,18}(\.[0-9]{0,5})?", fullmatch=True)
texts = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x24F), max_size=40)
cells = st.lists(st.one_of(numbers, texts, st.from_regex(r"[0-9]{8}(-[0-9]{8})?", fullmatch=True)), min_size=1, max_size=12)


class ShapedDoor:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def shape_of(self, reference: str) -> Shape:
        return self.shape

    def tokeniser(self, reference: str) -> None:
        return None


def table_of(texts: list[str], shape: Shape | None = None) -> tuple[Table, Notes]:
    """A table of one segment per text, which stands in its first element."""
    from rcm_pipeline.privacy.shapes import KEEP

    segments = Segments(["".join(f"AMT\x1d{text}\x1c" for text in texts).encode()])
    notes = Notes(segments)
    return Table(segments, ShapedDoor(shape or KEEP), notes, np.arange(len(texts))), notes


@MANY
@given(cells)
def test_amounts_quantities_and_dates(found: list[str]) -> None:
    table, _ = table_of(found)
    table.money("money", "AMT01")
    table.quantity("quantity", "AMT01")
    table.date("date", "AMT01")
    table.end_date("end_date", "AMT01")
    table.text("text", "AMT01")
    frame, text = table.frame(), pl.Series(found, dtype=pl.String).replace("", None)
    assert frame["text"].to_list() == text.to_list()
    assert frame["money"].to_list() == pl.select(values.money(pl.lit(text))).to_series().to_list()
    assert frame["quantity"].to_list() == pl.select(values.quantity(pl.lit(text))).to_series().to_list()
    assert frame["date"].to_list() == pl.select(values.date(pl.lit(text))).to_series().to_list()
    assert frame["end_date"].to_list() == pl.select(values.end_date(pl.lit(text))).to_series().to_list()
    assert table.units["money"].tolist() == [int((value or Decimal(0)) * 100) for value in frame["money"]]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0.00"), (".5", "0.50"), ("5.", "5.00"), ("-12.5", "-12.50"), ("+7", "7.00"), ("1234567.89", "1234567.89"), ("12345678.9", "12345678.90"),
        ("1234567890123.4", "1234567890123.40"), ("-1234567890123", "-1234567890123.00"), ("12345678901234", None), ("123456789012345.67", None), ("00000000000000000012.30", "12.30"), ("12.3400", "12.34"),
        ("12.345", None), ("1,234", None), ("1e3", None), ("--1", None), ("1-", None), (".", None), ("-", None), ("1.2.3", None), ("12345678901234567.00", None),
    ],
)  # fmt: skip
def test_amounts_by_hand(text: str, amount: str | None) -> None:
    table, notes = table_of([text])
    table.money("money", "AMT01")
    assert table.frame()["money"].to_list() == [None if amount is None else Decimal(amount)]
    assert notes.findings["rule"].to_list() == ([] if amount else ["amount_unreadable"])


@MANY
@given(
    st.lists(
        st.one_of(texts, st.from_regex(r"[A-Za-z0-9./_-]{1,34}", fullmatch=True), st.from_regex(r"[0-9]{8,12}", fullmatch=True)), min_size=1
    )
)
def test_the_door_admits_bytes_as_it_admits_text(found: list[str]) -> None:
    for treatment, shape in (("code", CODE), ("npi", NPI)):
        table, notes = table_of(found, shape)
        table.text("text", "AMT01")
        admitted = AllowListDoor({"E": treatment}, Tokens(b"k" * 32)).admit("E", pl.Series(found, dtype=pl.String)).to_list()
        assert table.frame()["text"].to_list() == admitted
        assert admitted == [text if re.fullmatch(_PATTERN[treatment], text) else None for text in found]
        assert notes.findings.height == sum(a is None and bool(t) for a, t in zip(admitted, found, strict=True))


_PATTERN = {"code": r"[A-Za-z0-9][A-Za-z0-9./_-]{0,29}", "npi": r"[0-9]{10}"}


def test_padding_is_no_part_of_a_value() -> None:
    segments = Segments([b"  CLP\x1d  A 1 \x1d\t\x1dX\x1c\n \x1c CLP\x1d\x1dB\x1d \x1c"])
    assert [segments.text(np.arange(len(segments)), at).to_list() for at in (1, 2, 3)] == [["A 1", None], [None, "B"], ["X", None]]


def test_a_token_is_the_same_by_bytes_and_by_text() -> None:
    tokens = Tokens(b"k" * 32)
    texts = ["abc-1", " ABC-1", "Łódź", "łódź ", "x"]
    by_bytes = tokens.tokeniser("pcn")([text.encode() for text in texts]).decode()
    assert [by_bytes[at : at + 32] for at in range(0, len(by_bytes), 32)] == tokens.token("pcn", pl.Series(texts)).to_list()
    import hashlib

    key = hashlib.blake2b(b"rcm token domain\0pcn", key=b"k" * 32, digest_size=32).digest()
    assert by_bytes[:32] == hashlib.blake2b(b"ABC-1", key=key, digest_size=16).hexdigest()
