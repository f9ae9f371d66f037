"""Of the claims sent in a week that is not yet decided, the share that will be denied in the end, with a 90 % interval."""

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from scipy.special import logit, ndtr

from rcm_pipeline.denials.nowcast.completion import (
    Completion,
    Floats,
    Ints,
    at_age,
    completion,
    decided_share,
    effective_age,
    pace_variance,
    sum_by,
)
from rcm_pipeline.denials.nowcast.rate_states import Usual, evidence, inverse_logit, multiplier_odds, usual
from rcm_pipeline.denials.nowcast.settings import NowcastSettings
from rcm_pipeline.errors import InputError

__all__ = ["NowcastSettings", "nowcast"]

SERIES = ("client", "payer", "cause")
_COUNTS = ("denied", "paid", "submitted")
_CELL = ("series", "age", "age_weeks")
_SHORT = "too little history to know how fast this payer decides"
_FEW = "too few denials to know how fast this payer denies"
_NEW = "no decided claims in earlier weeks to know the usual rate from"


@dataclass(frozen=True)
class _World:
    """What was known at the end of a week: series x submission week (by age, youngest first) x age at decision."""

    denied: Floats
    paid: Floats
    submitted: Floats
    payer: Ints
    cause: Ints


@dataclass(frozen=True)
class _Found:
    """By series and week of age 0, 1, …: expected share decided, further denials expected, and their limits."""

    decided_share: Floats
    more: Floats
    low: Floats
    high: Floats


def nowcast(cohorts: pl.DataFrame, *, as_of: dt.date, settings: NowcastSettings | None = None) -> pl.DataFrame:
    """One row per series and submission week of the last `settings.weeks`, on what was decided by the week `as_of`.

    Series are client, payer and cause. A row of `cohorts` is a week sent and an age in weeks at which `denied` claims were
    newly denied for the cause and `paid` newly decided otherwise; `submitted` is the week's and repeated on its rows.

    Completion of denials F_D and payments F_P, by age, is the chain ladder of baselinenowcast taken within each outcome
    (`completion`), read at the age at which the payer usually has as much decided as now (`effective_age`).
    g = F_P / F_D, h = (1 - F_P) / (1 - F_D). With D denied, P paid, U open, and for each multiplier m of the usual rate p:

        logit q = logit(m p) - log g       share of denials expected among the decided, precision K (`evidence`)
        q' = (K q + D') / (K + D' + P')    after seeing the week; D', P' discounted for the uncertainty of g (`pace_variance`)
        logit pi = logit q' + log(g / h)   share of denials among the open
        nowcast_denied = D + U sum over m of w pi,   nowcast_rate = nowcast_denied / submitted

    w, the probability of m in that week, weighs all weeks since a change may have begun (`multiplier_odds`). The limits
    are those of the mixture over m of beta-binomials on U with mean pi (`mixture_limits`).

    A row that is not `judged` has no decided_share, nowcast nor limits, and says why in `reason`.
    """
    chosen = settings or NowcastSettings()
    _check_columns(cohorts, as_of)
    keys = cohorts.select(SERIES).unique().sort(SERIES).with_row_index("series")
    rows = _numbered(cohorts, keys, as_of)
    _check_rows(rows)
    known = rows.filter(pl.col("age") >= 0)
    weeks = _by_week(known)
    if weeks.is_empty():
        return _published(keys.clear().join(weeks, on="series").with_columns(_nothing()))
    world = _world(known, weeks, keys, chosen)
    about, curves = _usual(world, chosen)
    found = _found(world, about, curves, chosen)
    shown = keys.join(weeks.filter(pl.col("age") < min(chosen.weeks, chosen.history)), on="series").sort("series", "week")
    at = shown["series"].to_numpy(), shown["age"].to_numpy()
    values = [pl.Series(field.name, getattr(found, field.name)[at]) for field in fields(found)]
    return _published(shown.with_columns(*values, _reasons(world, weeks, about, chosen).gather(shown["series"])))


