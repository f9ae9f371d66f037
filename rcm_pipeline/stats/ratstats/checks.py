"""What the estimators accept: whole numbers in range, finite amounts, confidences as a share or a percentage."""

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from rcm_pipeline.errors import InputError

Money = int | float | Decimal
Confidence = int | float | Decimal | Fraction


def whole(value: object, name: str, *, least: int, most: int | None = None) -> int:
    """The value as an int; InputError when it is no whole number from `least` to `most`."""
    number = int(value) if isinstance(value, int | np.integer) and not isinstance(value, bool) else None
    if number is None or number < least or (most is not None and number > most):
        reach = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name} is not a whole number {reach}", fix=f"pass {name} as an int {reach}")
    return number


def amount(value: Money, name: str) -> Decimal:
    """The amount exactly as it is written (12.34 is 12.34, not the nearest binary number); InputError when not finite."""
    try:
        if isinstance(value, (float, np.floating)):
            exact = Decimal(str(value))
        else:
            exact = Decimal(int(value)) if isinstance(value, np.integer) else Decimal(value)
    except (TypeError, ValueError, InvalidOperation):
        exact = Decimal("NaN")
    if isinstance(value, bool) or not exact.is_finite():
        raise InputError(f"{name} holds something that is not a finite number", fix="leave missing values out, or decide what they are")
    return exact


def amounts(values: Sequence[Money], name: str) -> list[Decimal]:
    """Every amount as `amount`; InputError when there are none."""
    exact = [amount(value, name) for value in values]
    if not exact:
        raise InputError(f"{name} is empty", fix="pass one value per sampled item")
    return exact


def share(value: Confidence, name: str, *, one_is_percent: bool = False) -> Fraction:
    """A share strictly between 0 and 1, also given as a percentage (95 is 0.95); exact, so that 0.95 is 19/20.

    1 itself is refused, or one per cent where `one_is_percent` (precisions).
    """
    try:
        exact = Fraction(str(value)) if isinstance(value, (float, np.floating)) else Fraction(value)
    except (TypeError, ValueError, OverflowError):
        exact = Fraction(0)
    exact = exact / 100 if exact > 1 or (one_is_percent and exact == 1) else exact
    if isinstance(value, bool) or not 0 < exact < 1:
        raise InputError(f"{name} is not between 0 and 1", fix=f"pass {name} as a share such as 0.95, or as 95")
    return exact


def positive(value: Money, name: str, *, zero_is_fine: bool = False) -> float:
    """A finite number above 0, or from 0; InputError otherwise."""
    number = float(amount(value, name))
    if number < 0 or (number == 0 and not zero_is_fine) or not math.isfinite(number):
        raise InputError(f"{name} is {'below' if zero_is_fine else 'not above'} 0", fix=f"check {name}")
    return number


def same_length(first: str, **columns: Sequence[object]) -> int:
    """How many entries the columns have; InputError when they differ or when there are none."""
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise InputError(f"{', '.join(columns)} do not have one entry per {first}", fix=f"pass one entry per {first} in each")
    return lengths.pop()
