"""The vault: sealed, opened by its own keys alone, carried over to a new key."""

from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.errors import SettingsError, StorageError
from rcm_pipeline.privacy.keys import add_key, client_keys
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.privacy.vault import ACCOUNT, PAYER_NUMBER, Vault

FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))
NUMBERS = ["Acct-17", "acct-18", "ÅNGSTRÖM 9"]


def filled(folder: Path) -> list[str]:
    """A vault of these accounts, and their tokens."""
    vault = Vault(folder, (FIRST,))
    tokens = Tokens(FIRST, heard=vault.note)
    made = tokens.token(ACCOUNT, pl.Series(NUMBERS)).to_list()
    tokens.token("member", pl.Series(["M1"]))
    vault.seal()
    return made


def test_numbers_come_back_as_they_were_written(tmp_path: Path) -> None:
    made = filled(tmp_path)
    found = Vault(tmp_path, (FIRST,)).numbers(ACCOUNT, pl.Series([*made, "0" * 32]))
    assert dict(found.iter_rows()) == dict(zip(made, NUMBERS, strict=True))
    assert Vault(tmp_path, (FIRST,)).numbers(PAYER_NUMBER, pl.Series(made)).is_empty()


def test_what_is_sealed_shows_nothing_and_opens_to_no_other_key(tmp_path: Path) -> None:
    filled(tmp_path)
    [block] = tmp_path.iterdir()
    assert not any(number.encode() in block.read_bytes() for number in NUMBERS)
    with pytest.raises(StorageError, match="another key"):
        Vault(tmp_path, (SECOND,)).numbers(ACCOUNT, pl.Series(["x"]))
    block.write_bytes(block.read_bytes()[:-1] + b"x")
    with pytest.raises(StorageError, match="damaged"):
        Vault(tmp_path, (FIRST,)).numbers(ACCOUNT, pl.Series(["x"]))


def test_a_new_key_renews_tokens_and_blocks_and_both_still_match(tmp_path: Path) -> None:
    made = filled(tmp_path)
    vault = Vault(tmp_path, (FIRST, SECOND))
    vault.renew()
    new = Tokens(FIRST, SECOND).token(ACCOUNT, pl.Series(NUMBERS)).to_list()
    assert not set(new) & set(made)
    assert dict(vault.numbers(ACCOUNT, pl.Series(new)).iter_rows()) == dict(zip(new, NUMBERS, strict=True))
    before = [path.name for path in tmp_path.iterdir()]
    vault.renew()
    assert [path.name for path in tmp_path.iterdir()] == before, "a block of the newest key stays"


def test_keys_are_added_and_a_key_of_systemd_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [first] = client_keys(tmp_path, "acme")
    assert add_key(tmp_path, "acme")[0] == first
    assert len(client_keys(tmp_path, "acme")) == 2
    given = tmp_path / "given"
    given.mkdir(mode=0o700)
    (given / "acme.key").write_text(SECOND.hex() + "\n")
    (given / "acme.key").chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert client_keys(tmp_path, "acme") == (SECOND,)
    before = (tmp_path / "acme.key").read_text()
    with pytest.raises(SettingsError, match="from systemd"):
        add_key(tmp_path, "acme")
    assert (tmp_path / "acme.key").read_text() == before


def test_a_lost_key_is_said_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is gone") as caught:
        client_keys(tmp_path, "acme", may_create=False)
    assert "backup" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_of_several_spellings_the_first_comes_back(tmp_path: Path) -> None:
    for spelling in ("First", "FIRST", "first "):
        vault = Vault(tmp_path, (FIRST,))
        token = Tokens(FIRST, heard=vault.note).token(ACCOUNT, pl.Series([spelling]))
        vault.seal()
    assert Vault(tmp_path, (FIRST,)).numbers(ACCOUNT, token)["number"].to_list() == ["First"]
