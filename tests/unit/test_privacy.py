"""Tokens join what must join and nothing else; the door drops what is not listed; keys are safe."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.errors import SettingsError
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.sample.generate import generate
from rcm_pipeline.x12.read import read_x12
from rcm_pipeline.x12.table import parse_reference
from tests.unit.lives import interchange


def tokens(key: bytes, domain: str, *values: str | None) -> list[str | None]:
    return Tokens(key).token(domain, pl.Series(values, dtype=pl.String)).to_list()


def test_the_same_value_has_the_same_token_whatever_its_padding_and_case() -> None:
    first, second, third, nothing = tokens(b"a" * 32, "pcn", "abc-1", " ABC-1 ", "abc-2", None)
    assert first == second != third
    assert nothing is None
    assert len(first or "") == 32


def test_tokens_of_other_clients_and_domains_never_match() -> None:
    assert tokens(b"a" * 32, "pcn", "X1") != tokens(b"b" * 32, "pcn", "X1")
    assert tokens(b"a" * 32, "pcn", "X1") != tokens(b"a" * 32, "icn", "X1")


def test_what_is_not_listed_is_dropped() -> None:
    door = AllowListDoor({"CLP02": "code"}, Tokens(b"a" * 32))
    assert door.admit("NM103[QC]", pl.Series(["DOE"])).to_list() == [None]
    assert door.shape_of("NM103[QC]") is None
    assert door.tokeniser("NM103[QC]") is None


@pytest.mark.parametrize(
    ("treatment", "text", "admitted"),
    [
        ("code", "99213", "99213"),
        ("code", "JOHN DOE", None),
        ("clinical", "m17.11", "M17.11"),
        ("clinical", "99213-25", "99213-25"),
        ("clinical", "DOE", None),
        ("npi", "1234567893", "1234567893"),
        ("npi", "123456789", None),
        ("name", "ACME HEALTH", "ACME HEALTH"),
        ("name", "X" * 81, None),
        ("name", "SMITH, JOHN", None),
        ("name", "O'Neil, Mary A", None),
        ("name", "AETNA, INC.", "AETNA, INC."),
        ("name", "Workers Comp, State of Ohio", "Workers Comp, State of Ohio"),
        ("staff", "C-017", "C-017"),
        ("keep", " 12.50 ", "12.50"),
        ("drop", "x", None),
    ],
)
def test_treatments(treatment: str, text: str, admitted: str | None) -> None:
    assert AllowListDoor({"E": treatment}, Tokens(b"a" * 32)).admit("E", pl.Series([text])).to_list() == [admitted]


def test_a_rare_label_may_be_about_a_person() -> None:
    text = pl.Series(["call"] * 5 + ["called Jane Doe", None])
    assert AllowListDoor({"E": "label"}, Tokens(b"a" * 32)).admit("E", text).to_list() == ["call"] * 5 + ["other", None]


def test_a_label_of_one_claim_in_five_rows_is_rare() -> None:
    door = AllowListDoor({"specialty": "label", "claim_token": "token:pcn"}, Tokens(b"a" * 32))
    cells = pl.DataFrame({"claim_token": ["A1"] * 5 + ["A1", "A2", "A3", "A4", "A5"], "specialty": ["Jane Doe"] * 5 + ["surgery"] * 5})
    assert door.admit_all(cells, lambda name: name)["specialty"].to_list() == ["other"] * 5 + ["surgery"] * 5


def test_a_person_named_as_staff_becomes_a_token() -> None:
    [admitted] = AllowListDoor({"E": "staff"}, Tokens(b"a" * 32)).admit("E", pl.Series(["Jane Smith"])).to_list()
    assert "JANE" not in admitted.upper()
    assert len(admitted) == 32


def test_the_list_lets_no_name_address_or_birth_date_in() -> None:
    listed = allow_list()["x12"]
    segments = {parse_reference(reference)[0] for reference in listed}
    assert not segments & {"N2", "N3", "N4", "PER", "DMG", "K3"}
    assert {k: v for k, v in listed.items() if k.startswith("NM103")} == {"NM103[PR]": "name", "NM103[TT]": "flag"}
    assert not any(parse_reference(k)[0] == "NM1" and parse_reference(k)[1] in (4, 5, 6, 7) for k in listed)
    for reference in ("CLP01", "CLM01", "CLP07", "NM109[IL]", "NM109[QC]", "TRN02", "REF02[6R]", "REF02[F8]"):
        assert listed[reference].startswith("token:"), reference
    assert listed["NTE02"] == listed["REF02[G1]"] == "flag"


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    key = client_keys(folder, "acme")
    assert client_keys(folder, "acme") == key != client_keys(folder, "other")
    assert stat.S_IMODE((folder / "acme.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "spoil", [lambda p: p.chmod(0o644), lambda p: p.write_text("short"), lambda p: (p.unlink(), os.symlink("/etc/hostname", p))]
)
def test_unsafe_or_damaged_keys_are_refused_with_the_fix(tmp_path: Path, spoil) -> None:
    client_keys(tmp_path, "acme")
    spoil(tmp_path / "acme.key")
    with pytest.raises(SettingsError) as caught:
        client_keys(tmp_path, "acme")
    assert "acme.key" in str(caught.value)
    assert caught.value.fix


def admitted(*segments: str, kind: str) -> dict[str, pl.DataFrame]:
    """The tables of one transaction, through the door of the shipped list."""
    return read_x12([interchange(segments, kind=kind)], AllowListDoor(allow_list()["x12"], Tokens(bytes(32)))).tables


def test_codes_as_long_as_the_guides_let_them_be_come_in() -> None:
    """Element numbers of a 999 have four digits (IK402), control numbers may have letters (ST02), a DRG four characters (CLP11)."""
    answer = admitted(
        "ST*999*A00B1", "AK1*HC*7*005010X222A1", "AK2*837*0021X", "IK3*CLM*8*2300*8", "IK4*5*1331*7", "IK5*R*5", "AK9*R*1*1*0", kind="FA"
    )
    assert answer["raw_acknowledgement_errors"]["element_code"].drop_nulls().to_list() == ["1331"]
    paid = admitted(
        "ST*835*X001", "BPR*I*80*C*ACH************20261102", "TRN*1*T1*1", "N1*PR*PAYER P1*XV*P1", "LX*1",
        "CLP*A1*1*100*80*0*12*I1*11*1**470A", "CAS*CO*45*20", kind="HP",
    )  # fmt: skip
    assert paid["raw_transactions"]["transaction_control_id"].to_list() == ["X001"]
    assert paid["raw_remits"]["drg_code"].to_list() == ["470A"]


NAME = "SMITH"
PAYER_PLACES = {("N1", "PR", 2), ("N1", "PR", 4), ("NM1", "PR", 3), ("NM1", "PR", 9)}  # an organisation's name and number
QUALIFIED = ("N1", "NM1", "REF", "DTP", "DTM", "AMT", "QTY", "TRN")


def places_of(segments: list[str]) -> Iterator[tuple[tuple[str, str, int], str]]:
    """Every component of every kind of segment, with the message that has a name in its place."""
    seen = set()
    for at, segment in enumerate(segments):
        elements = segment.split("*")
        qualifier = elements[1] if elements[0] in QUALIFIED else ""
        for number in range(1, len(elements) if elements[0] != "ISA" else 0):
            for part, _ in enumerate(parts := elements[number].split(":")):
                if (place := (elements[0], qualifier, number, part)) not in seen:
                    seen.add(place)
                    planted = [*elements[:number], ":".join([*parts[:part], NAME, *parts[part + 1 :]]), *elements[number + 1 :]]
                    yield place[:3], "~\n".join([*segments[:at], "*".join(planted), *segments[at + 1 :]])


@pytest.mark.parametrize("kind", ["835_*", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("837I_*", "837P_*", "ACK_*"))])
def test_a_name_where_a_code_belongs_comes_through_nowhere(kind: str, tmp_path: Path) -> None:
    generate(tmp_path, weeks=1, scale=0.02, progress=lambda _: None)
    inbox = tmp_path / "inbox" / "stonebridge-regional"
    text = max(inbox.glob(kind), key=lambda path: path.stat().st_size).read_bytes().decode()
    tried, through = 0, set()
    for place, planted in places_of(text.split("~\n")[:60]):
        tried += 1
        tables = read_x12([planted.encode()], AllowListDoor(allow_list()["x12"], Tokens(bytes(32)))).tables
        texts = (frame[name] for frame in tables.values() for name, kind_of in frame.schema.items() if kind_of == pl.String)
        if any(text.str.contains(NAME, literal=True).any() for text in texts):
            through.add(place)
    assert tried > 50
    assert through <= PAYER_PLACES
