"""A wrong setting is named; folders and clients are told apart."""

import os
from pathlib import Path

import pytest

from rcm_pipeline.errors import SettingsError
from rcm_pipeline.intake.inbox import clients_of, files_under, places_of
from rcm_pipeline.settings import client_of, load_client_settings


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nmae = 'x'", "nmae"),
        ("[quarantine]\nmax_share = 2", "quarantine.max_share"),
        ("name =", "not TOML"),
        ("[scorecard.no_such]\ntarget = 0.1", "no_such"),
        ("[headers.qa_reviewz]\nx = 'y'", "qa_reviewz"),
        ("[headers.qa_reviews]\ncodr = 'y'", "codr"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "acme.toml").write_text(text)
    with pytest.raises(SettingsError, match=named) as caught:
        load_client_settings(tmp_path, "acme")
    assert "acme.toml" in str(caught.value)


def test_a_target_may_be_given_without_its_limit(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text("[scorecard.coding_accuracy]\ntarget = 0.98\n")
    assert load_client_settings(tmp_path, "acme").scorecard["coding_accuracy"].target == 0.98


@pytest.mark.parametrize(
    ("folder", "client"), [("Acme Health", "acme-health"), ("_archive", "archive"), ("Clínica", "clinica"), ("../../evil", "evil")]
)
def test_clients_are_named_after_their_folders(folder: str, client: str) -> None:
    assert client_of(folder) == client


def test_a_name_in_another_script_has_a_name_too() -> None:
    assert client_of("医院").startswith("client-")
    assert client_of("医院") != client_of("診所")


def test_two_folders_of_one_client_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ACME").mkdir()
    (tmp_path / "acme").mkdir()
    (tmp_path / "north").mkdir()
    assert sorted(clients_of(tmp_path)) == ["acme", "north"]
    assert places_of(tmp_path, "north") == [tmp_path / "north"]
    with pytest.raises(SettingsError, match="ACME and acme would be one client"):
        places_of(tmp_path, "acme")


def test_a_folder_may_be_named_with_any_bytes(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/\xff\xfe")
    (client,) = clients_of(tmp_path)
    assert client.startswith("client-")


def test_linked_folders_are_listed_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.835").write_text("x")
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "linked").symlink_to(tmp_path / "real")
    assert [p.name for p in files_under([tmp_path / "acme"])] == ["linked"]
