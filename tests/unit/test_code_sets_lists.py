"""Lists of codes as they come from CMS or a licence, and broken ones: file, line, what is wrong and the fix."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from rcm_pipeline.code_sets.built_in import built_in_release
from rcm_pipeline.code_sets.folder import load_releases
from rcm_pipeline.code_sets.names import Named, is_companion, named
from rcm_pipeline.code_sets.releases import Release
from rcm_pipeline.errors import ExitCode, SettingsError
from rcm_pipeline.settings import ClientSettings, Home, settings_hash
from tests.unit.code_set_world import day, release

ORDER = """00001 A00     0 Cholera                                                      Cholera
00002 A000    1 Cholera due to Vibrio cholerae 01, biovar cholerae           Cholera due to Vibrio cholerae 01, biovar cholerae
00003 S52502A 1 Unspecified fracture of the lower end of left radius, init   Unspecified fracture
"""
CODES = "A000    Cholera due to Vibrio cholerae 01, biovar cholerae\nS52502A Unspecified fracture\n"


def hcpcs_record(code: str, kind: str, added: str = "", changed: str = "", ended: str = "") -> str:
    """A record of CMS's HCPCS file, 320 characters."""
    text = f"{code:>5}00100{kind}".ljust(268) + f"{added:8}{changed:8}{ended:8}"
    return text.ljust(320)


HCPCS = "\r\n".join(
    [
        hcpcs_record("A0021", "3", "19820101", "20260101", "20261031"),
        hcpcs_record("A0021", "4"),
        hcpcs_record("RT", "7", "19820101", "19970101"),
        hcpcs_record("RT", "8"),
    ]
)


def loaded(folder: Path) -> dict[tuple[str, str], Release]:
    """The folder's own releases."""
    return {(r.system, r.release_id): r for r in load_releases(folder) if r.source == "file"}


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("icd10cm_order_2027.txt", Named("icd10cm", dt.date(2026, 10, 1), dt.date(2027, 9, 30))),
        ("icd10cm_codes_2027.txt", Named("icd10cm", dt.date(2026, 10, 1), dt.date(2027, 9, 30), is_codes_file=True)),
        ("icd10cm-order-April-2026.txt", Named("icd10cm", dt.date(2026, 4, 1), dt.date(2026, 9, 30))),
        ("icd10cm-codes-April-1-2026.txt", Named("icd10cm", dt.date(2026, 4, 1), dt.date(2026, 9, 30), is_codes_file=True)),
        ("HCPC2026_OCT_ANWEB_v2.txt", Named("hcpcs", dt.date(2026, 10, 1), dt.date(2026, 12, 31))),
        ("HCPC2020_APRIL_ANWEB_w_disclaimer_v5.csv", Named("hcpcs", dt.date(2020, 4, 1), dt.date(2020, 6, 30))),
        ("cpt_2027-01-01.csv", Named("cpt", dt.date(2027, 1, 1), dt.date(2027, 12, 31))),
        ("cpt_modifier_2027-01-01_2027-06-30.tsv", Named("cpt_modifier", dt.date(2027, 1, 1), dt.date(2027, 6, 30))),
        ("modifier_2026-10-01.txt", Named("modifier", dt.date(2026, 10, 1), dt.date(2026, 12, 31))),
        ("cpt_2027-13-01.csv", None),
        ("cpt_2027-06-30_2027-01-01.csv", None),
        ("cpt_2027.csv", None),
        ("icd10cm_order_Smarch_2026.txt", None),
        ("icd9_2014-10-01.txt", None),
    ],
)
def test_a_name_says_system_and_days(name: str, expected: Named | None) -> None:
    assert named(name) == expected


@pytest.mark.parametrize(
    "name", ["icd10cm_order_addenda_2027.txt", "icd10OrderFiles.pdf", "proc_notes_OCT2026.txt", "HCPC2026_recordlayout.txt", ".DS_Store"]
)
def test_what_cms_packs_beside_a_list_is_passed_over(name: str) -> None:
    assert is_companion(name)


def test_cms_order_file_as_it_comes(tmp_path: Path) -> None:
    put(tmp_path, "icd10cm_order_2027.txt", ORDER)
    put(tmp_path, "icd10cm_codes_2027.txt", CODES)
    put(tmp_path, "icd10cm_order_addenda_2027.txt", "Add:    00004 A001")
    found = loaded(tmp_path)
    assert list(found) == [("icd10cm", "icd10cm_order_2027.txt")], "the codes file is the same list"
    assert found["icd10cm", "icd10cm_order_2027.txt"].codes["code"].to_list() == ["A000", "S52502A"]


def test_cms_codes_file_as_it_comes(tmp_path: Path) -> None:
    put(tmp_path, "icd10cm_codes_2027.txt", CODES)
    assert loaded(tmp_path)["icd10cm", "icd10cm_codes_2027.txt"].codes["code"].to_list() == ["A000", "S52502A"]


