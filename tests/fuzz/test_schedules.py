"""Fifty files delivered in two hundred random ways give the same core and marts each time."""

import random

import pytest

from tests.fuzz.schedules import delivered, differing, numbers, world


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(start, start + 50) for start in (0, 50, 100, 150)], ids=str)
def test_however_fifty_files_are_delivered_every_number_is_the_same(seeds: range) -> None:
    files = world(weeks=25)
    first = numbers(*files)
    for seed in seeds:
        rng = random.Random(seed)
        assert differing(first, numbers(*delivered(files, rng), rename=rng)) == [], f"seed {seed}"
