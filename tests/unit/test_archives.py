"""Packed files are read as if they lay there unpacked, within limits, and hostile ones cost nothing but themselves."""

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.intake import archives
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import Loaded, load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import create_tables
from tests.spec.engine import remittance

CLAIM = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40"
ONE, TWO = remittance(CLAIM), remittance(CLAIM.replace("A1", "A2"))
SHEET = b"Account Number,Work Date,Activity,Minutes\nA1,2026-11-18,call,5\n"


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


def load(folder: Path, warehouse: Path) -> Loaded:
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        return load_inbox(connection, list(deliveries([folder])), ClientSettings(), Tokens(b"k" * 32))


def rows(warehouse: Path, query: str) -> list[tuple]:
    with open_warehouse(warehouse, read_only=True) as connection:
        return connection.sql(query).fetchall()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_files_in_an_archive_are_read_once_and_know_where_they_came_from(inbox: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    (inbox / "week.zip").write_bytes(
        zipped(("a/one.835", ONE), ("two.835", TWO), ("again/one.835", ONE), ("empty folder/", b""), ("log.csv", SHEET))
    )
    (inbox / "loose.835").write_bytes(ONE)
    (inbox / "third.835.gz").write_bytes(gzip.compress(remittance(CLAIM.replace("A1", "A3"))))
    load(inbox, warehouse)
    assert rows(warehouse, "SELECT count(*) FROM raw_remits") == [(3,)]
    assert rows(warehouse, "SELECT count(*) FROM raw_touches") == [(1,)]
    found = rows(warehouse, "SELECT format_code, count(*), count(archive_id) FROM raw_files GROUP BY 1 ORDER BY 1")
    assert found == [("csv", 1, 1), ("gzip", 1, 0), ("x12", 3, 2), ("zip", 1, 0)]
    assert rows(warehouse, "SELECT count(*) FROM raw_rejects") == [(0,)]
    again = load(inbox, warehouse)
    assert (again.file_count, again.duplicate_count) == (0, 3)


def test_what_is_wrong_inside_an_archive_goes_by_the_name_of_the_archive(inbox: Path, tmp_path: Path) -> None:
    from rcm_pipeline.intake.quarantine_listing import name_files, quarantine_listing
    from rcm_pipeline.settings import Home

    (inbox / "acme").mkdir()
    (inbox / "acme" / "week.zip").write_bytes(zipped(("bad.835", ONE.replace(b"ST*835", b"ST*271")), ("two.835", TWO)))
    home = Home(tmp_path, inbox, tmp_path)
    load(inbox / "acme", home.published("acme"))
    [row] = name_files(quarantine_listing(home, "acme"), home, "acme")
    assert (row["file"], row["place"], row["rule"]) == ("a file in week.zip", "transaction 1, segment 3", "set_not_read")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (zipped(("inner.zip", zipped(("x.835", ONE)))), "nested_archive"),
        (zipped(("x.835.gz", gzip.compress(ONE))), "nested_archive"),
        (gzip.compress(ONE)[:-20], "archive_damaged"),
        (zipped(("x.835", ONE * 50))[:-40], "workbook_damaged"),
        (zipped(("x.835", ONE), compression=zipfile.ZIP_STORED).replace(b"CLP*A1", b"CLP*A9"), "archive_damaged"),
        (gzip.compress(b"0" * 60_000_000), "archive_too_large"),
        (zipped(*((f"{n}.txt", b"0" * 9_000_000) for n in range(3))), "archive_too_large"),
        (b"\xfd7zXZ" + b"x" * 40, "not_readable"),
        (b"x" * 257 + b"ustar" + b"x" * 300, "not_readable"),
    ],
    ids=["zip in zip", "gz in zip", "cut gz", "cut zip", "wrong checksum", "gz bomb", "zip bomb", "xz", "tar"],
)
def test_what_is_not_opened_is_named_and_costs_nothing_else(inbox: Path, tmp_path: Path, content: bytes, rule: str) -> None:
    (inbox / "bad").write_bytes(content)
    (inbox / "good.835").write_bytes(TWO)
    load(inbox, tmp_path / "w.duckdb")
    rejects = rows(tmp_path / "w.duckdb", "SELECT r.rule FROM raw_rejects r JOIN raw_files f USING (file_id) WHERE f.archive_id IS NULL")
    inner = rows(tmp_path / "w.duckdb", "SELECT r.rule FROM raw_rejects r JOIN raw_files f USING (file_id) WHERE f.archive_id IS NOT NULL")
    assert {r for (r,) in rejects or inner} == {rule}
    assert rows(tmp_path / "w.duckdb", "SELECT count(*) FROM raw_remits") == [(1,)]


def test_names_that_climb_out_and_links_lead_nowhere(inbox: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("../../evil.835", ONE)
        packed.writestr("/etc/evil.835", TWO)
        link = zipfile.ZipInfo("link.835")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    (inbox / "evil.zip").write_bytes(out.getvalue())
    before = sorted(p for p in tmp_path.rglob("*") if "inbox" not in p.parts)
    load(inbox, tmp_path / "w.duckdb")
    assert rows(tmp_path / "w.duckdb", "SELECT count(*) FROM raw_remits") == [(2,)]
    assert rows(tmp_path / "w.duckdb", "SELECT rule, reason FROM raw_rejects") == [
        ("archive_link", "file 3 of the archive is a link, and links are not followed")
    ]
    assert [p for p in tmp_path.rglob("*") if "inbox" not in p.parts and p not in before] == [tmp_path / "w.duckdb"]


def test_encrypted_members_are_named(inbox: Path, tmp_path: Path) -> None:
    raw = bytearray(zipped(("x.835", ONE)))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(magic) + offset] |= 1
    (inbox / "secret.zip").write_bytes(bytes(raw))
    load(inbox, tmp_path / "w.duckdb")
    assert rows(tmp_path / "w.duckdb", "SELECT rule FROM raw_rejects") == [("archive_damaged",)]


def test_too_many_members_are_not_opened(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    (inbox / "many.zip").write_bytes(zipped(("1", ONE), ("2", TWO), ("3", SHEET)))
    load(inbox, tmp_path / "w.duckdb")
    assert rows(tmp_path / "w.duckdb", "SELECT rule FROM raw_rejects") == [("archive_too_large",)]
    assert rows(tmp_path / "w.duckdb", "SELECT count(*) FROM raw_remits") == [(0,)]


def test_entities_of_a_workbook_are_not_expanded(inbox: Path, tmp_path: Path) -> None:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet().write_row(0, 0, ["Account Number", "Work Date", "Activity", "Minutes"])
        book.worksheets()[0].write_row(1, 0, ["A1", "2026-11-18", "MARKER", "5"])
    hostile = io.BytesIO()
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(hostile, "w") as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "xl/sharedStrings.xml":
                entity = b'<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "boom">]>'
                content = content.replace(b"<sst", entity + b"<sst", 1).replace(b"MARKER", b"&x;&y;")
            target.writestr(member, content)
    (inbox / "hostile.xlsx").write_bytes(hostile.getvalue())
    load(inbox, tmp_path / "w.duckdb")
    told = str(rows(tmp_path / "w.duckdb", "SELECT activity_code FROM raw_touches")) + str(
        rows(tmp_path / "w.duckdb", "SELECT rule FROM raw_rejects")
    )
    assert "boom" not in told
    assert Path("/etc/hostname").read_text().strip() not in told
