"""What a run finds out about every claim is the truth the sample was made with: answers, causes, lineages, reversals, measures."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.warehouse import read
from schemas.vocabulary.denials import NOT_DECIDED

CLIENTS = ("lakeside-physicians", "stonebridge-regional")
KEYS = ["answer_id"]
TABLES = (
    "raw_remits", "core_deliveries", "core_adjudications", "core_adjudicated_lines", "core_denials", "core_claim_versions", "core_claim_lineages",
    "core_reversals", "core_recoupments", "mart_denial_rates", "mart_denial_outcomes", "mart_metrics",
)  # fmt: skip


@dataclass(frozen=True)
class Both:
    """A client's tables, the truth with tokens in it, and answers of either side by side (`icn_token` and kind name one)."""

    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]
    answers: pl.DataFrame


@pytest.fixture(scope="module", params=CLIENTS)
def both(request: pytest.FixtureRequest, published: Path, sample: Path) -> Both:
    client = request.param
    tokens = Tokens(*client_keys(published / "keys", client))
    with open_warehouse(published / "warehouse" / client / "published.duckdb", read_only=True) as connection:
        tables = {name: read(connection, name) for name in TABLES}
    folder, truth = sample / "truth" / client, {}
    for name in ("lines", "versions", "answers", "recoupments", "lineages", "metrics"):
        frame = pl.concat([pl.read_parquet(p) for p in sorted(folder.glob(f"{name}*.parquet"))])
        for column, domain in (("account", "pcn"), ("icn", "icn")):
            if column in frame.columns:
                frame = frame.with_columns(tokens.token(domain, frame[column]).alias(f"{column}_token"))
        truth[name] = frame
    read_from = tables["core_deliveries"].filter((pl.col("fact_code") == "answer") & (pl.col("delivery_code") == "counted"))
    sent = read_from.join(tables["raw_remits"], on=["file_id", "claim_no"]).select(pl.col("fact_id").alias("answer_id"), "icn_token")
    mine = tables["core_adjudications"].drop("answer_no").join(sent, on=KEYS)  # the truth has an answer_no of its own
    answers = mine.join(truth["answers"], on=["icn_token", "kind"], how="full", suffix="_truth")
    return Both(tables, truth, answers)


def differing(frame: pl.DataFrame, mine: str, truth: str) -> int:
    """Rows on which both sides differ, a missing value being one too."""
    return frame.filter(pl.col(mine).ne_missing(pl.col(truth))).height


def test_every_answer_is_there_once(both: Both) -> None:
    assert both.answers.filter(pl.col("answer_id").is_null() | pl.col("icn").is_null()).is_empty()
    assert both.answers.height == both.truth["answers"].height > 900


def test_disposition_cause_and_amount_of_every_line(both: Both) -> None:
    lost = both.tables["core_denials"].select(*KEYS, "line_no", "root_cause", "review_reason", pl.col("denied_amount").alias("lost"))
    mine = both.tables["core_adjudicated_lines"].join(lost, on=[*KEYS, "line_no"], how="left").with_columns(pl.col("lost").fill_null(0))
    ours = both.answers.filter(pl.col("account").is_not_null()).select(*KEYS, "account", "answer_no")
    lines = mine.join(ours, on=KEYS).join(both.truth["lines"], on=["account", "answer_no", "line_no"], how="full", suffix="_truth")
    known = lines.filter(pl.col("account_truth").is_not_null())
    assert known.height > 1500
    for column in ("disposition", "root_cause", "review_reason", "charge_amount", "payer_id", "week"):
        assert differing(known, column, f"{column}_truth") == 0, column
    decided = known.filter(~pl.col("disposition").is_in(NOT_DECIDED))
    assert differing(decided, "is_first", "is_first_truth") == 0
    assert differing(known, "lost", "denied_amount_truth") == 0


def test_abstentions_are_few_and_truly_ambiguous(both: Both) -> None:
    denials = both.tables["core_denials"]
    abstained = denials.filter(pl.col("root_cause") == "unspecified")
    assert abstained["review_reason"].null_count() == 0
    assert 0 < abstained.height <= 0.02 * denials.height


def test_every_version_with_its_answers(both: Both) -> None:
    mine = both.tables["core_claim_versions"]
    joined = mine.join(
        both.truth["versions"],
        left_on=["claim_token", "sequence_code", "version_no"],
        right_on=["account_token", "sequence", "version_no"],
        how="full",
        suffix="_truth",
    )
    assert joined.height == mine.height == both.truth["versions"].height
    assert differing(joined, "sent_date", "sent_date_truth") == 0
    said = {True: "rejected", False: "accepted", None: "none"}
    told = joined.with_columns(
        pl.col("is_file_rejected").replace_strict(said, return_dtype=pl.String).alias("file_said"),
        pl.col("is_rejected").replace_strict(said, default="none", return_dtype=pl.String).alias("claim_said"),
    )
    assert differing(told, "file_said", "l1") == 0
    assert differing(told, "claim_said", "l2") == 0


