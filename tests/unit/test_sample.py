"""The sample is the same bytes every time, every amount in it adds up, and everything that can befall a claim is in it once."""

from decimal import Decimal as D
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.sample import truth as truth_tables
from rcm_pipeline.sample.generate import generate
from tests.end_to_end.hashes import file_hashes
from tests.unit.made_sample import CLIENTS, KEYS, Made, make


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("sample"))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate(tmp_path / name, weeks=9, scale=0.3, seed=seed)
    first, second, other = (file_hashes(tmp_path / name) for name in "abc")
    assert first == second
    assert first.keys() & other.keys()
    assert first != other


@pytest.mark.parametrize(("weeks", "scale"), [(1, 0.01), (2, 0.05), (5, 0.2)])
def test_samples_of_any_size_can_be_made(tmp_path: Path, weeks: int, scale: float) -> None:
    generate(tmp_path, weeks=weeks, scale=scale)
    assert {p.name for p in (tmp_path / "truth" / CLIENTS[0]).iterdir()} >= {f"{name}_000.parquet" for name in truth_tables.SCHEMAS}


def test_the_truth_is_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path / "a", weeks=6, scale=0.5)
    monkeypatch.setattr(truth_tables, "_PART_ROWS", 100)
    generate(tmp_path / "b", weeks=6, scale=0.5)
    for name in truth_tables.SCHEMAS:
        whole, parts = (pl.read_parquet(tmp_path / f / "truth" / CLIENTS[0] / f"{name}_*.parquet") for f in "ab")
        assert whole.equals(parts)
    assert len(list((tmp_path / "b").rglob("lines_*.parquet"))) > 6


def test_it_is_small(made: Made) -> None:
    assert sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file()) < 4_500_000


def test_nothing_in_any_file_is_odd_and_every_amount_adds_up(made: Made) -> None:
    for reading in made.readings.values():
        assert reading.findings.is_empty()
        assert reading.rejects.is_empty()
    remits, adjusted = made.raw("remits"), made.raw("adjustments").group_by(KEYS).agg(pl.col("amount").sum())
    joined = remits.join(adjusted, on=KEYS, how="left").with_columns(pl.col("amount").fill_null(0))
    assert (joined["charge_amount"] - joined["paid_amount"] - joined["amount"]).abs().sum() == 0
    lines = made.raw("remit_lines").group_by(KEYS).agg(pl.col("charge_amount").sum().alias("of_lines"))
    assert remits.join(lines, on=KEYS).select((pl.col("charge_amount") - pl.col("of_lines")).abs().sum()).item() == 0
    own = made.raw("adjustments").filter(pl.col("line_no").is_not_null()).group_by(*KEYS, "line_no").agg(pl.col("amount").sum())
    each = made.raw("remit_lines").join(own, on=[*KEYS, "line_no"], how="left").with_columns(pl.col("amount").fill_null(0))
    assert (each["charge_amount"] - each["paid_amount"] - each["amount"]).abs().sum() == 0


def test_a_payment_is_its_claims_less_what_was_taken_and_never_negative(made: Made) -> None:
    by = ["file", "transaction_no"]
    claims = made.raw("remits").group_by(by).agg(pl.col("paid_amount").sum())
    moved = made.raw("provider_adjustments").group_by(by).agg(pl.col("amount").sum())
    paid = (
        made.raw("payments")
        .join(claims, on=by, how="left")
        .join(moved, on=by, how="left")
        .with_columns(pl.col("paid_amount", "amount").fill_null(0))
    )
    assert paid.filter(pl.col("payment_amount") != pl.col("paid_amount") - pl.col("amount")).is_empty()
    assert (paid["payment_amount"] >= 0).all()
    assert moved.height > 5


