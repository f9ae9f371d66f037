"""The code tables: complete, dated, and refused when edited without a visible change."""

import datetime as dt

import polars as pl
import pytest

import rcm_pipeline.reference as module
from rcm_pipeline.errors import SettingsError
from rcm_pipeline.reference import reference, reference_hash
from schemas.vocabulary.coding import ERROR_CODES
from schemas.vocabulary.denials import HARDNESS, OWNERS, PREVENTABLE, ROOT_CAUSES


def test_tables_are_complete_and_their_words_are_known() -> None:
    carc, rarc = reference("carc"), reference("rarc")
    assert (carc.height, rarc.height) == (365, 405)
    for table in (carc, rarc):
        assert set(table["root_cause"]) <= set(ROOT_CAUSES)
        assert set(table["owner"]) <= set(OWNERS)
        assert set(table["preventable"]) <= set(PREVENTABLE)
        assert set(table["hardness"]) <= set(HARDNESS)
    assert carc["carc_code"].is_unique().all()
    assert carc.group_by("class").len().sort("class").rows() == [
        ("cob", 8),
        ("contractual", 75),
        ("denial", 230),
        ("info", 31),
        ("patient_resp", 21),
    ]
    assert set(reference("root_causes")["root_cause"]) == set(ROOT_CAUSES)
    assert reference("qa_errors")["error_code"].to_list() == ERROR_CODES


def test_codes_are_dated() -> None:
    carc = reference("carc")
    assert carc["valid_from"].null_count() == 0
    assert carc["valid_to"].drop_nulls().len() == 68
    assert carc.filter(pl.col("carc_code") == "15")["valid_to"].to_list() == [dt.date(2018, 5, 1)]
    assert carc.filter(pl.col("valid_to") < pl.col("valid_from")).is_empty()


def test_an_edited_table_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    reference.cache_clear()
    manifest = {name: dict(entry) for name, entry in module._manifest().items()}
    manifest["carc.tsv"]["sha256"] = "0" * 64
    monkeypatch.setattr(module, "_manifest", lambda: manifest)
    with pytest.raises(SettingsError, match=r"carc\.tsv"):
        reference("carc")
    monkeypatch.undo()
    reference.cache_clear()


def test_the_taxonomy_version_is_short_and_stable() -> None:
    assert reference_hash() == reference_hash()
    assert len(reference_hash()) == 12
