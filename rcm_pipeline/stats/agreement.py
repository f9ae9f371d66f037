"""Do the auditors agree? Double reviews by category of verdict."""

import numpy as np
import polars as pl

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import Floats, accuracy_limits
from rcm_pipeline.stats.quantiles import student_reach

YES, NO = "yes", "no"
_ALL = "_all"  # a key where there is none


def agreement(reviews: pl.DataFrame, *, by: list[str], categories: list[str], weights: str = "identity") -> pl.DataFrame:
    """One row per `by`, from double reviews: a row per item with the verdicts `a` and `b` of two auditors, from `categories`.

    item_count (both verdicts known), agree_count, agreement_rate, low, high (`accuracy_limits`); chance_rate, ac1, ac1_low, ac1_high,
    ac1_error: Gwet's AC1 (2008) and its standard error; its limits are those of the agreement on n_eff items carried through
    (rate - chance)/(1 - chance), n_eff = rate (1 - rate)/(error (1 - chance))² but no more than the items, for chance is estimated
    too (limits by the standard error alone miss up to one time in four at 30 items); kappa, kappa_low, kappa_high, kappa_error:
    Cohen's, limits by Student's t; alpha: Krippendorff's. Null where not defined, as kappa is when all verdicts are the same.

    weights: "identity"; for ordered categories such as E/M levels "linear" or "quadratic" (1 - (distance/most)²), by which
    agree_count becomes a sum of part agreements, AC1 Gwet's AC2 and kappa the weighted kappa.

    Raises InputError naming the column and how many rows are wrong, or where there are fewer than two categories.
    """
    keys, counts = _tables(reviews, by, categories)
    weight = _weights(len(categories), weights)
    items = counts.sum(axis=(1, 2))
    agreed = (counts * weight).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / items[:, None, None]
        rate = agreed / items
        low, high = accuracy_limits(agreed, items)
        chance, ac1, ac1_error = _gwet(share, weight, rate, items)
        size = _size_by_error(rate, items, chance, ac1_error)
        ac1_low, ac1_high = ((limit - chance) / (1 - chance) for limit in accuracy_limits(rate * size, size))
        kappa, kappa_error = _cohen(share, weight, rate, items)
        reach = student_reach(np.maximum(items - 1, 1)) * np.where(items > 1, kappa_error, np.nan)
        numbers = {
            "agree_count": agreed,
            "agreement_rate": rate,
            "low": low,
            "high": high,
            "chance_rate": chance,
            "ac1": ac1,
            "ac1_low": ac1_low,
            "ac1_high": ac1_high,
            "ac1_error": ac1_error,
            "kappa": kappa,
            "kappa_low": np.maximum(kappa - reach, -1),
            "kappa_high": np.minimum(kappa + reach, 1),
            "kappa_error": kappa_error,
            "alpha": _krippendorff(share, weight, rate, items),
        }
    finite = (pl.Series(name, np.where(np.isfinite(value), value, np.nan)).fill_nan(None) for name, value in numbers.items())
    return keys.with_columns(pl.Series("item_count", items.astype(np.int64)), *finite).drop(_ALL)


def presence(reviews: pl.DataFrame, categories: list[str]) -> pl.DataFrame:
    """A row per item and error category with `a` and `b` "yes" or "no": whether each auditor found it there.

    `reviews`: a row per item with the lists `a` and `b` of categories found; an empty list is a review without a finding, null none.
    Raises InputError where a list holds an unknown category.
    """
    unknown = [pl.col(side).list.set_difference(categories).list.len().fill_null(0) > 0 for side in ("a", "b")]
    if count := reviews.select(pl.any_horizontal(unknown).sum()).item():
        raise InputError(f"{count} reviews hold a category that is not in the taxonomy")
    verdicts = [
        pl.when(pl.col(side).is_not_null())
        .then(pl.when(pl.col(side).list.contains(pl.col("category"))).then(pl.lit(YES)).otherwise(pl.lit(NO)))
        .alias(side)
        for side in ("a", "b")
    ]
    return reviews.join(pl.DataFrame({"category": categories}, schema={"category": pl.String}), how="cross").with_columns(verdicts)


