"""A payer that slows down without denying more, and one that does deny more, with the speed guard and without."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.spikes.simulate import MAIN, Floats, Ints, grid, indices, table
from benchmarks.tables import REPORT_SEEDS, markdown, share
from rcm_pipeline.denials.spikes import detect

WARM_UP, HISTORY, AFTER = 40, 112, 8  # weeks
SCENARIO = replace(MAIN, clients=10, payers=20, causes=5, history=HISTORY, evaluated=AFTER)
WEEKS, CHANGE = WARM_UP + HISTORY + AFTER, WARM_UP + HISTORY
AGES = 41  # weeks from sending to decision
SHAPE = 2.0  # of the gamma of that time
SLOWER, HIGHER = 1.4, 2.0
TRAILING = 26  # weeks of the lag profile
LEVELS = (0.01, 0.001)
LOOKS = (2, 4, 8)  # weeks since the change
DAYS = (np.arange(7) + 0.5) / 7  # of sending, in weeks


@dataclass(frozen=True)
class Case:
    """What changes at a payer on a day: how much slower it denies and pays, open claims too, and how much more it denies."""

    name: str
    denying: float = 1.0
    paying: float = 1.0
    higher: float = 1.0


CASES = (
    Case("nothing changes"),
    Case("decides 40 % slower, nothing denied more", denying=SLOWER, paying=SLOWER),
    Case("pays 40 % slower, denies as before", paying=SLOWER),
    Case("rate ×2", higher=HIGHER),
    Case("rate ×2 and decides 40 % slower", denying=SLOWER, paying=SLOWER, higher=HIGHER),
)


@dataclass(frozen=True)
class Claims:
    """By week of decision and series: decided, denied, and what the lag profile before that week foretold as decided."""

    decided: Ints
    denied: Ints
    foretold: Floats


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Share of the changed payers' series with an alarm by then."""
    rows = []
    for case in CASES:
        claims = [simulate(seed, case) for seed in seeds]
        for guard in ("without", "with"):
            chances = np.concatenate([_chances(one, is_guarded=guard == "with") for one in claims], axis=1)
            alarmed = [(chances[:look] < level).any(axis=0).mean() for level in LEVELS for look in LOOKS]
            rows.append([f"{case.name}, {guard} guard", *map(share, alarmed)])
    head = ["case", *(f"p < {level:g}, {look} weeks" for level in LEVELS for look in LOOKS)]
    return markdown("Series of a payer with an alarm within so many weeks of the change", head, rows)


def simulate(seed: int, case: Case) -> Claims:
    """Every second payer changes: it takes longer from a week on, or denies more of what it decides."""
    rng = np.random.default_rng((seed, 4))
    payer = indices(SCENARIO)[1]
    changed = np.arange(SCENARIO.payers) % 2 == 0
    paying = rng.uniform(2, 5, SCENARIO.payers)
    denying = np.clip(paying * np.exp(rng.uniform(math.log(0.5), math.log(1.2), SCENARIO.payers)), 1.2, 6)
    submitted, final = _outcomes(rng, len(payer))
    denied, paid = (
        _by_decision(rng.multinomial(counts, _profile(mean, np.where(changed, slower, 1.0))[:, payer]))
        for counts, mean, slower in ((final, denying, case.denying), (submitted - final, paying, case.paying))
    )
    if case.higher != 1:
        denied, paid = _raised(rng, denied, paid, changed[payer], case.higher)
    foretold = _foretold(submitted, denied + paid, payer)
    total, no = (counts.sum(axis=1)[WARM_UP:] for counts in (denied + paid, denied))
    return Claims(total, no, foretold[WARM_UP:])


def _outcomes(rng: np.random.Generator, series: int) -> tuple[Ints, Ints]:
    """Claims sent and, of these, to be denied, by week of sending and series: as steady as claims are, no season."""
    rate, cv = rng.uniform(0.03, 0.2, series), rng.uniform(0.03, 0.25, series)
    rho = cv**2 * rate / (1 - rate)
    submitted = rng.poisson(np.exp(rng.uniform(math.log(10), math.log(5000), series)), (WEEKS, series))
    weekly = rng.beta(rate * (1 / rho - 1), (1 - rate) * (1 / rho - 1), submitted.shape)
    return submitted, rng.binomial(submitted, weekly)


def _profile(mean: Floats, pace: Floats) -> Floats:
    """Share decided at each age, by week of sending, payer and age; after the change a payer's time runs at 1 / pace."""
    end = np.arange(1.0, AGES + 1)
    until = np.maximum(CHANGE - np.arange(WEEKS), 0)[:, None, None]
    clock = np.minimum(end, until) + np.maximum(end - until, 0) / pace[:, None]
    scale = (mean / SHAPE)[:, None]
    done = np.mean([_gamma_cdf(np.maximum(clock - day, 0) / scale) for day in DAYS], axis=0)
    done[..., -1] = 1
    return np.diff(done, axis=-1, prepend=0)


def _gamma_cdf(x: Floats) -> Floats:
    """Gamma of shape 2, scale 1."""
    return 1 - np.exp(-x) * (1 + x)


def _by_decision(sent: Ints) -> Ints:
    """Counts by week of sending, series and age as counts by week of decision, age and series."""
    decided = np.zeros((WEEKS, AGES, sent.shape[1]), dtype=np.int64)
    for age in range(AGES):
        decided[age:, age] = sent[: WEEKS - age, :, age]
    return decided


def _raised(rng: np.random.Generator, denied: Ints, paid: Ints, changed: npt.NDArray[np.bool_], higher: float) -> tuple[Ints, Ints]:
    """From the change on, so many payments become denials that the changed series' usual rate is multiplied."""
    past = slice(WARM_UP, CHANGE)
    no, yes = denied[past].sum(axis=(0, 1)), paid[past].sum(axis=(0, 1))
    chance = np.where(changed, np.minimum((higher - 1) * no / np.maximum(yes, 1), 1), 0)
    moved = rng.binomial(paid[CHANGE:], chance)
    denied, paid = denied.copy(), paid.copy()
    denied[CHANGE:] += moved
    paid[CHANGE:] -= moved
    return denied, paid


def _foretold(submitted: Ints, decided: Ints, payer: Ints) -> Floats:
    """Claims sent, times the share the payer decided at that age in the weeks before, summed over ages."""
    member = np.eye(SCENARIO.payers)[payer]
    total = np.zeros(submitted.shape)
    for age in range(AGES):
        sent = np.zeros(submitted.shape)
        sent[age:] = submitted[: WEEKS - age]
        made, held = (_trailing(counts @ member) for counts in (decided[:, age], sent))
        total += sent * (made / np.maximum(held, 1))[:, payer]
    return total


def _trailing(counts: Floats) -> Floats:
    """Sums over the weeks before each."""
    summed = np.vstack([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])
    weeks = np.arange(len(counts))
    result: Floats = summed[weeks] - summed[np.maximum(weeks - TRAILING, 0)]
    return result


def _chances(claims: Claims, *, is_guarded: bool) -> Floats:
    """By week since the change, of the changed payers' series."""
    more = {"expected_decided": claims.foretold} if is_guarded else {}
    found = detect(table(SCENARIO, claims.denied, claims.decided, **more), test_weeks=AFTER)
    return grid(found, SCENARIO, "p_value", missing=1.0)[:, indices(SCENARIO)[1] % 2 == 0]
