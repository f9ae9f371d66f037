"""A small share of what `make test-slow` reads: damaged files lose nothing, cost their neighbours nothing, and keep what can be kept."""

import pytest

from tests.fuzz.check import bases, check_files


@pytest.mark.parametrize("seed", [101, 102])
def test_damaged_files_account_for_every_segment(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    texts = bases(tmp_path_factory.mktemp("bases"))
    assert check_files(texts, 400, seed) > 1_000