def test_every_answer_and_every_version_of_the_truth_is_in_a_file(made: Made) -> None:
    answers = made.truth["answers"]
    fields = ["account", "status_code", "icn", "charge_amount", "paid_amount"]
    want = answers.with_columns(account=pl.coalesce("written_account", "account")).select(fields)
    got = made.raw("remits").select(pl.col("claim_token").alias("account"), "status_code", pl.col("icn_token").alias("icn"), *fields[3:])
    assert got.sort(fields).equals(want.sort(fields))
    assert answers.unique(["icn", "kind"]).height == answers.height
    known = ["account", "sequence", "sent_date", "frequency", "charge_amount"]
    sent = made.raw("claims").select(
        pl.col("claim_token").alias("account"), pl.col("payer_sequence_code").alias("sequence"), pl.col("created_date").alias("sent_date"),
        pl.col("frequency_code").alias("frequency"), "charge_amount",
    )  # fmt: skip
    assert sent.sort(known).equals(made.truth["versions"].select(known).sort(known))
    owns = made.raw("provider_adjustments").filter(pl.col("reason_code") == "WO").select("amount", "reference_token")
    assert sorted(owns.rows()) == sorted(made.truth["recoupments"].select("amount", "icn").rows())


def test_lines_and_answers_of_the_truth_agree(made: Made) -> None:
    answers, lines = made.truth["answers"].filter(pl.col("account").is_not_null()), made.truth["lines"]
    assert lines["account"].null_count() > 0
    own = lines.filter(pl.col("account").is_not_null())
    summed = own.group_by("account", "answer_no").agg(pl.col("charge_amount").sum().alias("of_lines"), pl.col("is_first").any())
    joined = answers.join(summed, on=["account", "answer_no"], how="left")
    assert joined.height == summed.height
    assert joined.filter(pl.col("of_lines").ne_missing(pl.col("charge_amount"))).is_empty()
    firsts = joined.filter("is_first").group_by("account", "sequence").len()
    assert (firsts["len"] == 1).all()
    lineages = made.truth["lineages"]
    assert lineages.unique(["account", "sequence"]).height == lineages.height
    assert not lineages.filter(pl.col("is_overturned") & pl.col("initial_denial_date").is_null()).height


def test_rejected_batches_and_claims_are_sent_again(made: Made) -> None:
    versions = made.truth["versions"]
    statuses, acknowledged = made.raw("claim_statuses"), made.raw("acknowledgements")
    assert acknowledged.filter((pl.col("level_code") == "transaction") & (pl.col("status_code") == "R")).height == 3
    batch = versions.filter(pl.col("l1") == "rejected")
    again = batch.join(versions, on=["account", "sequence"], suffix="_again").filter(pl.col("version_no_again") == pl.col("version_no") + 1)
    assert again.height == batch.height > 20
    assert ((again["sent_date_again"] - again["sent_date"]).dt.total_days() == 3).all()
    assert (again["frequency"] == again["frequency_again"]).all()
    rejected = statuses.filter((pl.col("level_code") == "claim") & (pl.col("category_code") != "A2"))
    assert rejected["action_code"].unique().to_list() == ["U"]
    assert set(rejected["status_code"]) >= {"21", "33", "116", "164", "254", "562"}
    assert set(rejected["category_code"]) == {"A3", "A6", "A7"}
    assert versions.filter(pl.col("l2") == "rejected").height == rejected.height
    told = statuses.filter((pl.col("level_code") == "claim") & (pl.col("category_code") == "A2"))
    assert 0.2 < told["icn_token"].is_not_null().mean() < 0.4
    answered = made.truth["answers"]["version_no"].drop_nulls()
    assert answered.len() > 3000


