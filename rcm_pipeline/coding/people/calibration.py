"""Accuracy corrected for what auditors miss and call wrong that is right, as charts with a known answer show it."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.intervals import Z95

LEAST_POWER = 0.25  # sensitivity + specificity - 1; below, a point of error seen is more than four of true error
_KNOWN = ("found_count", "wrong_count", "cleared_count", "right_count")


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


def audited_standards(standard: float, known: Mapping[str, int], *, least_power: float = LEAST_POWER) -> tuple[float, float]:
    """The share that auditors would see right of a coder exactly at the standard, once for saying below and once for saying above.

    seen = standard x Sp + (1 - standard)(1 - Se), Se and Sp by (found + 1)/(wrong + 2) of the calibration set. Either is used only where it
    makes the claim harder: what auditors call wrong without reason accuses nobody, what they miss raises nobody. `known`: found_count of
    wrong_count, cleared_count of right_count. The standard itself twice where nothing was calibrated or the power is below `least_power`.
    """
    sensitivity = (known["found_count"] + 1) / (known["wrong_count"] + 2)
    specificity = (known["cleared_count"] + 1) / (known["right_count"] + 2)
    if not (known["wrong_count"] and known["right_count"] and sensitivity + specificity - 1 >= least_power):
        return standard, standard
    seen = standard * specificity + (1 - standard) * (1 - sensitivity)
    return min(standard, seen), max(standard, seen)


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


def _check(audits: pl.DataFrame) -> None:
    if missing := [name for name in ("right", "total", *_KNOWN) if name not in audits.columns]:
        raise InputError(f"audits lack {', '.join(missing)}", fix="Join the calibration of the auditor to the audited counts.")
    for part, whole in (("right", "total"), ("found_count", "wrong_count"), ("cleared_count", "right_count")):
        is_wrong = ~pl.col(part).fill_null(0).is_between(0, pl.col(whole).fill_null(0))
        if count := audits.select(is_wrong.sum()).item():
            raise InputError(f"{part} is not from 0 to {whole} in {count} rows of audits")
