"""What an auditor misses and what is called wrong that is right, from items whose answer is known; and accuracy corrected for it."""

import numpy as np
import polars as pl

from rcm_pipeline.coding.limits import Floats, accuracy_limits
from rcm_pipeline.errors import InputError
from rcm_pipeline.intervals import Z95, rate

LEAST_POWER = 0.25  # sensitivity + specificity - 1; below, a point of error seen is more than four of true error
_KNOWN = ("found_count", "wrong_count", "cleared_count", "right_count")


def auditor_errors(known: pl.DataFrame, *, by: list[str]) -> pl.DataFrame:
    """One row per `by`, such as auditor_id, from a calibration set: a row per item with is_wrong (known) and is_called_wrong.

    sensitivity_rate = found_count / wrong_count and specificity_rate = cleared_count / right_count, each with its 95 % limits
    (`accuracy_limits`), null where there was no such item. A verdict that is null is not counted.
    """
    wrong, called = pl.col("is_wrong"), pl.col("is_called_wrong")
    counted = (
        known.drop_nulls(["is_wrong", "is_called_wrong"])
        .group_by(by)
        .agg(
            (wrong & called).sum().cast(pl.Int64).alias("found_count"),
            wrong.sum().cast(pl.Int64).alias("wrong_count"),
            (~wrong & ~called).sum().cast(pl.Int64).alias("cleared_count"),
            (~wrong).sum().cast(pl.Int64).alias("right_count"),
        )
        .sort(by)
    )
    return _with_limits(_with_limits(counted, "found_count", "wrong_count", "sensitivity"), "cleared_count", "right_count", "specificity")


def corrected_accuracy(audits: pl.DataFrame, *, least_power: float = LEAST_POWER) -> pl.DataFrame:
    """The rows of `audits` with corrected_rate, corrected_low and corrected_high: accuracy if the auditor made no errors.

    `audits`: `right` of `total` (charts, or codes over their design effect) as audited, and the auditor's found_count of
    wrong_count and cleared_count of right_count on the calibration set. True error = (seen - (1 - Sp)) / (Se + Sp - 1), from 0 to 1
    (Rogan and Gladen 1978); 95 % limits that know Se and Sp are themselves estimates by Lang and Reiczigel (2014): with
    n' = n + z², seen' = (errors + z²/2)/n', Se' = (found + 1)/(wrong + 2), Sp' likewise, P' the formula above of these, and
    v = P'² Se'(1 - Se')/(wrong + 2), u = (1 - P')² Sp'(1 - Sp')/(right + 2): P' + 2z² (v/P' - u/(1 - P')) -+ z sqrt(seen'(1 -
    seen')/n' + v + u)/(Se' + Sp' - 1). Null where nothing was audited or calibrated, or Se' + Sp' - 1 is below `least_power`.

    Raises InputError naming the column and how many rows are wrong.
    """
    _check(audits)
    right, total, found, wrong, cleared, clean = (
        audits[name].cast(pl.Float64).fill_null(0).to_numpy() for name in ("right", "total", *_KNOWN)
    )
    sensitivity, specificity = (found + 1) / (wrong + 2), (cleared + 1) / (clean + 2)
    is_given = (total > 0) & (wrong > 0) & (clean > 0) & (sensitivity + specificity - 1 >= least_power)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(is_given, found / wrong + cleared / clean - 1, np.nan)
        error = ((total - right) / total - (1 - cleared / clean)) / power
        low, high = _limits(total - right, total, sensitivity, wrong + 2, specificity, clean + 2)
    numbers = {"corrected_rate": 1 - error, "corrected_low": 1 - high, "corrected_high": 1 - low}
    is_told = is_given & (power > 0)
    return audits.with_columns(
        pl.Series(name, np.where(is_told, np.clip(value, 0, 1), np.nan)).fill_nan(None) for name, value in numbers.items()
    )


def _limits(errors: Floats, total: Floats, sens: Floats, sens_size: Floats, spec: Floats, spec_size: Floats) -> tuple[Floats, Floats]:
    """Lang and Reiczigel's limits of the true error rate, before they are cut to 0 and 1."""
    size = total + Z95**2
    seen = (errors + Z95**2 / 2) / size
    power = sens + spec - 1
    true = (seen + spec - 1) / power
    of_sens, of_spec = sens * (1 - sens) / sens_size, spec * (1 - spec) / spec_size
    shift = 2 * Z95**2 * (true * of_sens - (1 - true) * of_spec)
    half = Z95 * np.sqrt(seen * (1 - seen) / size + true**2 * of_sens + (1 - true) ** 2 * of_spec) / power
    return true + shift - half, true + shift + half


def _with_limits(table: pl.DataFrame, count: str, of: str, name: str) -> pl.DataFrame:
    low, high = accuracy_limits(table[count].to_numpy(), table[of].to_numpy())
    limits = [pl.Series(f"{name}_{side}", value).fill_nan(None) for side, value in (("low", low), ("high", high))]
    return table.with_columns(rate(pl.col(count), pl.col(of)).alias(f"{name}_rate"), *limits)


def _check(audits: pl.DataFrame) -> None:
    if missing := [name for name in ("right", "total", *_KNOWN) if name not in audits.columns]:
        raise InputError(f"audits lack {', '.join(missing)}", fix="Join the calibration of the auditor to the audited counts.")
    for part, whole in (("right", "total"), ("found_count", "wrong_count"), ("cleared_count", "right_count")):
        is_wrong = ~pl.col(part).fill_null(0).is_between(0, pl.col(whole).fill_null(0))
        if count := audits.select(is_wrong.sum()).item():
            raise InputError(f"{part} is not from 0 to {whole} in {count} rows of audits")