def test_every_course_a_denial_can_take_is_taken(made: Made) -> None:
    lineages = made.truth["lineages"].filter(pl.col("initial_denial_date").is_not_null())
    settled = set(lineages.select("channel", "is_overturned").unique().rows())
    for channel in ("corrected_claim", "appeal", "records", "peer_to_peer"):
        assert settled >= {(channel, True), (channel, False)}
    assert {("payer_reprocessing", True), ("observation", True), (None, False)} <= settled
    assert lineages.filter("is_written_off").height > 20
    assert set(made.truth["lineages"]["current_status"]) == {"undecided", "paid", "denied", "reversed"}
    denied_again = (
        made.truth["lines"]
        .filter(~pl.col("is_first") & (pl.col("disposition") == "denied_full"))
        .join(lineages.select("account"), on="account", how="semi")
    )
    assert denied_again["account"].n_unique() > 5
    moved = made.raw("claims").filter(
        (pl.col("frequency_code") == "7") & (pl.col("place_qualifier") == "A") & (pl.col("place_code") == "13")
    )
    was = made.raw("claims").filter((pl.col("frequency_code") == "1") & (pl.col("place_qualifier") == "A") & (pl.col("place_code") == "11"))
    assert moved.join(was, on="claim_token", how="semi").height > 0


def test_every_kind_of_takeback_occurs(made: Made) -> None:
    answers = made.truth["answers"]
    reversals = answers.filter(pl.col("kind") == "reversal")
    dated = reversals.join(
        answers.select("account", pl.col("answer_no").alias("corrected_by_answer_no"), pl.col("date").alias("corrected_on")),
        on=["account", "corrected_by_answer_no"], how="left",
    )  # fmt: skip
    assert dated.filter(pl.col("corrected_on") == pl.col("date")).height > 10
    assert dated.filter(pl.col("corrected_on") > pl.col("date")).height > 1
    assert dated["corrected_on"].is_null().sum() > 0
    assert reversals.group_by("account").len().filter(pl.col("len") > 1).height > 0
    original = answers.select(
        "account", pl.col("answer_no").alias("reverses_answer_no"), pl.col("icn").alias("original_icn"), pl.col("paid_amount").alias("was")
    )
    paired = reversals.join(original, on=["account", "reverses_answer_no"])
    assert paired.filter((pl.col("icn") == pl.col("original_icn")) & (pl.col("paid_amount") == -pl.col("was"))).height == reversals.height
    named = made.raw("remits").filter(pl.col("status_code") == "22")["original_icn_token"].is_not_null()
    assert 0.3 < named.mean() < 0.7
    moves = made.truth["recoupments"].with_columns(is_reversed=pl.col("icn").is_in(reversals["icn"].implode()))
    assert moves.filter((pl.col("amount") > 0) & ~pl.col("is_reversed")).height > 3
    delayed = moves.filter((pl.col("amount") < 0) & pl.col("is_reversed"))
    taken = delayed.join(moves.filter(pl.col("amount") > 0), on="icn").filter(pl.col("amount") == -pl.col("amount_right"))
    assert 0 < taken.height >= delayed.filter(pl.col("date") < pl.date(2026, 11, 1)).height
    waits = (taken["date_right"] - taken["date"]).dt.total_days()
    assert waits.is_in([7, 14, 21, 28]).all()
    assert waits.min() < 21


def test_second_payers_are_billed_or_come_by_crossover(made: Made) -> None:
    claims, others = made.raw("claims"), made.raw("other_payers")
    second = claims.filter(pl.col("payer_sequence_code") == "S")
    told = second.join(others, on=["file", "transaction_no", "claim_no"], suffix="_other")
    assert told.height == second.height > 60
    first_paid = made.truth["answers"].select(pl.col("icn").alias("icn_token"), pl.col("paid_amount").alias("was_paid"), "date")
    known = told.join(first_paid, on="icn_token")
    assert (
        known.filter((pl.col("paid_amount") == pl.col("was_paid")) & (pl.col("adjudication_date") == pl.col("date"))).height
        == second.height
    )
    answers = made.truth["answers"].filter(pl.col("sequence") == "S")
    crossed = answers.filter(pl.col("version_no").is_null())
    forwarded = made.raw("remits").filter("has_crossover")
    assert set(answers["status_code"]) == {"2"}
    assert forwarded["status_code"].unique().to_list() == ["19"]
    assert 5 < crossed.height <= forwarded.height
    dispositions = made.truth["lines"].join(answers.select("account", "answer_no"), on=["account", "answer_no"])["disposition"]
    assert set(dispositions) >= {"paid", "paid_patient_resp", "cob_satisfied", "denied_full"}
    only = made.truth["lines"].filter(pl.col("disposition") == "cob_satisfied").join(answers, on=["account", "answer_no"], how="anti")
    assert only.is_empty()


