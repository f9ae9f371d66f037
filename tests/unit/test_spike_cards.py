"""Cards of open spikes counted by hand: effects that add up, first dates, money at risk and how it can be fixed."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal as D

import polars as pl
import pytest

from rcm_pipeline.denials.spikes.cards import spike_cards
from rcm_pipeline.denials.spikes.evidence import spike_evidence
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS
from tests.unit.test_spike_evidence import ANCHOR, BEFORE, DENIED, OPEN, PAID, TWENTY, told

EFFECTS = ("rate_effect", "mix_effect", "lag_effect")


def outcomes(*rows: Mapping[str, object]) -> pl.DataFrame:
    usual = {"payer_id": "P", "root_cause": "authorization", "resolution_code": "open", "expected_amount": D("10.00")}
    named = [{"lineage_id": f"L{n}", "claim_token": f"t{n}"} | usual | dict(row) for n, row in enumerate(rows, start=1)]
    return widened(pl.DataFrame(named), CONTRACTS["mart_denial_outcomes"]) if named else empty(CONTRACTS["mart_denial_outcomes"])


def worklist(*rows: Mapping[str, object]) -> pl.DataFrame:
    usual = {"payer_id": "P", "root_cause": "authorization", "urgency": "open", "group_rank": 1, "deadline_date": dt.date(2026, 12, 31)}
    named = [{"lineage_id": f"L{n}", "rank": n} | usual | dict(row) for n, row in enumerate(rows, start=1)]
    return widened(pl.DataFrame(named), CONTRACTS["mart_worklist"]) if named else empty(CONTRACTS["mart_worklist"])


def card(*claims: Mapping[str, object], known: pl.DataFrame | None = None, listed: pl.DataFrame | None = None) -> dict:
    lines = told(*claims)
    table = spike_cards(
        OPEN,
        lines,
        spike_evidence(OPEN, lines),
        outcomes() if known is None else known,
        worklist() if listed is None else listed,
    )
    table = widened(table, CONTRACTS["mart_spike_cards"])
    CONTRACTS["mart_spike_cards"].validate(table)
    return table.row(0, named=True)


def test_both_rates_stand_with_both_sides_and_their_limits() -> None:
    found = card(*TWENTY)
    assert [found[name] for name in ("denied_count", "decided_count", "before_denied_count", "before_decided_count")] == [7, 20, 2, 20]
    assert (found["denial_rate"], found["before_rate"]) == (0.35, 0.1)
    assert found["before_low"] < 0.1 < found["before_high"]
    assert [found[name] for name in EFFECTS] == [pytest.approx(0.25), 0.0, 0.0]
    assert (found["reading"], found["coder_id"], found["clients_up_count"]) == ("coder", "C1", None)


def test_more_of_what_is_denied_anyway_is_mix() -> None:
    """Surgery is denied 5 of 10, visits 0 of 10, before and now; surgery goes from 10 of 20 to 10 of 12 lines."""
    surgery = {"procedure_code": "10060"}
    before = [surgery | {"carc_code": "197"}] * 5 + [surgery] * 5 + [{}] * 10
    now = [surgery | DENIED] * 5 + [surgery | PAID] * 5 + [PAID] * 2
    found = card(*before, *now)
    change = 5 / 12 - 5 / 20
    assert found["mix_effect"] == pytest.approx((10 / 12 - 10 / 20) * 0.5)
    assert found["rate_effect"] == pytest.approx(0)
    assert sum(found[name] for name in EFFECTS) == pytest.approx(change)
    assert found["reading"] == "client"


def test_a_payer_that_decides_older_claims_is_lag() -> None:
    """Claims of one week are denied 0 of 8, of five 4 of 8, before and now; now 8 of the old and 2 of the young are decided."""

    def claims(week: dt.date, young: int, old: int) -> list[dict]:
        sent = {age: {"week": week, "sent_week": week - dt.timedelta(weeks=age)} for age in (1, 5)}
        return [sent[1]] * young + [sent[5]] * (old // 2) + [sent[5] | {"carc_code": "197"}] * (old // 2)

    found = card(*claims(BEFORE, 8, 8), *claims(ANCHOR, 2, 8))
    assert found["lag_effect"] == pytest.approx((8 / 10 - 8 / 16) * 0.5)
    assert (found["mix_effect"], found["rate_effect"]) == (0.0, pytest.approx(0))
    assert sum(found[name] for name in EFFECTS) == pytest.approx(4 / 10 - 4 / 16)


def test_the_three_effects_add_up_whatever_moves() -> None:
    mixed = [
        {"week": week, "sent_week": week - dt.timedelta(weeks=age) if age else None, "procedure_code": code, "place_code": place}
        | ({"carc_code": "197"} if (n * step) % 7 < 3 else {})
        for step, week in ((2, BEFORE), (3, ANCHOR))
        for n, (age, code, place) in enumerate(
            ([(1, "99213", "11"), (9, "10060", "22"), (0, None, None), (4, "70010", "11"), (14, "99213", "21")] * step)[:-2]
        )
    ]
    found = card(*mixed)
    assert found["mix_effect"] != 0
    assert found["lag_effect"] != 0
    assert sum(found[name] for name in EFFECTS) == pytest.approx(found["denial_rate"] - found["before_rate"], abs=1e-15)


def test_first_dates_are_those_of_the_main_reason() -> None:
    days = [dt.date(2026, 10, day) for day in (1, 5, 9)]
    found = card(
        {},
        DENIED | {"first_service_date": days[1]},
        DENIED | {"first_service_date": days[2], "week": OPEN["since_week"][0]},
        DENIED | {"carc_code": "15", "first_service_date": days[0]},
        DENIED | {"rarc_code": "N54"},
    )
    assert (found["main_carc_code"], found["main_rarc_code"]) == ("197", None)
    assert found["first_service_date"] == days[1]
    assert found["first_adjudication_date"] == OPEN["since_week"][0] + dt.timedelta(days=2)


def test_open_denials_of_the_spike_are_at_risk() -> None:
    """L1 was denied before; L2 to L8 during. L3 is settled, L4's costliest line has another cause, L5 has no token."""
    known = outcomes(
        {},
        {"expected_amount": D("0.10")},
        {"resolution_code": "overturned", "expected_amount": D("900.00")},
        {"root_cause": "coding"},
        {"claim_token": None, "expected_amount": D("500.00")},
        *[{"expected_amount": D("20.20")}] * 3,
    )
    found = card({"carc_code": "197"}, *[DENIED] * 7, known=known)
    assert (found["claim_count"], found["open_count"], found["at_risk_amount"]) == (6, 5, D("560.70"))
    assert found["example_tokens"] == "t6,t7,t8,t2,t3"


