"""What leaves an asset when something breaks: a sentence of ours or a type and a place, never a value."""

from pathlib import Path

import dagster as dg
import pytest

from assets.guard import safely
from assets.resources import Workplace
from rcm_pipeline.errors import ExitCode, SettingsError
from rcm_pipeline.settings import Home


def place_of(told: list[str], folder: Path) -> Workplace:
    return Workplace(Home(root=folder, inbox=folder, settings=folder), fault=told.append)


def test_our_errors_are_told_whole_and_recorded_by_their_kind(tmp_path: Path) -> None:
    def work() -> None:
        raise SettingsError("/srv/acme.toml: headers: wrong", fix="correct it")

    told: list[str] = []
    with pytest.raises(dg.Failure) as caught:
        safely(place_of(told, tmp_path), work)
    assert told == ["/srv/acme.toml: headers: wrong; correct it"]
    assert caught.value.description == "a settings, key or code table file is wrong or unsafe; rcm run says which and what to do"
    assert caught.value.metadata["exit_code"].value == ExitCode.SETTINGS
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_other_errors_leave_their_value_behind(tmp_path: Path) -> None:
    with pytest.raises(dg.Failure) as caught:
        safely(place_of([], tmp_path), lambda: int("123-45-6789"))
    assert "ValueError" in caught.value.description
    assert "test_guard.py" in caught.value.description
    assert "6789" not in caught.value.description
    assert caught.value.__context__ is None