def test_authorization_numbers_are_where_they_may_be(made: Made) -> None:
    lines = made.truth["lines"]
    carried = made.raw("claims").filter("has_authorization").select(pl.col("claim_token").alias("account")).unique()
    assert 0.07 < carried.height / made.raw("claims")["claim_token"].n_unique() < 0.14
    assert lines.filter(pl.col("root_cause") == "authorization").join(carried, on="account").is_empty()
    codes = made.raw("adjustments").filter(pl.col("carc_code").is_in(["197", "198"])).select(KEYS).unique()
    denied = made.raw("remits").join(codes, on=KEYS, how="semi").join(carried, left_on="claim_token", right_on="account")
    unclear = lines.filter(pl.col("review_reason") == "payer_logic")["account"].implode()
    assert denied["claim_token"].is_in(unclear).all()
    assert denied.height > 0


def test_few_denials_are_ambiguous_and_of_every_kind(made: Made) -> None:
    denied = made.truth["lines"].filter(pl.col("root_cause").is_not_null())
    unclear = denied.filter(pl.col("review_reason").is_not_null())
    assert 0.005 < unclear.height / denied.height <= 0.015
    assert set(unclear["root_cause"]) == {"unspecified"}
    assert denied.filter(pl.col("root_cause") == "unspecified").height == unclear.height
    assert set(unclear["review_reason"]) == {"payer_logic", "chart_support", "diagnosis_detail", "conflicting_documentation"}
    answers = made.truth["answers"].select("account", "answer_no", "icn")
    remits = made.raw("remits").filter(pl.col("status_code") != "22").select(*KEYS, pl.col("icn_token").alias("icn"))
    places = unclear.join(answers, on=["account", "answer_no"]).join(remits, on="icn").select(*KEYS, "line_no", "disposition")
    reasons = (
        made.raw("adjustments")
        .join(places, on=[*KEYS, "line_no"])
        .group_by(*KEYS, "line_no")
        .agg(pl.col("carc_code").sort(), pl.col("disposition").first())
    )
    remarks = made.raw("remarks").join(places, on=[*KEYS, "line_no"]).group_by(*KEYS, "line_no").agg(pl.col("rarc_code").sort())
    shapes = {
        (tuple(c), tuple(r or ()), d)
        for c, r, d in reasons.join(remarks, on=[*KEYS, "line_no"], how="left").select("carc_code", "rarc_code", "disposition").rows()
    }
    assert shapes >= {
        (("16",), ("M127", "N822"), "denied_full"),
        (("197", "45"), (), "denied_full"),
        (("96",), ("M81", "N115"), "denied_full"),
        (("45",), (), "denial_suspected"),
        (("16",), ("MA130", "MA61"), "denied_full"),
        (("A1",), (), "denied_full"),
    }


def test_remarks_that_disagree_pair_with_their_reason(made: Made) -> None:
    from rcm_pipeline.reference import reference
    from rcm_pipeline.sample.scenarios import AMBIGUOUS

    table = {row["rarc_code"]: row for row in reference("rarc").iter_rows(named=True)}
    for scenario in AMBIGUOUS:
        causes = {table[remark]["root_cause"] for remark in scenario.remarks}
        assert len(causes) == len(scenario.remarks)
        assert all(scenario.carc in table[remark]["pairs_with_carc"].split(",") for remark in scenario.remarks)
        if scenario.remarks:
            clinical = {"medical_necessity", "noncovered_benefit"}
            kind = (
                "chart_support"
                if "documentation" in causes
                else "diagnosis_detail"
                if "coding" in causes and causes & clinical
                else "conflicting_documentation"
            )
            assert scenario.review_reason == kind


