"""What leaves an asset when something breaks: a sentence of ours or a type and a place, never a value."""

import dagster as dg
import pytest

from assets.guard import safely
from rcm_pipeline.errors import ExitCode, SettingsError


def test_our_errors_keep_their_message_fix_and_code() -> None:
    def work() -> None:
        raise SettingsError("acme.toml: headers: wrong", fix="correct it")

    with pytest.raises(dg.Failure) as caught:
        safely(work)
    assert caught.value.description == "acme.toml: headers: wrong Fix: correct it"
    assert caught.value.metadata["exit_code"].value == ExitCode.SETTINGS
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_other_errors_leave_their_value_behind() -> None:
    with pytest.raises(dg.Failure) as caught:
        safely(lambda: int("123-45-6789"))
    assert "ValueError" in caught.value.description
    assert "test_guard.py" in caught.value.description
    assert "6789" not in caught.value.description
    assert caught.value.__context__ is None