def test_the_fix_is_that_of_the_largest_group() -> None:
    listed = worklist(
        {"group_id": "before", "next_step": "x"},
        {"group_id": "large", "group_rank": 2, "next_step": "Get it approved after the fact", "deadline_date": None},
        {"group_id": "small", "next_step": "Appeal", "deadline_date": dt.date(2026, 12, 1)},
        {"group_id": "late", "urgency": "late", "next_step": "x", "deadline_date": dt.date(2026, 11, 1)},
        {"group_id": "large", "group_rank": 2, "next_step": "Get it approved after the fact"},
    )
    found = card({"carc_code": "197"}, *[DENIED] * 4, listed=listed)
    assert (found["fixable_count"], found["next_step"], found["deadline_date"]) == (
        3,
        "Get it approved after the fact",
        dt.date(2026, 12, 1),
    )


def test_no_open_denials_is_nothing_at_risk() -> None:
    found = card({}, DENIED, known=outcomes({}, {"resolution_code": "settled", "claim_token": None}))
    assert (found["claim_count"], found["open_count"], found["at_risk_amount"], found["fixable_count"]) == (1, 0, D("0.00"), 0)
    assert [found[name] for name in ("next_step", "deadline_date", "example_tokens")] == [None, None, None]


def test_a_side_without_lines_has_no_rate_and_no_effects() -> None:
    fresh = card(DENIED, PAID)
    assert [fresh[name] for name in ("before_rate", "before_low", *EFFECTS)] == [None] * 5
    gone = card({"carc_code": "197"})
    assert (gone["denied_count"], gone["denial_rate"], gone["main_carc_code"], gone["first_adjudication_date"]) == (0, None, "197", None)
    silent = card({"payer_id": "Q"})
    assert (silent["decided_count"], silent["reading"], silent["at_risk_amount"]) == (0, "client", D("0.00"))


def test_nothing_open_gives_no_card() -> None:
    nothing = OPEN.clear()
    lines = told(*TWENTY, spikes=nothing)
    table = spike_cards(nothing, lines, spike_evidence(nothing, lines), outcomes({}), worklist({"next_step": "x"}))
    assert table.is_empty()