def test_payers_make_their_mistakes(made: Made) -> None:
    answers = made.truth["answers"]
    mangled = answers.filter("is_mangled")
    assert mangled["account"].null_count() == 0
    assert not set(mangled["written_account"]) & set(made.raw("claims")["claim_token"])
    lines = made.raw("remit_lines").filter(pl.col("line_control_token").is_not_null()).select(KEYS).unique()
    remits = made.raw("remits").select(*KEYS, pl.col("icn_token").alias("icn"), "claim_token").join(mangled, on="icn")
    told = remits["icn"].is_in(made.raw("claim_statuses")["icn_token"].drop_nulls().implode())
    numbered = remits.join(lines, on=KEYS, how="semi")
    assert numbered.height > 2
    assert told.sum() > 2
    assert numbered.height + told.sum() < remits.height
    unmatched = answers.filter(pl.col("account").is_null())
    assert unmatched.height > 4
    assert unmatched["version_no"].null_count() == unmatched.height
    never = made.truth["lineages"].filter(pl.col("first_answer_date").is_null() & (pl.col("first_sent_date") < pl.date(2026, 9, 1)))
    assert never.height > 10
    bare = made.raw("adjustments").filter(pl.col("carc_code") == "16").join(made.raw("remarks"), on=[*KEYS, "line_no"], how="anti")
    assert 0 < bare.height < 30


def test_some_claims_are_sent_twice(made: Made) -> None:
    versions = made.truth["versions"].filter((pl.col("frequency") == "1") & (pl.col("l2") != "rejected") & (pl.col("l1") == "accepted"))
    twice = versions.filter(pl.len().over("account", "sequence") > 1)
    denied = made.truth["lines"].filter((pl.col("root_cause") == "duplicate") & ~pl.col("is_first"))
    assert denied["account"].n_unique() > 2
    assert denied["account"].is_in(twice["account"].implode()).all()
    gaps = twice.group_by("account", "sequence").agg((pl.col("sent_date").max() - pl.col("sent_date").min()).dt.total_days())
    assert {7, 14} <= set(gaps["sent_date"])


def test_what_is_named_exists_and_came_before(made: Made) -> None:
    known = made.truth["answers"].filter(pl.col("kind") == "adjudication").select("icn", "date")
    sent = (
        made.raw("claims")
        .filter(pl.col("original_icn_token").is_not_null())
        .select(pl.col("original_icn_token").alias("icn"), pl.col("created_date").alias("named_on"))
    )
    payments = made.raw("payments").select("file", "transaction_no", "payment_date")
    taken = made.raw("remits").join(payments, on=["file", "transaction_no"]).filter(pl.col("original_icn_token").is_not_null())
    reversed_ones = taken.select(pl.col("original_icn_token").alias("icn"), pl.col("payment_date").alias("named_on"))
    for names in (sent, reversed_ones):
        found = names.join(known, on="icn")
        assert found.height == names.height > 10
        assert (found["date"] < found["named_on"]).all()
    replaced = made.raw("claims").filter(pl.col("frequency_code") == "7")
    assert replaced["original_icn_token"].null_count() == 0
    moved = made.truth["recoupments"].join(known, on="icn")
    assert (moved["date"] > moved["date_right"]).all()


def test_nothing_is_logged_on_a_denial_before_it(made: Made) -> None:
    work = made.logs("touch_log_*").select(
        pl.col("Account Number").alias("account"), pl.col("Work Date").str.slice(0, 10).alias("day"), pl.col("Activity").alias("activity")
    )
    days = work.with_columns(
        pl.coalesce(pl.col("day").str.to_date("%Y-%m-%d", strict=False), pl.col("day").str.to_date("%m/%d/%Y", strict=False))
    )
    first = (
        made.truth["lineages"]
        .filter(pl.col("initial_denial_date").is_not_null())
        .group_by("account")
        .agg(pl.col("initial_denial_date").min())
    )
    joined = days.join(first, on="account", how="left")
    assert joined["day"].null_count() == joined["initial_denial_date"].null_count() == 0
    early = joined.filter(pl.col("day") <= pl.col("initial_denial_date"))
    assert set(early["activity"]) == {"call payer"}  # some claims are asked about before they are decided
    assert 0 < early.height < 0.2 * joined.height
    assert set(work["activity"]) >= {
        "write appeal",
        "send records",
        "peer to peer call",
        "write off",
        "correct and resend",
        "correct codes",
        "call payer",
    }
    appeals = joined.filter(pl.col("activity") == "write appeal").group_by("account").agg(pl.col("day").min().alias("appeal_date"))
    want = made.truth["lineages"].filter(pl.col("appeal_date").is_not_null()).select("account", "appeal_date")
    assert appeals.sort("account").equals(want.sort("account"))


