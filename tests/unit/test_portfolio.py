"""What clients know together: nothing of few, nothing of later weeks, and whose rise it was."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from rcm_pipeline.denials.spikes import SpikeSettings, detect, payer_lines
from rcm_pipeline.denials.spikes.portfolio import portfolio as portfolio_of
from rcm_pipeline.denials.spikes.portfolio import reference
from schemas.contract import empty, polars_schema
from schemas.registry import CONTRACTS

FIRST = dt.date(2025, 2, 10)
WEEKS = 30
CLIENTS = ("acme", "beta", "coma")
COUNTS = ("denied_count", "decided_count", "season_denied", "season_expected")


def monday(at: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=at)


def counts(client: str, denied: list[int], decided: int = 200, payer: str = "P1", cause: str = "coding", start: int = 0) -> pl.DataFrame:
    """One client's weeks from `start` on."""
    weeks = [monday(start + at) for at in range(len(denied))]
    named = {"client": client, "payer": payer, "cause": cause}
    frame = pl.DataFrame({"week": weeks, "denied": denied}).with_columns(pl.lit(decided).alias("decided"))
    return frame.select(*(pl.lit(text).alias(name) for name, text in named.items()), pl.all())


def portfolio(weekly: pl.DataFrame, published: pl.DataFrame | None = None, key: bytes = bytes(32)) -> pl.DataFrame:
    return portfolio_of(weekly, empty(CONTRACTS["ops_portfolio"]) if published is None else published, key)


def usual(weeks: int = WEEKS, clients: tuple[str, ...] = CLIENTS, **more: Any) -> pl.DataFrame:
    """Clients of 200 claims a week, a tenth denied, in turn one more and one less."""
    return pl.concat([counts(client, [20 + (at + no) % 3 - 1 for at in range(weeks)], **more) for no, client in enumerate(clients)])


def changed(weekly: pl.DataFrame, at: int, **denied: int) -> pl.DataFrame:
    """The same with other denials of some clients in one week."""
    count = pl.col("denied")
    for client, value in denied.items():
        count = pl.when((pl.col("week") == monday(at)) & (pl.col("client") == client)).then(value).otherwise(count)
    return weekly.with_columns(count.alias("denied"))


def test_sums_over_clients_are_those_of_the_clients() -> None:
    weekly = usual()
    table = portfolio(weekly)
    assert table.schema == polars_schema(CONTRACTS["ops_portfolio"])
    assert table.height == WEEKS
    assert table["denied_count"].sum() == pytest.approx(60 * WEEKS, rel=0.02)
    assert table["decided_count"].to_list() == [600] * WEEKS, "what is a multiple of five stays"
    assert set(table["risen_count"]) == {None}, "of three clients each could tell who"
    known = reference(table, monday(WEEKS))
    assert known is not None
    assert known.rates["rate"].to_list() == pytest.approx([0.1] * WEEKS, rel=0.1)
    assert table["version"].n_unique() == 1


def test_the_usual_rate_forgets_half_in_26_weeks() -> None:
    """A week of 30 of 300 and, 26 weeks later, one of 60 of 300: (30 / 2 + 60) / (300 / 2 + 300)."""
    weekly = pl.concat([counts(client, [share], 100, start=at) for at, share in ((0, 10), (26, 20)) for client in CLIENTS])
    known = reference(portfolio(weekly), monday(26))
    assert known is not None
    assert known.rates["rate"].to_list() == pytest.approx([0.1, 75 / 450])


def test_cells_of_two_clients_or_ten_claims_are_nowhere() -> None:
    """What is hidden may hold any count: the output is the same, to the last digit, as if it had not been there."""
    shown = usual()
    two = usual(clients=("acme", "beta"), payer="P2")
    few = pl.concat([counts(client, [1] * WEEKS, 3, payer="P3") for client in CLIENTS])  # nine claims a week
    one_week = usual(weeks=1, clients=("acme", "beta"), start=WEEKS)  # a week in which the third decided nothing
    table = portfolio(pl.concat([shown, two, few, one_week]))
    assert table.equals(portfolio(shown))
    assert table["payer_id"].unique().to_list() == ["P1"]
    assert table["week"].max() == monday(WEEKS - 1)
    louder = [part.with_columns(pl.col("denied") * 3) for part in (two, few, one_week)]
    assert portfolio(pl.concat([shown, *louder])).equals(table)


