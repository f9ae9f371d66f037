"""Random selection of items with spares: reproducible from a seed, on any machine and with any release of NumPy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats.checks import whole

_BITS = 64


@dataclass(frozen=True)
class Selection:
    """Item numbers from 1 to the frame size. Spares are used in the order given, one for each item that cannot be reviewed."""

    frame_size: int
    seed: int
    sample: tuple[int, ...]  # in the order of selection
    spares: tuple[int, ...]  # in the order of selection

    @property
    def ascending(self) -> tuple[int, ...]:
        """The sample sorted by item number, as reviewers work it."""
        return tuple(sorted(self.sample))


def select(frame_size: int, sample_size: int, spares: int, seed: int) -> Selection:
    """A simple random sample without replacement, and spares, from the items 1 to `frame_size`.

    The raw 64-bit output of PCG64 (seeded through NumPy's SeedSequence; both are fixed by NumPy's compatibility policy) feeds a
    Fisher-Yates shuffle, with rejection, so that every order is equally likely. More spares leave the sample as it is. RAT-STATS'
    own generator is not reproduced. Raises InputError when frame, sample and spares do not fit.
    """
    frame_size = whole(frame_size, "frame_size", least=1)
    sample_size = whole(sample_size, "sample_size", least=1, most=frame_size)
    spares = whole(spares, "spares", least=0)
    seed = whole(seed, "seed", least=0)
    if sample_size + spares > frame_size:
        raise InputError("sample and spares are more than the frame has items", fix="ask for fewer spares")
    drawn = list(_shuffled(frame_size, sample_size + spares, np.random.PCG64(seed)))
    return Selection(frame_size, seed, tuple(drawn[:sample_size]), tuple(drawn[sample_size:]))


def _shuffled(frame_size: int, count: int, bits: np.random.PCG64) -> Iterator[int]:
    """The first `count` places of a shuffle of 1..frame_size; only the places that were touched are kept."""
    moved: dict[int, int] = {}
    for place in range(count):
        other = place + _below(frame_size - place, bits)
        yield moved.get(other, other) + 1
        moved[other] = moved.get(place, place)


def _below(end: int, bits: np.random.PCG64) -> int:
    """A whole number from 0 to end - 1, each equally likely."""
    fair = (1 << _BITS) - (1 << _BITS) % end
    while True:
        drawn = int(bits.random_raw())
        if drawn < fair:
            return drawn % end
