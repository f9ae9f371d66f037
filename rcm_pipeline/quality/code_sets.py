"""Stale references: does the newest list of every code set reach the anchor week's dates of service?"""

import polars as pl

from rcm_pipeline.quality.checks import CURRENT_CODES
from rcm_pipeline.quality.contracts import Outcome


def judge_code_sets(coverage: pl.DataFrame) -> Outcome:
    """One outcome from mart_code_set_coverage: codes of the anchor week's claims used after the last day of their set's lists.

    Of the sets with a list only: one without is said to be unchecked, and a client that has no such codes cannot fail. It warns
    and does not block, for the numbers of the pack stand without it; the cure is a newer list in the client's folder.
    """
    check = CURRENT_CODES
    with_list = coverage.filter(pl.col("valid_to").is_not_null())
    failed, checked = int(with_list["stale_count"].sum()), int(with_list["anchor_count"].sum())
    return Outcome(check.table_name, check.name, "batch", check.severity, failed == 0, failed, checked)