def test_cms_hcpcs_file_as_it_comes(tmp_path: Path) -> None:
    """Codes and modifiers, in latin-1; the day added counts, not that of the newest change; more of a description is passed over."""
    put(tmp_path, "HCPC2026_OCT_ANWEB_v2.txt", HCPCS.encode("latin-1").replace(b"00100", b"001\xe90"))
    put(tmp_path, "HCPC2026_OCT_ANWEB_v2.xlsx", b"PK")
    found = loaded(tmp_path)
    codes = {system: release.codes.rows() for (system, _), release in found.items()}
    assert codes == {
        "hcpcs": [("A0021", dt.date(1982, 1, 1), dt.date(2026, 10, 31))],
        "modifier": [("RT", dt.date(1982, 1, 1), None)],
    }


def test_cms_archive_as_it_comes(tmp_path: Path) -> None:
    """Folders inside, the codes file and the workbook beside the list, addenda and notes."""
    with zipfile.ZipFile(tmp_path / "code-descriptions.zip", "w") as packed:
        packed.writestr("Code Descriptions/icd10cm_order_2027.txt", ORDER)
        packed.writestr("Code Descriptions/icd10cm_codes_2027.txt", CODES)
        packed.writestr("Code Descriptions/icd10cm_order_addenda_2027.txt", "Add:    00004 A001")
        packed.writestr("HCPC2026_OCT_ANWEB_v2.txt", HCPCS)
        packed.writestr("HCPC2026_OCT_ANWEB_v2.xlsx", "never opened")
    assert sorted(loaded(tmp_path)) == [
        ("hcpcs", "HCPC2026_OCT_ANWEB_v2.txt"),
        ("icd10cm", "icd10cm_order_2027.txt"),
        ("modifier", "HCPC2026_OCT_ANWEB_v2.txt"),
    ]