def _tables(reviews: pl.DataFrame, by: list[str], categories: list[str]) -> tuple[pl.DataFrame, Floats]:
    """Counts by group, verdict of a and verdict of b; groups without a double review have none."""
    if missing := [name for name in (*by, "a", "b") if name not in reviews.columns]:
        raise InputError(f"double reviews lack {', '.join(missing)}", fix="Give one row per item with these columns.")
    if len(set(categories)) < 2 or len(set(categories)) < len(categories):
        raise InputError("verdicts need at least two categories, each named once")
    for side in ("a", "b"):
        if count := reviews.select((~pl.col(side).is_in(categories)).sum()).item():
            raise InputError(f"{side} is no known category in {count} double reviews")
    every = [*by, _ALL]
    grouped = reviews.with_columns(pl.lit(0).alias(_ALL))
    keys = grouped.select(every).unique().sort(every).with_row_index("_group")
    grouped = grouped.join(keys, on=every, how="left", nulls_equal=True)
    order = {name: at for at, name in enumerate(categories)}
    known = grouped.drop_nulls(["a", "b"])
    counts = np.zeros((keys.height, len(categories), len(categories)))
    places = [known[side].replace_strict(order, return_dtype=pl.Int64).to_numpy() for side in ("a", "b")]
    np.add.at(counts, (known["_group"].cast(pl.Int64).to_numpy(), *places), 1)
    return keys.drop("_group"), counts


def _weights(size: int, name: str) -> Floats:
    distance = np.abs(np.arange(size)[:, None] - np.arange(size)) / (size - 1)
    known: dict[str, Floats] = {"identity": np.eye(size), "linear": 1 - distance, "quadratic": 1 - distance**2}
    if name not in known:
        raise InputError(f"weights are one of {', '.join(known)}")
    return known[name]


def _gwet(share: Floats, weight: Floats, rate: Floats, items: Floats) -> tuple[Floats, Floats, Floats]:
    """Chance agreement, AC1 and its standard error (Gwet 2008, equation 8; 2014, chapter 5 for weights)."""
    size = len(weight)
    mean = (share.sum(axis=2) + share.sum(axis=1)) / 2
    scale = weight.sum() / (size * (size - 1))
    chance = scale * (mean * (1 - mean)).sum(axis=1)
    ac1 = (rate - chance) / (1 - chance)
    pulled = 2 * scale * (1 - (mean[:, :, None] + mean[:, None, :]) / 2)
    return chance, ac1, _error(share, weight, rate, items - 1, chance, ac1, pulled)  # n - 1, as Gwet has it


def _size_by_error(rate: Floats, items: Floats, chance: Floats, error: Floats) -> Floats:
    """The number of items on which the agreement alone would be as uncertain as AC1 is; all of them where all agree."""
    size = rate * (1 - rate) / (error * (1 - chance)) ** 2
    return np.where(np.isfinite(size) & (size > 0), np.minimum(size, items), items)


def _cohen(share: Floats, weight: Floats, rate: Floats, items: Floats) -> tuple[Floats, Floats]:
    """Kappa and its standard error (Fleiss, Cohen and Everitt 1969)."""
    of_a, of_b = share.sum(axis=2), share.sum(axis=1)
    chance = np.einsum("gi,ij,gj->g", of_a, weight, of_b)
    kappa = np.where(chance < 1 - 1e-12, (rate - chance) / (1 - chance), np.nan)
    pulled = (of_b @ weight.T)[:, :, None] + (of_a @ weight)[:, None, :]
    return kappa, _error(share, weight, rate, items, chance, kappa, pulled)


def _error(share: Floats, weight: Floats, rate: Floats, divisor: Floats, chance: Floats, value: Floats, pulled: Floats) -> Floats:
    """Standard error of (rate - chance)/(1 - chance): how far each cell moves the agreement and the chance."""
    doubt = (1 - value)[:, None, None]
    square = (share * (weight - doubt * pulled) ** 2).sum(axis=(1, 2))
    variance = (square - (rate - 2 * (1 - value) * chance) ** 2) / (divisor * (1 - chance) ** 2)
    error: Floats = np.sqrt(np.maximum(variance, 0))
    return error


def _krippendorff(share: Floats, weight: Floats, rate: Floats, items: Floats) -> Floats:
    """Alpha of two auditors, with its small-sample correction of the agreement."""
    mean = (share.sum(axis=2) + share.sum(axis=1)) / 2
    chance = np.einsum("gi,ij,gj->g", mean, weight, mean)
    corrected = rate + (1 - rate) / (2 * items)
    return np.where(chance < 1 - 1e-12, (corrected - chance) / (1 - chance), np.nan)
