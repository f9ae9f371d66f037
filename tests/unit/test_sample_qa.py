"""The QA of the sample: its sheets say what the truth says, its truth is what was planted, and no X12 file knows of it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import binomtest

from rcm_pipeline.sample.generate import generate
from rcm_pipeline.settings import load_client_settings
from schemas.vocabulary.coding import ERROR_CODES, ESCALATION_REASONS, REBUTTALS, REVIEW_KINDS, STRATA

LAKESIDE, STONEBRIDGE = CLIENTS = ("lakeside-physicians", "stonebridge-regional")
TABLES = ("charts", "reviews", "findings", "coders", "queries")
# of the names and bytes of all 837, 835 and acknowledgement files, made before there was any QA truth
X12_HASHES = {
    LAKESIDE: "7528522bb7f5531551b207b193d9679ca07c7a705c25eadb8bbc5c9e1b2cecc7",
    STONEBRIDGE: "99e72886cf197a622df01c4a4023d867274a9fa447ed47adbd8d2139294ba2b3",
}
PLANTED = {  # error codes an auditor can only tell by the codes
    "EM_OVER1", "EM_OVER2", "EM_UNDER1", "PX_WRONG", "PX_MISSED", "PX_UNSUPPORTED", "MOD_MISSING", "MOD_WRONG", "UNITS",
    "DX_SPECIFICITY", "DX_WRONG", "DX_MISSED", "DX_UNSUPPORTED", "DX_SEQUENCE",
}  # fmt: skip


@dataclass
class Made:
    """One client: truth by table, sheets with all cells as text, what was planted, and where all of it lies."""

    folder: Path
    client: str
    truth: dict[str, pl.DataFrame]

    @property
    def planted(self) -> dict:
        return json.loads((self.folder / "truth" / self.client / "planted.json").read_text())

    def sheet(self, pattern: str, name: str = "Reviews") -> pl.DataFrame:
        parts = []
        for path in sorted((self.folder / "inbox" / self.client).glob(pattern)):
            if path.suffix == ".xlsx":
                parts.append(pl.read_excel(path, sheet_name=name, infer_schema_length=0))
            else:
                parts.append(pl.read_csv(path, separator="\t" if path.suffix == ".tsv" else ",", infer_schema=False))
        return pl.concat(parts)

    def first(self) -> pl.DataFrame:
        """First reviews of random samples."""
        return self.truth["reviews"].filter(pl.col("kind") == "first", pl.col("stratum") == "random")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    folder = tmp_path_factory.mktemp("sample")
    generate(folder)
    truth = {c: {name: pl.read_parquet(folder / "truth" / c / f"{name}_*.parquet") for name in TABLES} for c in CLIENTS}
    return {client: Made(folder, client, truth[client]) for client in CLIENTS}


@pytest.fixture
def lakeside(both: dict[str, Made]) -> Made:
    return both[LAKESIDE]


@pytest.fixture
def stonebridge(both: dict[str, Made]) -> Made:
    return both[STONEBRIDGE]


@pytest.fixture(params=CLIENTS)
def made(both: dict[str, Made], request: pytest.FixtureRequest) -> Made:
    return both[request.param]


def test_no_x12_file_changes_by_what_is_drawn_for_qa(made: Made) -> None:
    digest = hashlib.sha256()
    for path in sorted((made.folder / "inbox" / made.client).iterdir()):
        if path.name.startswith(("8", "ACK")):
            digest.update(path.name.encode() + path.read_bytes())
    assert digest.hexdigest() == X12_HASHES[made.client]


def test_truth_uses_the_closed_lists(made: Made) -> None:
    reviews, findings = made.truth["reviews"], made.truth["findings"]
    assert set(reviews["kind"]) == set(REVIEW_KINDS)
    assert set(reviews["stratum"]) == set(STRATA)
    assert PLANTED <= set(findings["error_code"]) <= set(ERROR_CODES)
    assert set(findings["rebuttal"].drop_nulls()) <= set(REBUTTALS)
    assert set(made.truth["queries"]["reason_code"]) == set(ESCALATION_REASONS)


def test_every_chart_of_the_coding_log_has_a_truth(made: Made) -> None:
    log, charts = made.sheet("coding_log_*"), made.truth["charts"]
    fields = [pl.col("Account Number").alias("account"), pl.col("Coder ID").alias("coder_id"), pl.col("Code Count").cast(pl.Int64)]
    want = charts.select("account", "coder_id", pl.col("code_count").alias("Code Count"))
    assert log.select(fields).sort("account").equals(want.sort("account"))
    assert (charts["is_right"] == (charts["error_count"] == 0)).all()


def test_coders_add_up_and_stand_where_their_charts_put_them(made: Made) -> None:
    charts, coders = made.truth["charts"], made.truth["coders"]
    summed = charts.group_by("coder_id").agg(
        pl.len().cast(pl.Int64), pl.col("is_right").sum().cast(pl.Int64), pl.col("right_chance").mean()
    )
    joined = coders.join(summed, on="coder_id", suffix="_of_charts")
    assert joined.height == coders.height
    assert (joined["chart_count"] == joined["len"]).all()
    assert (joined["right_count"] == joined["is_right"]).all()
    assert (joined["right_chance"] - joined["right_chance_of_charts"]).abs().max() < 1e-9
    # what came out is what was planted, within what chance allows to one in a thousand
    for count, right, chance in coders.select("chart_count", "right_count", "right_chance").rows():
        assert binomtest(right, count, chance).pvalue > 0.001


def test_the_planted_standings(lakeside: Made, stonebridge: Made) -> None:
    def standing(made: Made) -> dict[str, str]:
        return dict(made.truth["coders"].select("coder_id", "standing").rows())

    assert standing(lakeside) == {
        "C001": "above", "C002": "below", "C003": "at", "C004": "below", "C005": "above", "C006": "below", "C007": "above",
    }  # fmt: skip
    assert standing(stonebridge) == {"K-01": "below", "K-02": "above", "K-03": "below", "K-04": "below"}
    assert lakeside.planted["weak"] == ["C004"]
    assert lakeside.planted["coders"]["C004"] == 0.8
    assert stonebridge.planted["weak"] == ["K-04"]


def test_the_weak_coder_is_found_and_a_good_one_is_not(lakeside: Made, stonebridge: Made) -> None:
    found, sizes = set(), []
    for made in (lakeside, stonebridge):
        for coder, count, right in (
            made.first()
            .group_by("coder_id")
            .agg(pl.len(), pl.col("is_right_as_audited").sum())
            .select("coder_id", "len", "is_right_as_audited")
            .rows()
        ):
            sizes += [count] if coder != "C007" else []
            if binomtest(right, count).proportion_ci(method="wilson").high < 0.95:
                found.add(coder)
    assert min(sizes) > 83
    assert found == {"C004", "K-01", "K-04"}


def test_a_newcomer_codes_in_the_last_weeks_only(lakeside: Made) -> None:
    new = lakeside.truth["charts"].filter(pl.col("coder_id").is_in(lakeside.planted["newcomers"]))
    assert new.height > 50
    assert new["coded_date"].min() >= pl.Series([lakeside.truth["charts"]["coded_date"].max()]).dt.offset_by("-5w")[0]
    assert lakeside.truth["coders"]["specialty"].n_unique() == 2


def test_stated_counts_and_findings_are_those_of_the_truth(lakeside: Made) -> None:
    reviews, findings = lakeside.sheet("QA_*.xlsx"), lakeside.sheet("QA_*.xlsx", "Findings")
    told = lakeside.truth["findings"].filter("is_found")
    fields = ["review_id", "error_code", "coder_code", "auditor_code", "rebuttal"]
    got = findings.select(
        pl.col("Review ID").alias("review_id"), pl.col("Error Code").alias("error_code"), pl.col("Original Code").alias("coder_code"),
        pl.col("Audited Code").alias("auditor_code"), pl.col("Rebuttal Status").str.to_lowercase().alias("rebuttal"),
    )  # fmt: skip
    assert got.sort(fields, nulls_last=True).equals(told.select(fields).sort(fields, nulls_last=True))
    counts = reviews.select(
        pl.col("Review ID").alias("review_id"), pl.col("Codes Assigned", "Auditor Codes", "Codes Correct").cast(pl.Int64)
    ).join(lakeside.truth["reviews"], on="review_id")
    assert counts.height == reviews.height == lakeside.truth["reviews"].height
    # counts on the sheet are the auditor's before rebuttal: what was overturned is still counted as wrong
    overturned = told.filter(pl.col("rebuttal") == "overturned")["review_id"]
    as_stated = (pl.col("Auditor Codes") == pl.col("auditor_code_count")) & (pl.col("Codes Correct") == pl.col("correct_code_count"))
    is_disputed = pl.col("review_id").is_in(overturned.implode())
    assert counts.filter(~is_disputed).select(as_stated.all()).item()
    assert not counts.filter(is_disputed).select(as_stated.any()).item()
    assert overturned.n_unique() > 5


def test_a_client_that_lists_codes_states_no_findings(stonebridge: Made) -> None:
    reviews, codes = stonebridge.sheet("qa_reviews_*.csv"), stonebridge.sheet("qa_codes_*.csv")
    assert not list((stonebridge.folder / "inbox" / STONEBRIDGE).glob("qa_findings_*"))
    assert not set(reviews.columns) & {"Codes Assigned", "Auditor Codes", "Codes Correct"}
    assert set(codes["Audit Number"]) == set(reviews["Audit #"])
    differs = pl.any_horizontal(pl.col(f"Original {what}").ne_missing(pl.col(f"Audited {what}")) for what in ("Code", "Modifiers", "Units"))
    counted = codes.group_by(pl.col("Audit Number").alias("review_id")).agg(
        pl.col("Original Code").count().cast(pl.Int64).alias("coder"), pl.col("Audited Code").count().cast(pl.Int64).alias("auditor"),
        differs.sum().alias("different"), (~differs).sum().alias("same"),
    )  # fmt: skip
    joined = counted.join(stonebridge.truth["reviews"], on="review_id")
    assert (joined["coder"] == joined["coder_code_count"]).all()
    assert (joined["auditor"] == joined["auditor_code_count"]).all()
    assert ((joined["different"] == 0) == joined["is_right_as_audited"]).all()
    # two diagnoses in the wrong order are one error, and one code that is not right
    orders = stonebridge.truth["findings"].filter("is_found", pl.col("error_code") == "DX_SEQUENCE").group_by("review_id").len("orders")
    agreed = joined.join(orders, on="review_id", how="left").with_columns(pl.col("orders").fill_null(0))
    assert agreed["orders"].sum() > 1
    assert (agreed["correct_code_count"] == agreed["same"] + agreed["orders"]).all()
    swapped = stonebridge.truth["findings"].filter("is_found", pl.col("error_code") == "DX_SEQUENCE")["review_id"].implode()
    plain = joined.filter(~pl.col("review_id").is_in(swapped))
    found = stonebridge.truth["findings"].filter("is_found").group_by("review_id").len("found")
    assert (plain.join(found, on="review_id", how="left")["found"].fill_null(0) == plain["different"]).all()


def test_each_planted_category_shows_in_the_codes(stonebridge: Made) -> None:
    codes = stonebridge.sheet("qa_codes_*.csv")
    told = stonebridge.truth["findings"].filter("is_found")
    rows = codes.join(told, left_on="Audit Number", right_on="review_id").with_columns(
        pl.col("coder_code").str.split("-").list.first(), pl.col("auditor_code").str.split("-").list.first()
    )
    own = rows.filter(pl.col("Original Code").eq_missing(pl.col("coder_code")) & pl.col("Audited Code").eq_missing(pl.col("auditor_code")))
    level = pl.col("Original Code").str.slice(4).cast(pl.Int64, strict=False) - pl.col("Audited Code").str.slice(4).cast(
        pl.Int64, strict=False
    )
    shows = {
        "EM_OVER1": level == 1, "EM_OVER2": level == 2, "EM_UNDER1": level == -1,
        "PX_MISSED": pl.col("Original Code").is_null() & (pl.col("Code Type") == "CPT"),
        "PX_UNSUPPORTED": pl.col("Audited Code").is_null(),
        "MOD_MISSING": pl.col("Original Modifiers").is_null() & pl.col("Audited Modifiers").is_not_null(),
        "MOD_WRONG": pl.col("Original Modifiers") != pl.col("Audited Modifiers"),
        "UNITS": pl.col("Original Units") != pl.col("Audited Units"),
        "DX_SPECIFICITY": pl.col("Original Code").str.slice(0, 3) == pl.col("Audited Code").str.slice(0, 3),
        "DX_WRONG": pl.col("Original Code").str.slice(0, 3) != pl.col("Audited Code").str.slice(0, 3),
        "DX_MISSED": pl.col("Original Code").is_null() & (pl.col("Code Type") == "DX"),
        "DX_SEQUENCE": pl.col("Position") == "1",
    }  # fmt: skip
    for error, is_shown in shows.items():
        of = own.filter(pl.col("error_code") == error)
        reviews = told.filter(pl.col("error_code") == error)["review_id"].n_unique()
        assert of.filter(is_shown.fill_null(False))["Audit Number"].n_unique() == reviews > 0, error


def test_strata_know_their_frame_and_risk_is_richer_in_errors(made: Made) -> None:
    reviews = made.truth["reviews"]
    drawn = reviews.filter(pl.col("kind").is_in(["first", "reaudit"]))
    assert drawn["frame_count"].null_count() == drawn["selection_rate"].null_count() == 0
    assert reviews.filter(pl.col("kind").is_in(["second", "calibration"]))["frame_count"].drop_nulls().is_empty()
    size = pl.len().over("date", "stratum", "kind")
    first = drawn.filter(pl.col("kind") == "first").with_columns((size / pl.col("frame_count")).alias("rate"))
    assert (first["rate"] - first["selection_rate"]).abs().max() < 1e-6
    assert first["account"].n_unique() == first.height
    risk = first.filter(pl.col("stratum") == "risk")
    denied = made.truth["charts"].filter("is_denied_for_coding")["account"].implode()
    assert risk["account"].is_in(denied).all()
    assert risk["selection_rate"].n_unique() > 1
    assert 1 - risk["is_right"].mean() > 2 * (1 - made.first()["is_right"].mean())


def test_second_reviews_are_blind_and_about_a_tenth(made: Made) -> None:
    first = made.first()
    second = made.truth["reviews"].filter(pl.col("kind") == "second")
    pairs = second.join(first, on="account", suffix="_first")
    assert pairs.height == second.height
    assert (pairs["auditor_id"] != pairs["auditor_id_first"]).all()
    assert 0.06 < second.height / first.height < 0.14


def test_calibration_sets_have_a_key_that_sees_everything(made: Made) -> None:
    sets = made.truth["reviews"].filter(pl.col("kind") == "calibration")
    assert sets["date"].n_unique() == 2
    auditors = {"KEY", *made.planted["auditors"]}
    each = sets.group_by("date", "account").agg(pl.col("auditor_id").sort())
    assert all(set(found) == auditors for found in each["auditor_id"])
    assert each.height == 40
    keys = sets.filter(pl.col("auditor_id") == "KEY")
    assert (keys["is_right"] == keys["is_right_as_audited"]).all()
    assert keys["is_right"].mean() == 0.5
    assert made.truth["reviews"].filter(pl.col("auditor_id") == "KEY", pl.col("kind") != "calibration").is_empty()


def test_auditors_see_as_much_as_planted(made: Made) -> None:
    found = made.truth["findings"].filter("is_planted").group_by("auditor_id").agg(pl.len(), pl.col("is_found").sum())
    for auditor, count, seen in found.select("auditor_id", "len", "is_found").rows():
        sensitivity = 1.0 if auditor == "KEY" else made.planted["auditors"][auditor]["sensitivity"]
        assert binomtest(seen, count, sensitivity).pvalue > 0.001
    assert any(a["sensitivity"] == 0.7 for a in made.planted["auditors"].values()) == (made.client == LAKESIDE)


def test_one_auditor_is_overturned_more_often(lakeside: Made) -> None:
    stated = lakeside.truth["findings"].filter("is_found", pl.col("kind") == "first")
    share = dict(stated.group_by("auditor_id").agg((pl.col("rebuttal") == "overturned").mean()).rows())
    assert share["AU3"] > 0.08 > 0.04 > max(share["AU1"], share["AU2"])


def test_feedback_follows_findings_that_stand(made: Made) -> None:
    steps = made.sheet("qa_feedback_*.csv").unique(maintain_order=True)
    stands = made.truth["findings"].filter("is_found", pl.col("rebuttal") != "overturned", pl.col("kind").is_in(["first", "reaudit"]))
    keys = stands.select("review_id", "error_code").unique()
    assert steps.select(review_id="Review ID", error_code="Error Code").unique().sort(keys.columns).equals(keys.sort(keys.columns))
    days = steps.with_columns(
        pl.coalesce(pl.col(name).str.to_date(form, strict=False) for form in ("%Y-%m-%d", "%m/%d/%Y")).alias(name)
        for name in ("Acknowledged Date", "Action Date")
    ).join(made.truth["reviews"].select("review_id", "date"), left_on="Review ID", right_on="review_id")
    assert (days["Acknowledged Date"].drop_nulls() >= days.filter(pl.col("Acknowledged Date").is_not_null())["date"]).all()
    acted = days.filter(pl.col("Action Date").is_not_null())
    assert (acted["Action Date"] >= acted["Acknowledged Date"]).all()
    assert set(acted["Action"]) == {"education", "query", "guideline"}
    assert days["Acknowledged Date"].null_count() > 0


def test_education_ends_a_habit_or_it_comes_back(both: dict[str, Made]) -> None:
    effects = set()
    for made in both.values():
        for story in made.planted["feedback"]:
            day = pl.lit(story["date"]).str.to_date()
            mine = made.truth["findings"].filter("is_found", pl.col("error_code") == story["error_code"], pl.col("kind") == "first")
            reviews = made.first().filter(pl.col("coder_id") == story["coder_id"])
            hits = reviews.join(mine, on="review_id", how="semi")
            before, after = hits.filter(pl.col("date") < day).height, hits.filter(pl.col("date") > day).height
            assert before >= 2
            assert (after > 0) == (story["effect"] == "came_back")
            assert reviews.filter(pl.col("date") > day).height > 30
            effects.add((made.client, story["effect"]))
    assert effects == {(LAKESIDE, "fell"), (LAKESIDE, "came_back"), (STONEBRIDGE, "fell")}


def test_a_coder_codes_visits_too_high(stonebridge: Made) -> None:
    (habit,) = [h for h in stonebridge.planted["habits"] if h["error_code"] == "EM_OVER1"]
    found = stonebridge.truth["findings"].filter("is_found", pl.col("coder_id") == habit["coder_id"], pl.col("kind") == "first")
    over, under = (found["error_code"].str.starts_with(word).sum() for word in ("EM_OVER", "EM_UNDER"))
    assert over > 8 > 2 >= under


def test_queries_are_overdue_and_some_are_settled_outside_authority(made: Made) -> None:
    queries, decisions = made.truth["queries"], made.sheet("decisions_*.csv")
    settings = load_client_settings(made.folder / "settings", made.client)
    assert set(settings.authority) == set(decisions["Subject"])
    asked = decisions.filter(pl.col("Query ID").is_not_null())
    outside = {
        number for number, role, subject in asked.select("Query ID", "Role", "Subject").rows() if role not in settings.authority[subject]
    }
    assert outside == set(queries.filter("is_outside")["query_id"])
    assert len(outside) > 2
    assert queries.filter("is_overdue").height > 2
    assert queries.filter("is_overdue")["answered_date"].drop_nulls().is_empty()
    others = decisions.filter(pl.col("Query ID").is_null())
    assert all(role in settings.authority[subject] for role, subject in others.select("Role", "Subject").rows())


def test_labels_of_a_decision_sheet_are_common_enough_to_come_in(made: Made) -> None:
    for path in (made.folder / "inbox" / made.client).glob("decisions_*.csv"):
        sheet = pl.read_csv(path, infer_schema=False)
        for column in ("Role", "Subject"):
            assert sheet[column].value_counts()["count"].min() >= 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_weak_coder_is_found_whatever_the_seed(tmp_path: Path, seed: int) -> None:
    generate(tmp_path, seed=seed)
    reviews = pl.read_parquet(tmp_path / "truth" / LAKESIDE / "reviews_*.parquet")
    first = reviews.filter(pl.col("kind") == "first", pl.col("stratum") == "random")
    highs = {
        coder: binomtest(right, count).proportion_ci(method="wilson").high
        for coder, count, right in first.group_by("coder_id").agg(pl.len(), pl.col("is_right_as_audited").sum()).rows()
    }
    assert highs["C004"] < 0.6
    assert min(highs["C001"], highs["C005"]) >= 0.95
