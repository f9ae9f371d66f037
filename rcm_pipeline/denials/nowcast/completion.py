"""How far the decisions of a submission week have come at each age, by outcome: reverse-time chain ladder, pooled by payer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rcm_pipeline.denials.nowcast.settings import NowcastSettings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SURE = 1e-6  # a share of none or all is never certain
_CORRELATION = (1e-5, 0.5)  # of the hazards within a group; none shows below, nothing is pooled above
_AT_ONCE = 256  # series, so that memory does not grow with them
_SPEEDS = 2.0 ** (np.arange(-16, 17) / 16)  # from twice as fast to half as fast


@dataclass(frozen=True)
class Completion:
    """By series and age: logs of the share decided by that age and of the share still open, and the variances of both."""

    log_done: Floats
    log_open: Floats
    var_done: Floats
    var_open: Floats


def sum_by(values: Floats, group: Ints) -> Floats:
    """Sums over the rows of each group, in the order of the groups."""
    out = np.zeros((int(group.max()) + 1, *values.shape[1:]))
    np.add.at(out, group, values)
    return out


def completion(counts: Floats, payer: Ints, settings: NowcastSettings) -> Completion:
    """Share of the finally so decided claims that are decided by each age, from the latest weeks of decisions.

    counts: series x submission week (by age, youngest first) x age at decision; nothing where not yet known. The chain
    ladder of baselinenowcast, read backwards: h(b) = decisions at age b / decisions up to age b, over the submission weeks
    that have reached b; F(a) = product over b > a of 1 - h(b). (There theta = h / (1 - h).) Taken within one outcome,
    so that a change of the denial rate does not move it. A week of decisions t weeks ago counts 0.5 ** (t / half_life).

    A series' h is drawn to its payer's, a payer's to the run's: h = (x + K h_above) / (X + K), K = 1 / r - 1, where r, the
    correlation of decisions in a group, is (sum (x - X h)² - sum X h (1 - h)) / sum X (X - 1) h (1 - h). The variance of
    log F(a) is sum over b > a of h / ((1 - h)(X + K)), as Greenwood's.
    """
    made, held = _ladder(counts, settings.recent, settings.half_life)
    payer_made, payer_held = sum_by(made, payer), sum_by(held, payer)
    run_made, run_held = payer_made.sum(axis=0, keepdims=True), payer_held.sum(axis=0, keepdims=True)
    hazard, weight = _drawn(payer_made, payer_held, run_made / (run_held + 1e-9), run_held + 1)
    hazard, weight = _drawn(made, held, hazard[payer], weight[payer])
    hazard = np.clip(hazard, _SURE, 1 - 1e-3)
    log_done, var_done = _after(np.log1p(-hazard)), _after(hazard / ((1 - hazard) * weight))
    left = np.maximum(-np.expm1(log_done), _SURE)
    return Completion(log_done, np.log(left), var_done, var_done * (np.exp(log_done) / left) ** 2)


def pace_variance(denied: Floats, paid: Floats, curves: tuple[Completion, Completion], payer: Ints, settings: NowcastSettings) -> Floats:
    """By series and age: variance of log (F_D / F_P) between the weeks of a payer, beyond counting.

    A payer that has usually made a third of its denials at some age has made a quarter in one week and half in another. What
    the denials of a week did at age b beside what its payments did: (x - X h) / (X (1 - h)) of the one less the other; its square,
    less what counting gives, is averaged over the weeks of decisions that the chain ladder reads, each weighed by its counts, and a
    payer's drawn to the run's by `pace_weeks`. Ages are taken as independent, so they add up from b > a on. Weeks in which
    both go slower alike leave none: they are met by the effective age.
    """
    series, weeks, ages = denied.shape
    since = np.arange(weeks)[:, None] - np.arange(ages)
    is_read = (since >= 0) & (since < settings.recent)
    hazards = [_hazards(curve) for curve in curves]
    told, of, cells = (np.zeros((series, ages)) for _ in range(3))
    for first in range(0, series, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        gap, counting = _gaps((denied[part], paid[part]), (hazards[0][part], hazards[1][part]))
        weight = np.where(is_read & np.isfinite(counting), 1 / (counting + settings.delay_variance) ** 2, 0.0)
        told[part] = (weight * np.where(weight > 0, gap**2 - counting, 0.0)).sum(axis=1)
        of[part], cells[part] = weight.sum(axis=1), (weight > 0).sum(axis=1)
    run = told.sum(axis=0) / np.maximum(of.sum(axis=0), 1e-9)
    pull = settings.pace_weeks * of.sum(axis=0) / np.maximum(cells.sum(axis=0), 1)
    between = (sum_by(told, payer) + pull * run) / np.maximum(sum_by(of, payer) + pull, 1e-9)
    return np.maximum(_after(between), 0)[payer]


def _gaps(counts: tuple[Floats, Floats], hazards: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """What denials did beside payments at each age of each week, and its variance by counting, infinite where one had none."""
    gap, counting = np.zeros(counts[0].shape), np.zeros(counts[0].shape)
    for sign, made, hazard in zip((1, -1), counts, hazards, strict=True):
        held = np.cumsum(made, axis=2)
        safe = np.maximum(held, 1) * (1 - hazard[:, None])
        gap += sign * (made - held * hazard[:, None]) / safe
        counting += np.where(held > 0, hazard[:, None] / safe, np.inf)
    return gap, counting


def _hazards(curve: Completion) -> Floats:
    """h by series and age, from the shares decided: F(a - 1) = F(a) (1 - h(a))."""
    before = np.concatenate([np.full((len(curve.log_done), 1), -np.inf), curve.log_done[:, :-1]], axis=1)
    hazard: Floats = -np.expm1(before - curve.log_done)
    return np.clip(hazard, _SURE, 1 - 1e-3)


def _ladder(counts: Floats, recent: int, half_life: float) -> tuple[Floats, Floats]:
    """Decisions at each age, and up to each age, over the submission weeks that reached that age within `recent` weeks."""
    series, weeks, ages = counts.shape
    so_far = np.cumsum(counts, axis=2)
    made, held = np.zeros((series, ages)), np.zeros((series, ages))
    weight = 0.5 ** (np.arange(recent) / half_life)
    for age in range(min(ages, weeks)):
        reached = slice(age, min(age + recent, weeks))
        used = weight[: reached.stop - reached.start]
        made[:, age] = counts[:, reached, age] @ used
        held[:, age] = so_far[:, reached, age] @ used
    return made, held


def _drawn(made: Floats, held: Floats, above: Floats, weight_above: Floats) -> tuple[Floats, Floats]:
    """Hazards drawn to those of the level above, and how many decisions each is worth."""
    spread = above * (1 - above)
    excess = ((made - held * above) ** 2 - held * spread)[:, 1:].sum()
    room = (held * np.maximum(held - 1, 0) * spread)[:, 1:].sum()
    correlation = float(np.clip(excess / room, *_CORRELATION)) if room > 0 else _CORRELATION[0]
    pull = np.minimum(1 / correlation - 1, weight_above)
    return (made + pull * above) / (held + pull), held + pull


def _after(values: Floats) -> Floats:
    """Sum over the later ages."""
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1] - values


def at_age(table: Floats, age: Floats) -> Floats:
    """Values of a table by series and whole age at ages between, straight in log(age + 1/2), and beyond its first two."""
    known = np.log(np.arange(table.shape[1]) + 0.5)
    wanted = np.log(np.maximum(age, -0.45) + 0.5)
    below = np.clip(np.searchsorted(known, wanted, side="right") - 1, 0, len(known) - 2)
    rows = np.arange(len(table))[:, None]
    part = (wanted - known[below]) / (known[below + 1] - known[below])
    value: Floats = table[rows, below] * (1 - part) + table[rows, below + 1] * part
    return value


def decided_share(denials: Completion, payments: Completion, rate: Floats, age: Floats) -> Floats:
    """Expected share of a week's claims decided by an age: p F_D + (1 - p) F_P."""
    done = [np.exp(np.minimum(at_age(outcome.log_done, age), 0)) for outcome in (denials, payments)]
    return rate[:, None] * done[0] + (1 - rate[:, None]) * done[1]