def test_every_answer_is_matched_with_the_version_it_answers(both: Both) -> None:
    versions = both.tables["core_claim_versions"].select(
        "version_id",
        pl.col("version_no").alias("matched_no"),
        pl.col("claim_token").alias("matched_token"),
    )
    joined = both.answers.join(versions, on="version_id", how="left")
    assert differing(joined, "matched_no", "version_no") == 0
    assert differing(joined.filter(pl.col("version_no").is_not_null()), "matched_token", "account_token") == 0
    assert differing(joined.filter(pl.col("account").is_not_null()), "sequence_code", "sequence") == 0
    assert {"M1", "M2", "M3", "M4", "none"} >= set(joined["match_rule"]) > {"M1", "none"}


def test_every_reversal_chain(both: Both) -> None:
    number = both.answers.select(*KEYS, "account", "answer_no")
    chain = both.tables["core_reversals"].join(number, on=KEYS)
    for side in ("original", "correction"):
        of = number.select(*(pl.col(key).alias(f"{side}_{key}") for key in KEYS), pl.col("answer_no").alias(side))
        chain = chain.join(of, on=[f"{side}_{key}" for key in KEYS], how="left")
    truth = (
        both.truth["answers"]
        .filter(pl.col("kind") == "reversal")
        .select("account", "answer_no", "reverses_answer_no", "corrected_by_answer_no")
    )
    joined = chain.join(truth, on=["account", "answer_no"])
    assert joined.height == truth.height > 10
    assert differing(joined, "original", "reverses_answer_no") == 0
    assert differing(joined, "correction", "corrected_by_answer_no") == 0
    assert joined["correction"].null_count() > 0


def test_every_lineage_and_what_became_of_its_denial(both: Both) -> None:
    mine = both.tables["core_claim_lineages"]
    truth = both.truth["lineages"]
    joined = mine.join(truth, left_on=["claim_token", "sequence_code"], right_on=["account_token", "sequence"], how="full", suffix="_truth")
    known = joined.filter(pl.col("account").is_not_null())
    assert joined.filter(pl.col("lineage_id").is_null()).is_empty()
    for column, other in (
        ("version_count", "version_count_truth"),
        ("first_sent_date", "first_sent_date_truth"),
        ("denied_date", "initial_denial_date"),
        ("denied_amount", "initial_denied_amount"),
        ("current_disposition", "current_disposition_truth"),
    ):
        assert differing(known, column, other) == 0, column
    outcomes = both.tables["mart_denial_outcomes"].join(known.select("lineage_id", *truth.columns[10:]), on="lineage_id", suffix="_truth")
    won = pl.col("resolution_code") == "overturned"
    assert outcomes.filter(won != pl.col("is_overturned")).is_empty()
    assert differing(outcomes.filter(won), "channel_code", "channel") == 0
    assert differing(outcomes, "appeal_date", "appeal_date_truth") == 0
    assert differing(outcomes, "first_touch_date", "first_touch_date_truth") == 0


def test_every_takeback_by_letter(both: Both) -> None:
    mine = (
        both.tables["core_recoupments"]
        .filter(pl.col("reason_code") == "WO")
        .join(both.tables["core_claim_lineages"].select("lineage_id", "claim_token"), on="lineage_id", how="left")
    )
    want = both.truth["recoupments"].filter(pl.col("reason_code") == "WO")
    columns = ["payer_id", "date", "amount", "account_token"]
    got = mine.select("payer_id", pl.col("adjudication_date").alias("date"), "amount", pl.col("claim_token").alias("account_token"))
    assert got.sort(columns).equals(want.select(columns).sort(columns))


def test_every_measure_equals_the_truth_to_the_cent(both: Both) -> None:
    truth = both.truth["metrics"].filter(pl.col("metric_id").str.starts_with("M"))
    joined = truth.join(
        both.tables["mart_metrics"], on=["metric_id", "variant_code", "period_start"], how="left", nulls_equal=True, suffix="_mine"
    )
    assert set(truth["metric_id"]) > {"M01", "M04", "M06", "M09", "M12", "M20", "M25"}
    by_value = pl.col("numerator_mine").is_null()
    fractions = joined.filter(~by_value)
    assert differing(fractions, "numerator", "numerator_mine") == 0
    assert differing(fractions.filter(pl.col("denominator").is_not_null()), "denominator", "denominator_mine") == 0
    assert (joined.filter(by_value)["numerator"].cast(pl.Float64) - joined.filter(by_value)["value"]).abs().max() < 0.0006


def test_every_rate_equals_the_count_of_the_truth(both: Both) -> None:
    decided = both.truth["lines"].filter(pl.col("is_first") & ~pl.col("disposition").is_in(["excluded", "pended", "capitated"]))
    denied = decided.filter(pl.col("disposition").is_in(["denied_full", "denial_suspected"]))
    want = denied.group_by("week", "payer_id", "root_cause").agg(
        pl.len().cast(pl.Int64).alias("numerator"), pl.col("denied_amount").sum().cast(pl.Decimal(18, 2))
    )
    rates = both.tables["mart_denial_rates"].filter(
        (pl.col("metric_id") == "M08") & (pl.col("payer_id") != "all") & (pl.col("root_cause") != "all")
    )
    got = rates.filter(pl.col("numerator") > 0).select(want.columns)
    assert got.sort(want.columns[:3]).equals(want.sort(want.columns[:3]))
