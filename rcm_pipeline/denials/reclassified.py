"""What a new state of the taxonomy reclassified: the same denied lines, before and after."""

import polars as pl

from rcm_pipeline.claims.remits import PLACE_LINE
from schemas.contract import conform
from schemas.registry import CONTRACTS

RECLASSIFIED_BY = (*PLACE_LINE, "root_cause", "taxonomy_version")


def reclassified(before: pl.DataFrame, after: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """ops_reclassifications: denied lines whose cause changed with the taxonomy's version, by reason, old and new cause.

    No rows while the version is the same: a cause that changed then changed because of new files, not of new rules.
    """
    contract = CONTRACTS["ops_reclassifications"]
    old = before.rename({"root_cause": "from_cause", "taxonomy_version": "from_version"})
    both = after.join(old, on=PLACE_LINE, how="inner").filter(
        (pl.col("taxonomy_version") != pl.col("from_version")) & (pl.col("root_cause") != pl.col("from_cause"))
    )
    by = ["from_version", "taxonomy_version", "carc_code", "rarc_code", "from_cause", "root_cause"]
    counted = both.group_by(by).agg(pl.len().cast(pl.Int64).alias("line_count"), pl.col("denied_amount").sum().cast(pl.Decimal(18, 2)))
    named = counted.rename({"taxonomy_version": "to_version", "root_cause": "to_cause"}).with_columns(pl.lit(run_id).alias("run_id"))
    return conform(named, contract).sort("line_count", "from_cause", "to_cause", "carc_code", "rarc_code", descending=[True] + [False] * 4)
