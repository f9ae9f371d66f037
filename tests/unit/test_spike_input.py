"""What the detector refuses, by column and count and without a value, and what types it takes."""

import polars as pl
import pytest

from rcm_pipeline.denials.spikes import detect
from rcm_pipeline.errors import InputError
from tests.unit.test_spikes import series

GOOD = series([7] * 12, 77, client="SECRET", payer="HIDDEN")
FIRST_ROWS = pl.int_range(pl.len()) < 2


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (GOOD.drop("cause", "denied"), "weekly counts lack the column cause, denied"),
        (GOOD.clear(), "weekly counts are empty"),
        (GOOD.with_columns(pl.col("week").cast(pl.String)), "column week is not of type Date"),
        (GOOD.with_columns(pl.col("week").cast(pl.Datetime)), "column week is not of type Date"),
        (GOOD.with_columns(pl.col("denied").cast(pl.Float64)), "column denied holds no whole numbers"),
        (GOOD.with_columns(pl.col("decided").cast(pl.String)), "column decided holds no whole numbers"),
        (GOOD.with_columns(pl.lit("HIDDEN").alias("expected_decided")), "column expected_decided holds no numbers"),
        *(
            (GOOD.with_columns(pl.when(~FIRST_ROWS).then(name).alias(name)), f"column {name} is empty in 2 rows")
            for name in ("client", "payer", "cause", "week", "denied", "decided")
        ),
        (GOOD.with_columns(pl.when(FIRST_ROWS).then(pl.col("week") + pl.duration(days=1)).otherwise("week").alias("week")),
         "column week is not a Monday in 2 rows"),
        (GOOD.with_columns(pl.when(FIRST_ROWS).then(-7).otherwise("denied").alias("denied")), "column denied is below zero in 2 rows"),
        (GOOD.with_columns(pl.when(FIRST_ROWS).then(-77).otherwise("decided").alias("decided")), "column decided is below zero in 2 rows"),
        (GOOD.with_columns(pl.when(FIRST_ROWS).then(78).otherwise("denied").alias("denied")), "column denied exceeds decided in 2 rows"),
        (pl.concat([GOOD, GOOD.head(1)]), "columns client, payer, cause, week repeat in 1 row"),
        (pl.concat([GOOD, GOOD.head(3)]), "columns client, payer, cause, week repeat in 3 rows"),
    ],
)  # fmt: skip
def test_broken_input_is_named_by_column_and_count(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(InputError) as caught:
        detect(frame)
    assert message in str(caught.value)
    assert caught.value.fix
    for value in ("SECRET", "HIDDEN", "2025", "77", "78"):
        assert value not in str(caught.value) + caught.value.fix


def test_no_week_to_test_is_refused() -> None:
    with pytest.raises(InputError, match="test_weeks is below one"):
        detect(GOOD, test_weeks=0)


def test_names_may_be_enums_and_counts_small_integers() -> None:
    names = {name: pl.Enum([GOOD[name][0], "other"]) for name in ("client", "payer", "cause")}
    typed = GOOD.with_columns(*(pl.col(name).cast(kind) for name, kind in names.items()), pl.col("denied").cast(pl.UInt8))
    assert detect(typed).equals(detect(GOOD))