def effective_age(
    submitted: Floats, decided: Floats, payer: Ints, rate: Floats, curves: tuple[Completion, Completion], settings: NowcastSettings
) -> Floats:
    """The age at which the payer usually has as much decided as it now has, by series and submission week.

    A payer that takes s times as long has at age a what it used to have at (a + 1/2) / s - 1/2. log s of each payer and
    week is the mean of its posterior on a grid: normal prior with sd `speed_sd`; decided claims of the payer normal about
    sum n (p F_D + (1 - p) F_P) with variance decided + (share_sd sum n)².
    """
    ages = np.arange(submitted.shape[1])
    seen, sent = sum_by(decided, payer), sum_by(submitted, payer)
    noise = np.maximum(seen, 1) + (settings.share_sd * sent) ** 2
    misfit = []
    for slowness in _SPEEDS:
        age = np.broadcast_to((ages + 0.5) / slowness - 0.5, submitted.shape)
        expected = sum_by(submitted * decided_share(*curves, rate, age), payer)
        misfit.append((seen - expected) ** 2 / noise + (np.log(slowness) / settings.speed_sd) ** 2)
    loss = np.array(misfit)
    weight = np.exp(-0.5 * (loss - loss.min(axis=0)))
    slow = np.exp(np.tensordot(np.log(_SPEEDS), weight, axes=1) / weight.sum(axis=0))
    result: Floats = (ages + 0.5) / slow[payer] - 0.5
    return result
