"""The measures of the anchor week's batch, on files written by hand: what is held against what."""

import datetime as dt
from decimal import Decimal

import polars as pl

from rcm_pipeline.settings import BatchLimits, ClientSettings
from tests.unit.lives import clp, payment, reversal, tables_of

BAD, GOOD = ("99213", "100", "80", "CO*45*15"), ("99213", "100", "80", "CO*45*20")
OLD_DAYS, LAST_DAY = ("20261029", "20261105", "20261112"), "20261119"


def paid_on(day: str, line: tuple[str, str, str, str], claims: int = 20) -> bytes:
    """A payment of so many claims of one line each."""
    return payment(*(clp(f"A{day}{n}", f"I{day}{n}", line) for n in range(claims)), day=day)


def balance_of(*files: bytes) -> dict[str, tuple[Decimal, float, bool]]:
    """Of each subject of the sums: dollars out of balance, their share of the week's charges, whether that is allowed."""
    measures = tables_of(*files)["mart_batch_measures"].filter(pl.col("check_name") == "out_of_balance")
    return {row["subject"]: (row["amount"], row["observed"], row["is_met"]) for row in measures.iter_rows(named=True)}


def test_weeks_of_one_file_are_each_held_against_their_own_charges() -> None:
    """Three bad weeks and a good one after them, in one file: nothing of the last week is out of balance."""
    history = b"".join(paid_on(day, BAD) for day in OLD_DAYS) + paid_on(LAST_DAY, GOOD)
    assert balance_of(history) == {
        "claims": (Decimal(0), 0.0, True),
        "lines": (Decimal(0), 0.0, True),
        "payments": (Decimal(0), 0.0, True),
        "share": (Decimal(0), 0.0, True),
    }


def test_a_bad_week_of_a_file_is_found_beside_good_ones() -> None:
    """20 claims of $100 that leave $5 each unexplained: $100 of $2,000, a line and a claim each."""
    found = balance_of(b"".join(paid_on(day, GOOD) for day in OLD_DAYS) + paid_on(LAST_DAY, BAD))
    assert found["lines"] == (Decimal("100.00"), 0.05, False)
    assert found["claims"] == (Decimal("100.00"), 0.05, False)
    assert found["share"] == (Decimal("100.00"), 0.05, True)


def test_reversals_do_not_make_a_week_small() -> None:
    """18 claims are taken back and paid anew beside one that is out by $5: charges of $3,700 and not of $100."""
    old = payment(*(clp(f"A{n}", f"I{n}", GOOD) for n in range(18)), day="20261112")
    turned = [segments for n in range(18) for segments in (reversal(f"A{n}", f"I{n}", GOOD), clp(f"A{n}", f"J{n}", GOOD))]
    found = balance_of(old, payment(*turned, clp("B", "K", BAD), day=LAST_DAY))
    assert found["share"] == (Decimal("5.00"), 5 / 3700, True)


def test_a_payment_in_pieces_is_not_out_of_balance_by_each_of_them() -> None:
    first, second = (payment(clp(f"A{n}", f"I{n}", GOOD), day=LAST_DAY, trace="T1", amount="160", isa=f"{n:09}") for n in (1, 2))
    assert balance_of(first, second)["payments"] == (Decimal(0), 0.0, True)
    assert balance_of(first)["payments"] == (Decimal("80.00"), 0.8, False)


def volumes(*weeks: int, deviations: float = 3.5) -> dict[str, bool]:
    """Of each kind whose volume is judged: whether it is usual, with so many payments a week until the anchor week."""
    days = [dt.date(2026, 11, 19) - dt.timedelta(weeks=n) for n in reversed(range(len(weeks)))]
    files = [paid_on(f"{day:%Y%m%d}", GOOD, claims) for day, claims in zip(days, weeks, strict=True) if claims]
    settings = ClientSettings(batch=BatchLimits(usual_deviations=deviations))
    measures = tables_of(*files, settings=settings)["mart_batch_measures"]
    rows = measures.filter(pl.col("check_name").is_in(["volume", "payer_volume"]))
    return {row["subject"]: row["is_met"] for row in rows.iter_rows(named=True)}


def test_what_comes_every_other_week_is_not_missed_in_the_weeks_between() -> None:
    assert volumes(30, 0, 30, 0, 30, 0, 30, 0, 30, 10) == {}
    assert volumes(30, 30, 30, 30, 0, 30, 30, 30, 30, 10) == {"claim payments": False, "P1: claim payments": False}


def test_payments_that_count_in_no_week_make_none_the_anchor_week() -> None:
    """Payments of last week in files of a year ago: dated wrong, so the week before stands."""
    sound = [paid_on(day, GOOD) for day in ("20261029", "20261105", "20261112")]
    wrong = payment(clp("X", "X", GOOD), day="20251119").replace(b"20251119~", b"20261119~")
    assert set(tables_of(*sound)["mart_batch_measures"]["week"]) == {dt.date(2026, 11, 9)}
    assert set(tables_of(*sound, wrong)["mart_batch_measures"]["week"]) == {dt.date(2026, 11, 9)}


def test_how_far_from_usual_a_week_may_be_is_the_clients() -> None:
    """40 claim payments in the median week, spread .158 as counting leaves: 20 are within exp(5 × .158) = 2.2 of it, not within 1.74."""
    weeks = (40, 40, 40, 40, 40, 40, 20)
    assert set(volumes(*weeks).values()) == {False}
    assert set(volumes(*weeks, deviations=5).values()) == {True}