def test_queries_and_decisions_are_few_and_hang_together(made: Made) -> None:
    queries, decisions = made.logs("queries_*"), made.logs("decisions_*")
    assert 0.01 < queries.height / made.raw("claims")["claim_token"].n_unique() < 0.03
    assert queries["Query ID"].n_unique() == queries.height
    assert queries["Answered Date"].null_count() > 3
    asked = decisions.filter(pl.col("Query ID").is_not_null())
    assert asked["Query ID"].is_in(queries["Query ID"].implode()).all()
    assert 0 < asked.height < queries.height
    assert {"Unusual payer logic", "Incomplete chart support"} <= set(queries["Reason"])


def test_measures_of_the_truth_can_be_counted_from_its_tables(made: Made) -> None:
    metrics = made.truth["metrics"]
    lines, versions = made.truth["lines"], made.truth["versions"]
    decided = lines.filter(pl.col("is_first") & ~pl.col("disposition").is_in(["excluded", "pended", "capitated"]))
    want = decided.group_by("week").agg(pl.col("disposition").is_in(["denied_full", "denial_suspected"]).sum(), pl.len())
    assert rows(metrics, "M08", "lines") == sorted((w, D(n), D(m)) for w, n, m in want.rows())
    heard = versions.filter(pl.col("l2") != "none").with_columns(week=pl.col("sent_date").dt.truncate("1w"))
    told = heard.group_by("week").agg((pl.col("l2") == "rejected").sum(), pl.len())
    assert rows(metrics, "M02", "versions") == sorted((w, D(n), D(m)) for w, n, m in told.rows())
    lineages = made.truth["lineages"].filter(pl.col("initial_denial_date").is_not_null())
    months = lineages.group_by(pl.col("initial_denial_date").dt.truncate("1mo")).len()
    assert {m: n for m, n, _ in rows(metrics, "M06", "")} == {m: D(n) for m, n in months.rows()}
    waits = (lineages["appeal_date"] - lineages["initial_denial_date"]).dt.total_days().drop_nulls()
    assert rows(metrics, "M16", "mean") == [(None, D(int(waits.sum())), D(waits.len()))]
    assert [n for _, n, _ in rows(metrics, "M15", "count")] == [D(lineages.filter("is_overturned").height)]


def rows(metrics: pl.DataFrame, metric: str, variant: str) -> list[tuple]:
    """Both clients together."""
    own = metrics.filter((pl.col("metric_id") == metric) & (pl.col("variant_code") == variant))
    return sorted(own.group_by("period_start").agg(pl.col("numerator", "denominator").sum()).rows())


def test_every_measure_the_truth_knows_is_there_and_defined(made: Made) -> None:
    from rcm_pipeline.metrics.definitions import definitions

    metrics = made.truth["metrics"]
    known = {f"M{n:02d}" for n in range(1, 30)} - {"M13", "M14", "M17", "M18", "M19", "M21", "M26", "M29"}
    assert set(metrics["metric_id"]) == known | {"L2", "A1", "A2", "A3"}
    assert metrics.unique(["metric_id", "variant_code", "period_code", "period_start"]).height * 2 >= metrics.height
    for metric, variant, period in metrics.select("metric_id", "variant_code", "period_code").unique().rows():
        defined = definitions()[metric]
        assert period == defined.period
        assert variant in (defined.variants or {"": ""})
