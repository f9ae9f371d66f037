"""Hand-made core tables of QA for tests: reviews, codes and findings of a few charts."""

import datetime as dt
from typing import Any

import polars as pl

from schemas.contract import widened
from schemas.registry import CONTRACTS

ANCHOR = dt.date(2026, 11, 16)


def review(
    number: int, coder: str = "C1", coded: int = 5, audited: int = 5, right: int = 5, day: str = "2026-11-18", **more: Any
) -> dict[str, Any]:
    """A first review of a random chart; `more` overrides any column."""
    date = dt.date.fromisoformat(day)
    row = {
        "review_token": f"r{number}",
        "claim_token": f"c{number}",
        "coder_id": coder,
        "auditor_id": "AU1",
        "review_date": date,
        "week": date - dt.timedelta(days=date.weekday()),
        "specialty": "ED",
        "kind_code": "first",
        "stratum_code": "random",
        "counts_code": "stated",
        "coder_code_count": coded,
        "auditor_code_count": audited,
        "correct_code_count": right,
        "finding_count": max(coded, audited) - right,
        "is_right": coded == audited == right,
    }
    return row | more


def finding(number: int, error: str = "UNITS", **more: Any) -> dict[str, Any]:
    """A finding against the coder that stands."""
    row = {
        "review_token": f"r{number}",
        "finding_no": 1,
        "basis_code": "stated",
        "error_code": error,
        "cert_code": "incorrect_coding",
        "weight": 3,
        "direction_code": "over",
        "party_code": "coder",
        "rebuttal_code": "none",
        "is_counted": True,
    }
    return row | more


def code(number: int, position: int, **more: Any) -> dict[str, Any]:
    """A procedure both assigned."""
    row = {
        "review_token": f"r{number}",
        "position_no": position,
        "code_kind": "procedure",
        "code_family": "surgery",
        "coder_code": "20610",
        "auditor_code": "20610",
        "verdict_code": "same",
    }
    return row | more


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows as the table of that name; columns not given are null."""
    return (
        widened(pl.DataFrame(rows, infer_schema_length=None), CONTRACTS[name]) if rows else widened(pl.DataFrame(), CONTRACTS[name]).clear()
    )
