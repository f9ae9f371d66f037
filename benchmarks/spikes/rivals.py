"""Three plain methods to compare with: a p-chart, Laney's p′ chart and EARS C2, as normal scores by evaluated week and series."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.spikes.simulate import Floats, World

WINDOW, LEFT_OUT = 52, 1  # weeks of the charts' baseline, the best for them of 13 to 90, and between it and the judged week
EARS_WINDOW, EARS_LEFT_OUT = 7, 2
_TINY = 1e-9


def p_chart(world: World) -> Floats:
    """Standard deviations above the mean of the baseline, by the binomial."""
    y, n, p = _charted(world)
    return _z(y[..., -1], n[..., -1], p)


def laney(world: World) -> Floats:
    """The same, in units of the baseline's own scatter by moving ranges."""
    y, n, p = _charted(world)
    past = _z(y[..., :WINDOW], n[..., :WINDOW], p[..., None])
    scatter = np.abs(np.diff(past, axis=-1)).mean(axis=-1) / 1.128
    result: Floats = _z(y[..., -1], n[..., -1], p) / np.maximum(scatter, _TINY)
    return result


def ears_c2(world: World) -> Floats:
    """Standard deviations of the last seven rates, two weeks left out, above their mean."""
    rate = _windows(world, world.y / np.maximum(world.n, 1), EARS_WINDOW + EARS_LEFT_OUT + 1)
    past = rate[..., :EARS_WINDOW]
    least = 1 / np.maximum(world.n[world.start :], 1)  # one denial, where the past never varied
    result: Floats = (rate[..., -1] - past.mean(axis=-1)) / np.maximum(past.std(axis=-1, ddof=1), least)
    return result


def _charted(world: World) -> tuple[Floats, Floats, Floats]:
    """Denied and decided of the baseline and the judged week, and the baseline's rate."""
    y, n = (_windows(world, counts.astype(np.float64), WINDOW + LEFT_OUT + 1) for counts in (world.y, world.n))
    return y, n, y[..., :WINDOW].sum(axis=-1) / np.maximum(n[..., :WINDOW].sum(axis=-1), 1)


def _windows(world: World, values: Floats, length: int) -> Floats:
    """By evaluated week and series, the values of so many weeks to that week."""
    return sliding_window_view(values[world.start - length + 1 :], length, axis=0)


def _z(y: Floats, n: Floats, p: Floats) -> Floats:
    result: Floats = (y - n * p) / np.sqrt(np.maximum(n * p * (1 - p), _TINY))
    return result