def _check_columns(cohorts: pl.DataFrame, as_of: dt.date) -> None:
    """Refuse a frame that cannot be read, naming the column."""
    needed = (*SERIES, "week", "age_weeks", *_COUNTS)
    if missing := [name for name in needed if name not in cohorts.columns]:
        raise InputError(f"cohorts lack the column {', '.join(missing)}", fix="Pass one row per series, week and age_weeks.")
    if as_of.weekday() != 0:
        raise InputError("as_of is not a Monday", fix="Pass the Monday of the last complete week.")
    if cohorts.schema["week"] != pl.Date:
        raise InputError("cohorts: column week is not of type Date", fix="Cast it to Date.")
    for name in ("age_weeks", *_COUNTS):
        if not cohorts.schema[name].is_integer():
            raise InputError(f"cohorts: column {name} holds no whole numbers", fix="Cast it to Int64.")
    for name in needed:
        _refuse(cohorts[name].null_count(), f"column {name} is empty", "Fill it or leave the rows out.")


def _numbered(cohorts: pl.DataFrame, keys: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Series by number, and how many weeks old each submission week is; below zero when it is yet to come."""
    age = (pl.lit(as_of) - pl.col("week")).dt.total_days().floordiv(7)
    counts = [pl.col(name).cast(pl.Int64) for name in ("age_weeks", *_COUNTS)]
    return cohorts.join(keys, on=SERIES).select("series", "week", age.alias("age"), *counts)


def _check_rows(rows: pl.DataFrame) -> None:
    """Refuse counts that cannot be, by name of the column and how many, never by value."""
    for name in ("age_weeks", *_COUNTS):
        _refuse(int((rows[name] < 0).sum()), f"column {name} is below zero", "Count from zero.")
    _refuse(int((rows["week"].dt.weekday() != 1).sum()), "column week is not a Monday", "Name a week by its Monday.")
    span = rows.select(pl.col("age_weeks").max() + 1).item() or 1
    ages = rows.select(pl.col("age").max() - pl.col("age").min() + 1).item() or 1
    cell = (pl.col("series").cast(pl.Int64) * ages + pl.col("age") - pl.col("age").min()) * span + pl.col("age_weeks")
    repeated = rows.height - rows.select(cell.n_unique()).item()
    _refuse(repeated, "columns client, payer, cause, week, age_weeks repeat", "Add such rows up.")
    decided = pl.col("denied").sum() + pl.col("paid").sum()
    most, least = pl.col("submitted").max(), pl.col("submitted").min()
    per_week = rows.group_by("series", "week").agg((decided > least).alias("over"), (most > least).alias("varies"))
    _refuse(int(per_week["varies"].sum()), "column submitted differs within a week", "Repeat the week's count on its rows.", "week")
    _refuse(int(per_week["over"].sum()), "columns denied and paid exceed submitted", "Count every claim of the week once.", "week")


def _refuse(wrong: int, what: str, fix: str, unit: str = "row") -> None:
    if wrong:
        raise InputError(f"cohorts: {what} in {wrong} {unit}{'s' * (wrong != 1)}", fix=fix)


def _by_week(known: pl.DataFrame) -> pl.DataFrame:
    """One row per series and submission week with what was decided by now."""
    is_made = pl.col("age_weeks") <= pl.col("age")
    sums = [pl.when(is_made).then(name).otherwise(0).sum().alias(name) for name in ("denied", "paid")]
    return known.group_by("series", "week", "age").agg(pl.col("submitted").max(), *sums)


def _world(known: pl.DataFrame, weeks: pl.DataFrame, keys: pl.DataFrame, settings: NowcastSettings) -> _World:
    shape = keys.height, settings.history, settings.last_age + 1
    made = known.filter((pl.col("age") < settings.history) & (pl.col("age_weeks") <= pl.col("age")))
    at = tuple(made[name].clip(upper_bound=most).to_numpy() for name, most in zip(_CELL, (None, None, settings.last_age), strict=True))
    cell, cells = np.ravel_multi_index(at, shape), int(np.prod(shape))
    counts = made.select(pl.col("denied", "paid").cast(pl.Float64))
    denied, paid = (np.bincount(cell, column.to_numpy(), cells).reshape(shape).astype(np.float64) for column in counts)
    submitted = np.zeros(shape[:2])
    sent = weeks.filter(pl.col("age") < settings.history)
    submitted[sent["series"].to_numpy(), sent["age"].to_numpy()] = sent["submitted"].to_numpy()
    payer, cause = ((keys[name].rank("dense") - 1).cast(pl.Int64).to_numpy() for name in ("payer", "cause"))
    return _World(denied, paid, submitted, payer, cause)


def _usual(world: _World, settings: NowcastSettings) -> tuple[Usual, tuple[Completion, Completion]]:
    """Each series' usual rate, and the completion of denials and of payments."""
    curves = completion(world.denied, world.payer, settings), completion(world.paid, world.payer, settings)
    age = np.minimum(np.arange(settings.history), settings.last_age)
    ratio = np.exp(np.clip(curves[1].log_done - curves[0].log_done, -16, 16))[:, age]
    return usual(world.denied.sum(axis=2), world.paid.sum(axis=2), ratio, world.cause, settings), curves


def _found(world: _World, about: Usual, curves: tuple[Completion, Completion], settings: NowcastSettings) -> _Found:
    """The nowcast of every series and week, by the formulas of `nowcast`."""
    weeks = min(max(settings.weeks, settings.change_weeks), settings.history)
    at = np.minimum(np.arange(weeks), settings.last_age)
    denied, paid, submitted = world.denied[:, :weeks].sum(axis=2), world.paid[:, :weeks].sum(axis=2), world.submitted[:, :weeks]
    age = effective_age(submitted, denied + paid, world.payer, about.rate, curves, settings)
    denials, payments = curves
    log_g = at_age(payments.log_done - denials.log_done, age)
    log_h = at_age(payments.log_open - denials.log_open, age)
    pace = pace_variance(world.denied, world.paid, curves, world.payer, settings)
    done = np.exp(denials.log_done - denials.log_open)
    var_g = (payments.var_done + denials.var_done + pace)[:, at] + settings.delay_variance
    var_h = (payments.var_open + denials.var_open + pace * done**2)[:, at]
    seen = evidence(denied, paid, log_g, var_g, about)
    odds = multiplier_odds(seen, world.payer, settings)
    d, p, k = seen.denied[:, :, None], seen.paid[:, :, None], seen.precision
    share = (k * seen.share + d) / (k + d + p)
    pi = inverse_logit(logit(share) + (log_g - log_h)[:, :, None])
    noise = 1 / (share * (1 - share) * (k + d + p + 1)) + var_h[:, :, None]
    left = submitted - denied - paid
    low, high = np.zeros(left.shape), np.zeros(left.shape)
    is_open = left > 0
    low[is_open], high[is_open] = mixture_limits(left[is_open], pi[is_open], noise[is_open], odds[is_open], settings.one_sided)
    return _Found(decided_share(*curves, about.rate, age), left * (odds * pi).sum(axis=2), low, high)


def _reasons(world: _World, weeks: pl.DataFrame, about: Usual, settings: NowcastSettings) -> pl.Series:
    """Why the open weeks of a series are not judged, by series; null where they are."""
    oldest = np.zeros(int(world.payer.max()) + 1, dtype=np.int64)
    np.maximum.at(oldest, world.payer[weeks["series"].to_numpy()], weeks["age"].to_numpy())
    denials = sum_by(world.denied.sum(axis=(1, 2)), world.payer)
    tests = pl.DataFrame(
        {
            "short": (oldest + 1 < settings.min_history)[world.payer],
            "few": (denials < settings.min_denials)[world.payer],
            "new": about.decided <= 0,
        }
    )
    first = pl.when("short").then(pl.lit(_SHORT)).when("few").then(pl.lit(_FEW)).when("new").then(pl.lit(_NEW))
    return tests.select(first.otherwise(None).alias("reason"))["reason"]


def _nothing() -> list[pl.Expr]:
    return [pl.lit(None, pl.Float64).alias(field.name) for field in fields(_Found)] + [pl.lit(None, pl.String).alias("reason")]


def _published(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of the result. A week with no open claims is final and always judged."""
    counts = rows.with_columns((pl.col("submitted") - pl.col("denied") - pl.col("paid")).clip(lower_bound=0).alias("open"))
    decided = pl.col("denied") + pl.col("paid")
    final = counts.with_columns(pl.when(pl.col("open") > 0).then("reason").alias("reason"))
    is_judged = pl.col("reason").is_null()

    def rate(more: pl.Expr) -> pl.Expr:
        value = (pl.col("denied") + more) / pl.col("submitted")
        return pl.when(is_judged & (pl.col("submitted") > 0)).then(value)

    most, least = pl.max_horizontal("high", "more"), pl.min_horizontal("low", "more")
    return final.select(
        *SERIES,
        "week",
        pl.col("age").cast(pl.Int64).alias("age_weeks"),
        "submitted",
        "denied",
        "paid",
        "open",
        pl.when(is_judged).then("decided_share").alias("decided_share"),
        pl.when(decided > 0).then(pl.col("denied") / decided).alias("naive_rate"),
        pl.when(is_judged).then(pl.col("denied") + pl.col("more")).alias("nowcast_denied"),
        rate(pl.col("more")).alias("nowcast_rate"),
        rate(least).alias("low"),
        rate(most).alias("high"),
        is_judged.alias("judged"),
        "reason",
    )


_TAIL = 0.05  # of a 90 % interval, on each side
_HALVINGS = 15  # of the range searched: a limit is found to less than a tenth of a claim among 3,000


def mixture_limits(left: Floats, pi: Floats, noise: Floats, odds: Floats, one_sided: float) -> tuple[Floats, Floats]:
    """90 % limits of the denials among `left` open claims, whole claims; one row per week, one column per multiplier.

    Each multiplier's count has mean U pi and variance U pi (1 - pi)(1 + (U - 1) r), r = pi (1 - pi) x the variance of logit
    pi, at most 1/2; it is taken as normal in asin sqrt((x + 3/8) / (U + 3/4)), Anscombe's scale. A limit is the nearest
    whole x to where the mixture passes 5 % or 95 %. Where the lower limit leaves out less than its 5 %, as at no further
    denial it must, `one_sided` times what is missing comes off the 95 %.
    """
    u = left[:, None]
    inflation = 1 + (u - 1) * np.minimum(pi * (1 - pi) * noise, 0.5)
    centre = np.arcsin(np.sqrt((u * pi + 0.375) / (u + 0.75)))
    sd = np.sqrt(inflation / (4 * u))  # variance of x over (2 U)² pi (1 - pi), by the slope of the scale

    def below(count: Floats) -> Floats:
        place = np.arcsin(np.sqrt(np.clip((count + 0.875) / (left + 0.75), 0, 1)))
        total: Floats = np.einsum("rm,rm->r", odds, ndtr((place[:, None] - centre) / sd))
        return total

    def limit(target: Floats) -> Floats:
        start, end = np.full(left.shape, -1.0), left.astype(np.float64)
        for _ in range(_HALVINGS):
            middle = (start + end) / 2
            is_short = below(middle) < target
            start, end = np.where(is_short, middle, start), np.where(is_short, end, middle)
        return np.clip(np.round((start + end) / 2), 0, left)

    low = limit(np.full(left.shape, _TAIL))
    unused = np.maximum(_TAIL - np.where(low > 0, below(low - 1), 0.0), 0)
    return low, limit(1 - _TAIL - one_sided * unused)
