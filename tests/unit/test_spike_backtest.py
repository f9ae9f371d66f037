"""The backtest of the detector: alarms joined into episodes, what each was, months, calibration, and what was not judged."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from dashboards.backtest import backtest_page
from rcm_pipeline.denials.spikes.backtest import EVERY, OUTSIDE, P_LIMITS, Backtest, backtest
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.episodes import episodes, is_within
from rcm_pipeline.errors import InputError, StorageError
from rcm_pipeline.governance.backtest import calibration_line, headline, printed
from rcm_pipeline.publishing import write_in_place
from schemas.contract import widened
from schemas.registry import CONTRACTS

FIRST = dt.date(2025, 2, 3)
WEEKS = 44  # no January among them


def monday(at: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=at)


def weekly(weeks: int = WEEKS) -> pl.DataFrame:
    """Three series of a thousand lines a week, a tenth denied: one doubles for good, one for a week, one stays."""
    factor = {"lasts": lambda at: 2 if at >= 24 else 1, "once": lambda at: 2 if at == 30 else 1, "quiet": lambda at: 1}
    rows = [
        {"client": "acme", "payer": "P1", "cause": cause, "week": monday(at), "denied": f(at) * (95 + 5 * (at % 3)), "decided": 1000}
        for cause, f in factor.items()
        for at in range(weeks)
    ]
    return pl.DataFrame(rows)


def verdicts(alarms: set[int], denied: list[int], decided: int = 100) -> pl.DataFrame:
    """One series of which ten of a hundred are expected."""
    weeks = range(len(denied))
    return pl.DataFrame(
        {
            "week": [monday(at) for at in weeks],
            "denied": denied,
            "decided": [decided if n >= 0 else 0 for n in denied],
            "is_alarm": [at in alarms for at in weeks],
            "p_value": [0.001 * (at + 1) for at in weeks],
            "q_value": [0.01 * (at + 1) for at in weeks],
        }
    ).select(
        *(pl.lit(text).alias(name) for name, text in (("client", "acme"), ("payer", "P1"), ("cause", "cob"))), pl.all(),
        pl.lit(10.0).alias("expected"), pl.lit(0.08).alias("base_rate"), pl.lit(1.25).alias("index"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Backtest:
    return backtest(weekly(), weeks=30)


@pytest.mark.parametrize(
    ("alarms", "denied", "kind"),
    [
        ({0}, [30, 20, 20, 20, 20, 20, 20, 20, 20], "lasting"),
        ({0}, [30, 13, 12, 13, 12, 13, 13, 12, 13, 10, 10], "lasting"),
        ({0}, [30, 13, 12, 13, 12, 13, 12, 12, 12, 99], "passing"),  # 12.4: below 1.25 times ten, the ninth week not looked at
        ({0}, [30, 60, 60, 60, 60, 10, 10, 10, 10], "passing"),  # far up in all, but not in the later half
        ({0}, [30, 10, 10, 10, 10, 30, 30, 30, 30], "lasting"),
        ({0, 3}, [30, 10, 10, 30, 10, 10, 10, 10, 10], "passing"),
        ({0, 1}, [30, 10, 10, 10, 10, 10, 10, 10, 10], "one week"),  # the second alarm is an echo of the first
        ({0}, [30, 12, 10, 10, 10, 10, 10, 10, 10], "one week"),
        ({0}, [30, 13, 10, 10, 10, 10, 10, 10, 10], "passing"),
        ({0}, [30, 10, 10, 10, 10], "one week"),
        ({0}, [30, 20, 20, 20], "too new to say"),
        ({0}, [30], "too new to say"),
        ({0}, [30, -1, -1, -1, -1, -1, -1, 20, 20], "too new to say"),  # nothing decided in most weeks
    ],
)
def test_what_an_alarm_was_is_told_by_the_weeks_after_it(alarms: set[int], denied: list[int], kind: str) -> None:
    told = episodes(verdicts(alarms, [max(n, -1) for n in denied]).with_columns(pl.col("denied").clip(0)), 1.25)
    assert told["kind"].to_list() == [kind]


def test_four_quiet_weeks_keep_an_episode_together_and_five_end_it() -> None:
    frame = verdicts({0, 5, 11}, [30] + [10] * 4 + [25] + [10] * 5 + [40] + [10] * 4)
    told = episodes(frame, 1.25)
    assert told["first_week"].to_list() == [monday(11), monday(0)]
    old = told.row(1, named=True)
    assert (old["last_week"], old["alarm_count"], old["denied"], old["decided"]) == (monday(5), 2, 55, 200)
    assert (old["expected"], old["lift"], old["p_value"], old["q_value"]) == pytest.approx((20.0, 2.75, 0.001, 0.01))
    assert [at for at, inside in enumerate(is_within(frame, told)) if inside] == [0, 1, 2, 3, 4, 5, 11]


def test_planted_spikes_are_found_for_what_they_are(found: Backtest) -> None:
    kinds = {r["cause"]: (r["first_week"], r["kind"]) for r in found.alarms.iter_rows(named=True)}
    assert kinds == {"lasts": (monday(24), "lasting"), "once": (monday(30), "one week")}
    assert (found.first_week, found.last_week, found.week_count) == (monday(14), monday(43), 30)


def test_every_alarm_and_every_series_week_is_counted_once(found: Backtest) -> None:
    assert found.alarm_count == found.alarms["alarm_count"].sum() > 2
    assert found.months["episode_count"].sum() == found.alarms.height
    assert found.months["week_count"].sum() == 30
    assert found.judged_count + found.unjudged["series_count"].sum() == 3 * 30
    assert found.months["month"].to_list() == sorted({monday(at).replace(day=1) for at in range(14, 44)})


def test_calibration_counts_all_that_were_judged(found: Backtest) -> None:
    by_scope = {scope: found.calibration.filter(pl.col("scope") == scope) for scope in (EVERY, OUTSIDE)}
    inside = sum((r["last_week"] - r["first_week"]).days // 7 + 1 for r in found.alarms.iter_rows(named=True))
    for scope, judged in ((EVERY, found.judged_count), (OUTSIDE, found.judged_count - inside)):
        frame = by_scope[scope]
        assert frame["p_limit"].to_list() == list(P_LIMITS)
        assert frame["judged_count"].unique().to_list() == [judged]
        assert frame["hit_count"].is_sorted()
        assert frame["hit_count"][-1] == judged
        assert frame.select((pl.col("low") <= pl.col("hit_rate")) & (pl.col("hit_rate") <= pl.col("high"))).to_series().all()


def test_the_past_does_not_change_when_weeks_are_added() -> None:
    """The same weeks replayed from a shorter history have the same alarms: nothing of the future is used but for `kind`."""
    short, long = backtest(weekly(36), weeks=22), backtest(weekly(), weeks=30)
    shared = ["cause", "first_week", "p_value", "q_value"]
    assert short.alarms.select(shared).equals(long.alarms.select(shared))
    assert short.months[:-1].equals(long.months[: short.months.height - 1])


def test_a_short_history_is_said_to_be_one_and_breaks_nothing() -> None:
    short = backtest(weekly(6), weeks=52)
    assert (short.week_count, short.judged_count, short.alarms.height) == (6, 0, 0)
    assert short.unjudged.to_dicts() == [{"reason": "too little history", "series_count": 18}]
    assert short.months["alarms_per_100"].null_count() == short.months.height
    assert short.calibration["hit_rate"].null_count() == short.calibration.height
    assert headline(short) == (
        "In 6 weeks to the week of 10 Mar 2025 nothing could be judged, most often for this reason: too little history; "
        "a series is judged from its week 10 with decisions on.")  # fmt: skip
    assert calibration_line(short) == ""
    assert "too little history" in printed(short)
    page = backtest_page("acme", short, {})
    assert "nothing could be judged" in page
    assert 'class="chart"' not in page
    for wrong, weeks in ((weekly().clear(), 52), (weekly(), 0)):
        with pytest.raises(InputError):
            backtest(wrong, weeks=weeks)


def test_nothing_but_quiet_weeks_is_no_alarm() -> None:
    quiet = backtest(weekly().filter(pl.col("cause") == "quiet"), weeks=30)
    assert headline(quiet) == "In 30 weeks to the week of 1 Dec 2025 there was no alarm in 30 judged series-weeks."
    assert "There was no alarm." in backtest_page("acme", quiet, {})


@pytest.mark.parametrize(
    ("every", "outside", "meaning"),
    [
        ((0.005, 0.02), (0.001, 0.02), "means what it says"),
        ((0.001, 0.005), (0.001, 0.004), "on the safe side"),
        ((0.02, 0.03), (0.005, 0.02), "if most episodes were real spikes"),
        ((0.02, 0.03), (None, None), "if most episodes were real spikes"),
        ((0.03, 0.04), (0.02, 0.03), "is too small here"),
    ],
)
def test_the_calibration_sentence(found: Backtest, every: tuple, outside: tuple, meaning: str) -> None:
    limits = {name: {EVERY: every[at], OUTSIDE: outside[at]} for at, name in enumerate(("low", "high"))}
    changed = found.calibration.with_columns(
        *(pl.col("scope").replace_strict(by, return_dtype=pl.Float64).alias(name) for name, by in limits.items())
    )
    assert meaning in calibration_line(replace(found, calibration=changed))


def test_the_page_shows_what_is_found_and_escapes_names(found: Backtest) -> None:
    page = backtest_page("acme", found, {"P1": "<b>Payer</b>"})
    assert "&lt;b&gt;Payer&lt;/b&gt;" in page
    assert "<b>Payer" not in page
    assert headline(found) in page
    assert page.count('class="chart"') == 2
    assert ">lasting</span>" in page


def test_a_page_is_written_at_once_or_not_at_all(tmp_path) -> None:
    write_in_place(tmp_path / "reports" / "page.html", b"old")
    write_in_place(tmp_path / "reports" / "page.html", b"new")
    assert [(p.name, p.read_text()) for p in (tmp_path / "reports").iterdir()] == [("page.html", "new")]
    (tmp_path / "reports" / "folder.html" / "inside").mkdir(parents=True)
    with pytest.raises(StorageError, match="could not be written"):
        write_in_place(tmp_path / "reports" / "folder.html", b"new")
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == ["folder.html", "page.html"]


def test_weekly_counts_are_the_claims_of_payers_and_causes_up_to_the_anchor() -> None:
    def row(metric: str, payer: str, cause: str, at: int, denied: int = 2) -> dict:
        zero = dict.fromkeys(("denied_amount", "denied_charge_amount", "charge_amount"), 0)
        return zero | {"metric_id": metric, "week": monday(at), "payer_id": payer, "root_cause": cause, "numerator": denied,
                       "denominator": 8, "denial_rate": denied / 8, "low": 0.0, "high": 1.0, "is_complete": at < 2}  # fmt: skip

    rates = widened(
        pl.DataFrame([row("M09", "P2", "cob", 1), row("M09", "P1", "cob", 0, 1), row("M11", "P1", "cob", 0, 3), row("M09", "P1", "cob", 2),
                      row("M09", "all", "cob", 0),
                      row("M09", "P1", "all", 0), row("M08", "P1", "cob", 0)]),
        CONTRACTS["mart_denial_rates"],
    )  # fmt: skip
    counts = weekly_counts(rates, monday(1), "acme")
    assert counts.rows() == [("acme", "P1", "cob", monday(0), 4, 8), ("acme", "P2", "cob", monday(1), 2, 8)]
    assert counts.columns == ["client", "payer", "cause", "week", "denied", "decided"]
    assert weekly_counts(rates, None).is_empty()
    assert weekly_counts(rates, None).schema == counts.schema