def test_cms_workbook_as_it_comes(tmp_path: Path) -> None:
    """A disclaimer above the headings, and records that go on with a description."""
    with xlsxwriter.Workbook(tmp_path / "HCPC2026_OCT_ANWEB.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "HCPCS codes of October 2026,\nas is")
        sheet.write_row(2, 0, ["HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "ADD DT", "ACT EFF DT", "TERM DT"])
        sheet.write_row(3, 0, ["A0021", "00100", "3", "Ambulance", "19820101", "20250101", "20261031"])
        sheet.write_row(4, 0, ["A0021", "00200", "4", "service", "19820101", "20250101", "20261031"])
        sheet.write_row(5, 0, ["RT", "00100", "7", "Right side", "19820101", "19820101", ""])
    codes = {system: release.codes.rows() for (system, _), release in loaded(tmp_path).items()}
    assert codes == {
        "hcpcs": [("A0021", dt.date(1982, 1, 1), dt.date(2026, 10, 31))],
        "modifier": [("RT", dt.date(1982, 1, 1), None)],
    }


@pytest.mark.parametrize(
    "text",
    [
        "code,description\n99213,x\n0001U,y\n25,z\n",
        "CPT Code\tLong\n99213\tx, with a comma\n0001u\ty\n25\tz\n",
        "\ufeffLicensed to nobody\n\nCPT Code;Effective Date;Termination Date\n99213;01/01/2020;\n0001U;20200101;2029-12-31\n25;;\n",
        "code\n99213\n0001U\n25\n",
        "99213 x\n0001U y\n25 z\n",
    ],
)
def test_a_licence_list_may_be_a_table_or_plain(tmp_path: Path, text: str) -> None:
    put(tmp_path, "cpt_2026-01-01.csv", text)
    found = loaded(tmp_path)
    assert {system: release.codes["code"].to_list() for (system, _), release in found.items()} == {
        "cpt": ["0001U", "99213"],
        "cpt_modifier": ["25"],
    }


def test_a_tables_days_are_read(tmp_path: Path) -> None:
    put(tmp_path, "cpt_2026-01-01.csv", "code,valid_from,valid_to\n99213,2026-02-01,2026-03-31\n99213,2026-05-01,\n")
    assert loaded(tmp_path)["cpt", "cpt_2026-01-01.csv"].codes.rows() == [
        ("99213", dt.date(2026, 2, 1), dt.date(2026, 3, 31)),
        ("99213", dt.date(2026, 5, 1), None),
    ]


@pytest.mark.parametrize(
    ("name", "text", "says", "fix"),
    [
        ("cpt.csv", "code\n99213\n", "does not say of which code set and day", "cpt_2027-01-01.csv"),
        ("cpt_2027-02-30.csv", "code\n99213\n", "does not say of which code set and day", "cpt_2027-01-01.csv"),
        ("icd10cm_2027.zip", "PK", "archive is damaged", "download it again"),
        ("HCPC2026_OCT_ANWEB.xlsx", "PK", "workbook cannot be read", "download it again"),
        ("codes.xlsx", "PK", "does not say of which code set and day", "cpt_2027-01-01.csv"),
        ("cpt_2026-01-01.csv", "code\n", "holds no code", "download it again"),
        ("cpt_2026-01-01.csv", "", "holds no code", "download it again"),
        ("cpt_2026-01-01.csv", "code,note\n99213,x\nJ1100,SECRET\n", "line 3: there is no CPT code", "correct that line"),
        ("cpt_2026-01-01.csv", "code,effective date\n99213,2026-01-01\n\n99214,1st May\n", "line 4: a date is none", "20261001"),
        ("cpt_2026-01-01.csv", "code,valid from,valid to\n99213,2026-05-01,2026-04-30\n", "line 2: the last day is before", "correct"),
        ("icd10cm_order_2027.txt", ORDER + "00004 A001    x Cholera\n", "line 4: there is no ICD-10-CM code", "docs/code_sets.md"),
        ("icd10cm_order_2027.txt", ORDER.replace("A000 ", "A0-0 "), "line 2: there is no ICD-10-CM code", "correct"),
        ("HCPC2026_OCT_ANWEB.txt", HCPCS.replace("20261031", "20261399"), "line 1: a date is none", "write dates"),
        ("HCPC2026_OCT_ANWEB.txt", "<html>Access denied</html>\n", "line 1: there is no HCPCS code", "download"),
    ],
)
def test_a_broken_list_is_named_with_its_line_and_the_fix(tmp_path: Path, name: str, text: str, says: str, fix: str) -> None:
    put(tmp_path, name, text)
    with pytest.raises(SettingsError, match=says) as caught:
        load_releases(tmp_path)
    assert name in str(caught.value)
    assert fix in caught.value.fix
    assert "SECRET" not in str(caught.value) + caught.value.fix
    assert caught.value.exit_code == ExitCode.SETTINGS


def test_two_lists_of_one_day_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "cpt_2026-01-01.csv", "code\n99213\n")
    put(tmp_path, "cpt_2026-01-01.txt", "99213\n")
    with pytest.raises(SettingsError, match=r"cpt_2026-01-01.txt: cpt_2026-01-01.csv is of the same code set and day"):
        load_releases(tmp_path)


def test_a_release_ends_where_the_next_begins_and_a_file_goes_before_the_package(tmp_path: Path) -> None:
    put(tmp_path, "icd10cm-order-April-2026.txt", ORDER)
    put(tmp_path, "icd10cm_2026-08-15.txt", CODES)
    found = load_releases(tmp_path)
    assert [(r.release_id, r.valid_from, r.valid_to) for r in found] == [
        ("icd10cm-order-April-2026.txt", day("2026-04-01"), day("2026-08-14")),
        ("icd10cm_2026-08-15.txt", day("2026-08-15"), day("2026-09-30")),
    ]


def test_without_a_folder_there_is_the_packages_list_alone(tmp_path: Path) -> None:
    assert load_releases(tmp_path / "none") == [built_in_release()]


def test_a_folder_the_settings_name_must_be_there(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    assert home.code_lists(ClientSettings()) == tmp_path / "code_sets"
    with pytest.raises(SettingsError, match="licensed: this folder of code lists does not exist"):
        home.code_lists(ClientSettings(code_sets="licensed"))


def test_a_changed_list_is_a_changed_setting(tmp_path: Path) -> None:
    """So the next run computes again; without a folder the hash is as it was before there were lists."""
    (tmp_path / "acme.toml").write_text('name = "Acme"\n')
    before = settings_hash(tmp_path, "acme")
    for folder in ("code_sets", "licensed"):
        (tmp_path / folder).mkdir()
        assert settings_hash(tmp_path, "acme") == before
    put(tmp_path / "code_sets", "cpt_2026-01-01.csv", "code\n99213\n")
    with_list = settings_hash(tmp_path, "acme")
    put(tmp_path / "code_sets", "cpt_2026-01-01.csv", "code\n99214\n")
    assert len({before, with_list, settings_hash(tmp_path, "acme")}) == 3
    named_first = settings_hash(tmp_path, "acme")
    (tmp_path / "code_sets" / "cpt_2026-01-01.csv").rename(tmp_path / "code_sets" / "cpt_2027-01-01.csv")
    assert settings_hash(tmp_path, "acme") != named_first, "the name says the days"
    (tmp_path / "acme.toml").write_text('code_sets = "licensed"\n')
    other = settings_hash(tmp_path, "acme")
    put(tmp_path / "code_sets", "cpt_2026-01-01.csv", "code\n99215\n")
    assert settings_hash(tmp_path, "acme") == other


def test_only_used_codes_are_kept() -> None:
    from rcm_pipeline.code_sets.releases import code_entries, release_table
    from tests.unit.code_set_world import World, claim

    lists = [release("icd10cm", "2026-10-01", "2027-09-30", "A00 A010 A011 A02"), release("cpt", "2026-01-01", "2026-12-31", "99213 99214")]
    world = World([claim("1", "2026-10-05", "A01 A02 B99", [{"procedure_code": "99213"}])], *lists)
    assert world.entries.select("system_code", "code", "is_billable", "longer_code_count").rows() == [
        ("cpt", "99213", True, 0),
        ("icd10cm", "A01", False, 2),
        ("icd10cm", "A02", True, 0),
    ]
    assert release_table(world.releases)["code_count"].to_list() == [2, 4]
    assert code_entries(world.entries.clear(), []).is_empty()