def test_a_client_that_decided_nothing_does_not_count_as_the_third() -> None:
    weekly = pl.concat([usual(clients=("acme", "beta")), counts("coma", [0] * WEEKS, 0)])
    assert portfolio(weekly).is_empty()


@pytest.mark.parametrize(("claims", "is_shown"), [(3, False), (4, True)])
def test_eleven_claims_are_enough(claims: int, is_shown: bool) -> None:
    """Three clients with three claims each are nine; with four each twelve."""
    table = portfolio(pl.concat([counts(client, [1] * WEEKS, claims) for client in CLIENTS]))
    assert table.is_empty() is not is_shown


@pytest.mark.parametrize("clients", [("acme",), ("acme", "beta")])
def test_fewer_than_three_clients_know_nothing_together(clients: tuple[str, ...]) -> None:
    table = portfolio(usual(clients=clients))
    assert table.is_empty()
    assert table.schema == polars_schema(CONTRACTS["ops_portfolio"])
    assert reference(table, monday(WEEKS)) is None


@pytest.mark.parametrize(("rest", "is_shown"), [(19, False), (20, True)])
def test_a_cell_that_is_nearly_one_client_alone_is_left_out(rest: int, is_shown: bool) -> None:
    """Of 200 claims of the largest a tenth, 20, must be those of the others but for the second, which could subtract itself."""
    sizes = {"acme": 200, "beta": 150, "coma": rest}
    weekly = pl.concat([counts(client, [size // 10] * WEEKS, size) for client, size in sizes.items()])
    assert portfolio(weekly).is_empty() is not is_shown


def test_counts_are_rounded_by_chance_and_right_on_average() -> None:
    weekly = usual()
    tables = [portfolio(weekly, key=bytes([number] * 32)) for number in range(20)]
    truth = weekly.group_by("week").agg(pl.col("denied").sum()).sort("week")["denied"]
    for table in tables:
        assert all(count % 5 == 0 for name in COUNTS for count in table[name])
        assert (table["denied_count"] - truth).abs().max() < 5  # type: ignore[operator]
    mean = sum(table["denied_count"].cast(pl.Float64) for table in tables) / len(tables)
    assert (mean - truth).mean() == pytest.approx(0, abs=0.3)
    assert portfolio(weekly, key=bytes([7] * 32)).equals(tables[7]), "the same key rounds alike"


def test_what_was_published_stays_and_new_weeks_come_to_it() -> None:
    weekly = usual(weeks=40)
    first = portfolio(weekly.filter(pl.col("week") < monday(35)))
    corrected = changed(weekly, 10, beta=150)
    later = portfolio(corrected, first)
    old = later.filter(pl.col("week") < monday(35))
    told = first.filter(pl.col("season_expected") > 0)
    assert told.height > 2
    assert old.join(told, on="week", how="semi").drop("version").equals(told.drop("version"))
    counted = ["week", "denied_count", "decided_count", "is_payers"]
    assert old.select(counted).equals(first.select(counted))
    assert later.height == 40


def test_a_season_comes_to_a_published_week_half_a_year_later_and_stays() -> None:
    """Published week by week the season of each week is that of a portfolio made at once, up to the half year it cannot be told of yet."""
    weekly = usual(weeks=100)
    table = portfolio(weekly.filter(pl.col("week") < monday(60)))
    assert table.filter(pl.col("week") == monday(45))["season_expected"].item() == 0
    for at in (70, 80, 90, 100):
        table = portfolio(weekly.filter(pl.col("week") < monday(at)), table)
    at_once = portfolio(weekly)
    assert table.drop("risen_count", "is_payers", "version").equals(at_once.drop("risen_count", "is_payers", "version"))
    assert table.filter(pl.col("week") == monday(73))["season_expected"].item() > 0
    louder = changed(weekly, 20, beta=190)
    again = portfolio(louder, table)
    assert again["season_denied"].equals(table["season_denied"])


def test_who_takes_part_can_work_out_no_small_count_of_another() -> None:
    """Even who knows all counts but one, and how each was rounded: one denial more or one less is handed back alike."""
    generator = np.random.default_rng(1)
    judged = 0
    for world in range(12):
        weekly = pl.concat([counts(client, generator.poisson(2 + world % 3, 5).tolist(), 40) for client in CLIENTS])
        table = portfolio(weekly, key=bytes([world] * 32))
        assert table.height == 5
        for at, denied in enumerate(weekly.filter(pl.col("client") == "beta").sort("week")["denied"]):
            others = [portfolio(changed(weekly, at, beta=denied + step), key=bytes([world] * 32)) for step in (-1, 1) if denied + step >= 0]
            if not 1 <= denied <= 10:
                continue
            judged += 1
            assert any(other["denied_count"].equals(table["denied_count"]) for other in others), (world, at, denied)
    assert judged > 40


def test_no_client_is_named() -> None:
    text = portfolio(usual()).write_csv()
    assert not any(client in text for client in CLIENTS)


def test_the_version_is_that_of_the_counts() -> None:
    weekly = usual()
    version = portfolio(weekly)["version"][0]
    assert portfolio(weekly.sample(fraction=1, shuffle=True, seed=5)).equals(portfolio(weekly))
    assert portfolio(changed(weekly, 3, beta=30))["version"][0] != version
    assert portfolio(weekly.with_columns(pl.col("client").replace("beta", "zeta")))["version"][0] == version


def test_the_reference_knows_nothing_after_the_anchor() -> None:
    """Of the season it knows what was half a year old then: before, a rise that lasts would pass for one."""
    table = portfolio(usual(weeks=60))
    known = reference(table, monday(40))
    assert known is not None
    assert known.season["week"].max() == monday(14)
    assert known.rates["week"].to_list() == [monday(at) for at in range(41)]
    later = pl.col("week") > monday(40)
    numbers = ["denied_count", "decided_count", "season_denied", "season_expected"]
    again = reference(table.with_columns(pl.when(~later).then(name).otherwise(90).alias(name) for name in numbers), monday(40))
    assert again is not None
    assert again.rates.equals(known.rates)
    assert again.season.equals(known.season)
    assert reference(table, FIRST - dt.timedelta(weeks=1)) is None


def test_weeks_known_at_the_anchor_are_the_same_in_a_later_portfolio() -> None:
    """What is handed back of a week does not change with the weeks that come after it."""
    weekly = usual(weeks=60)
    then, now = (reference(portfolio(frame), monday(40)) for frame in (weekly.filter(pl.col("week") <= monday(40)), weekly))
    assert then is not None
    assert now is not None
    assert now.rates.equals(then.rates)
    assert now.season.equals(then.season)


def line(weekly: pl.DataFrame) -> dict[str, Any]:
    return payer_lines(weekly).row(0, named=True)


def test_several_clients_that_rise_are_the_payer() -> None:
    found = line(changed(usual(), 29, acme=50, beta=50, coma=50))
    assert (found["is_alarm"], found["reading"], found["clients"], found["clients_up"]) == (True, "payer", 3, 3)
    assert (found["denied"], found["decided"]) == (150, 600)
    assert found["main_share"] == pytest.approx(1 / 3, rel=0.02)


def test_one_client_that_rises_is_its_process() -> None:
    found = line(changed(usual(), 29, beta=110))
    assert (found["is_alarm"], found["reading"], found["clients_up"], found["main_share"]) == (True, "process", 1, 1.0)
    assert found["denied"] > 140


def test_one_client_with_four_fifths_of_the_rise_is_its_process() -> None:
    """Ninety and ten more than expected: 90 % is one client's, though two are up."""
    found = line(changed(usual(), 29, acme=30, beta=110))
    assert (found["clients_up"], found["reading"]) == (2, "process")
    assert found["main_share"] == pytest.approx(0.9, rel=0.02)


def test_clients_that_are_up_by_chance_are_no_change_of_the_payer() -> None:
    """Two of twenty a little up in a usual week: in most weeks some are."""
    many = usual(clients=tuple(f"c{no:02}" for no in range(20)))
    found = line(changed(many, 29, c03=29, c11=29))
    assert (found["clients_up"], found["is_alarm"], found["reading"]) == (2, False, None)


def test_a_week_of_few_enters_no_other_week() -> None:
    """One client alone in a week: its count is not to be had by subtraction from the next week's window."""
    alone = usual().filter((pl.col("week") != monday(28)) | (pl.col("client") == "beta"))
    assert line(changed(alone, 28, beta=190)) == line(alone)


def test_a_portfolio_that_is_not_remade_leaves_the_client_its_own_season() -> None:
    own = pl.concat(counts("late", [40 if 40 <= at % 52 < 52 else 20 for at in range(100)], payer=f"P{no}") for no in range(8))
    stale = reference(portfolio(pl.concat([usual(weeks=60, payer=f"P{no}") for no in range(8)])), monday(99))
    alone, beside = (detect(own, test_weeks=8, settings=SpikeSettings(reference=one)) for one in (None, stale))
    assert beside["index"].to_list() == pytest.approx(alone["index"].to_list(), abs=0.03)
    assert alone["index"].max() > 1.3  # type: ignore[operator]


def test_nobody_rose() -> None:
    found = line(changed(usual(), 29, acme=20, beta=20, coma=20))
    assert (found["is_alarm"], found["clients_up"], found["reading"], found["main_share"]) == (False, 0, None, None)


def test_a_line_of_few_shows_no_count() -> None:
    found = line(changed(usual(clients=("acme", "beta")), 29, acme=90, beta=90))
    assert found["reason"] == "suppressed: fewer than 3 clients or 11 claims"
    told = {name: value for name, value in found.items() if name not in {"payer", "cause", "week", "reason"}}
    assert {name for name, value in told.items() if value is not None} == {"is_alarm", "judged"}
    assert not told["is_alarm"]
    assert not told["judged"]


def test_lines_are_judged_on_what_was_known_then() -> None:
    weekly = changed(usual(), 27, acme=50, beta=50, coma=50)
    found = payer_lines(weekly, test_weeks=4)
    for at in range(26, 30):
        assert payer_lines(weekly.filter(pl.col("week") <= monday(at))).equals(found.filter(pl.col("week") == monday(at)))


def yearly(client: str) -> pl.DataFrame:
    """Two years whose denials rise by half in ISO weeks 1 to 6."""
    weeks = [monday(at).isocalendar().week for at in range(100)]
    return counts(client, [30 if week <= 6 else 20 for week in weeks], cause="authorization")


def test_a_client_borrows_the_january_of_the_others() -> None:
    """A client of thirty weeks: its first January, in which the others' past one tells what to expect."""
    others = pl.concat([yearly(client) for client in CLIENTS])
    own = counts("late", [20] * 29 + [30], cause="authorization", start=70)
    anchor = own["week"].max()
    assert anchor == dt.date(2027, 1, 4)
    assert isinstance(anchor, dt.date)
    alone = detect(own).row(0, named=True)
    assert (alone["judged"], alone["index"]) == (True, 1.0)
    known = reference(portfolio(others), anchor)
    assert known is not None
    together = detect(own, settings=SpikeSettings(reference=known)).row(0, named=True)
    # its panel begins in June 2026, so the January of 2026 lies before its first week
    assert (together["judged"], together["reason"]) == (True, None)
    assert together["index"] > 1.1
    assert together["give_or_take"] / together["expected"] < 0.9 * alone["give_or_take"] / alone["expected"]  # it knows better


def test_the_rate_of_the_others_is_where_a_new_payer_begins() -> None:
    """A client that has seen few claims of a payer expects what the others are denied."""
    known = reference(portfolio(usual()), monday(WEEKS - 1))
    own = counts("late", [0] * 12, 2)
    alone, together = (detect(own, settings=SpikeSettings(reference=one)).row(0, named=True) for one in (None, known))
    assert alone["base_rate"] < 0.05
    assert together["base_rate"] == pytest.approx(0.1, abs=0.025)


def test_a_payer_the_portfolio_does_not_know_is_as_without_it() -> None:
    known = reference(portfolio(usual()), monday(WEEKS - 1))
    own = usual(clients=("late",), payer="P9")
    assert detect(own, settings=SpikeSettings(reference=known)).equals(detect(own))


def test_a_line_does_not_rise_when_only_the_mix_of_clients_does() -> None:
    """Three clients at a tenth; a fourth at a half triples its claims in the last week, another at a half is three weeks old."""
    plain = [counts(client, [20] * 60) for client in CLIENTS]
    grown = pl.concat([counts("grown", [20] * 59, 40), counts("grown", [60], 120, start=59)])
    young = counts("young", [50] * 3, 100, start=57)
    row = payer_lines(pl.concat([*plain, grown, young])).row(0, named=True)
    assert (row["clients"], row["is_alarm"]) == (len(CLIENTS) + 2, False)
    assert row["expected"] == pytest.approx(row["denied"], rel=0.03)
    assert row["denied"] == 20 * len(CLIENTS) + 60, "a client of three weeks is not known yet, and not counted"
