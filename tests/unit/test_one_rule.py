"""What stood as two rules: each number has one home, so every table and page that shows it shows the same."""

import datetime as dt
from decimal import Decimal as D

import polars as pl

from rcm_pipeline.x12.read import read_x12
from tests.conftest import OpenDoor
from tests.tables import TODAY, everything
from tests.unit.golden_world import decided, sent


def computed(*files: bytes, today: dt.date = TODAY) -> dict[str, pl.DataFrame]:
    """Every table of these files, identifiers left as they are."""
    read = read_x12(list(files), OpenDoor()).tables
    return everything({name: table.with_columns(file_id=pl.format("f{}", "file")) for name, table in read.items()}, today=today)


def decided_by(payer: str, day: str, control: str, segments: str) -> bytes:
    return decided(day, control, segments).replace(b"N1*PR*PAYER*XV*P1", f"N1*PR*PAYER {payer}*XV*{payer}".encode())


PAID_LIKES = "\n".join(f"CLP*P{n}*1*100*60**12*I{n}\nSVC*HC:99213*100*60\nAMT*B6*60\nCAS*CO*45*40" for n in range(20))


def test_what_a_denial_is_expected_to_bring_is_one_amount_everywhere() -> None:
    """The contractual 40 of a charge of 100 is taken off once: 60, not 60 % of the denied 60."""
    denied = "CLP*A*1*100*0**12*IA\nSVC*HC:99213*100*0\nCAS*CO*45*40**197*60"
    tables = computed(
        sent("20261026", "9", "20261020", ("A", "1", "", [("99213", 100)])), decided("20261119", "2", f"{PAID_LIKES}\n{denied}")
    )
    assert tables["core_denials"]["expected_amount"].to_list() == [D("60.00")]
    assert tables["mart_denial_outcomes"]["expected_amount"].to_list() == [D("60.00")]
    assert tables["mart_worklist"]["at_risk_amount"].to_list() == [D("60.00")]
    costs = tables["mart_rework_costs"].filter(pl.col("root_cause") == "authorization").row(0, named=True)
    assert costs["loss_amount"] == D("42.00")  # 60 x (1 - 0.6 worked x 0.5 won back), both priors
    assert tables["mart_metrics"].filter(pl.col("metric_id") == "M18")["numerator"].to_list() == [D("60.000")]


def test_a_duplicate_brings_nothing_everywhere() -> None:
    duplicate = "CLP*A*1*100*0**12*IA\nSVC*HC:99213*100*0\nCAS*OA*18*100"
    tables = computed(decided("20261119", "2", f"{PAID_LIKES}\n{duplicate}"))
    for name, amount in (("core_denials", "expected"), ("mart_denial_outcomes", "expected"), ("mart_worklist", "at_risk")):
        assert tables[name][f"{amount}_amount"].sum() == 0, name
    assert tables["mart_rework_costs"]["loss_amount"].sum() == 0


def test_the_scorecard_reads_the_metrics() -> None:
    """A claim denied by P1 for authorization and by P2 without a usable reason: M20 and M24 count lineages, not claim payments."""
    tables = computed(
        sent("20260921", "9", "20260914", ("A", "1", "", [("99213", 100)])),
        decided_by("P1", "20261001", "2", "CLP*A*1*100*0**12*I1\nSVC*HC:99213*100*0\nCAS*CO*197*100"),
        decided_by("P2", "20261008", "3", "CLP*A*1*100*0**12*I2\nSVC*HC:99213*100*0\nCAS*CO*A1*100"),
        decided("20261119", "4", "CLP*B*1*100*80**12*I3\nSVC*HC:99213*100*80\nCAS*CO*45*20"),
    )
    both = ["numerator", "denominator"]
    (m24,) = tables["mart_metrics"].filter(pl.col("metric_id") == "M24").select(both).rows()
    assert m24 == (0, 100), "one lineage, denied first by P1 with a usable reason"
    (on_scorecard,) = tables["mart_scorecard"].filter(pl.col("metric_id") == "M24").select(both).rows()
    assert on_scorecard == m24
    (m20,) = tables["mart_metrics"].filter((pl.col("metric_id") == "M20") & (pl.col("variant_code") == "d14")).select(both).rows()
    assert m20 == (None, None), "no touch log, so nobody knows whether it was worked"
    assert tables["mart_scorecard"].filter(pl.col("metric_id") == "M20")["status"].to_list() == ["not_judged"]


TIED = "CLP*A*1*200*0**12*I1\nSVC*HC:99213*100*0\nCAS*CO*197*100\nSVC*HC:99214*100*0\nCAS*CO*16*100\nLQ*HE*N822"


def test_the_cause_of_a_claim_whose_lines_tie_is_one() -> None:
    """Two lines denied for 100 each: the cause that the taxonomy puts first, in rates and in costs."""
    tables = computed(sent("20261026", "9", "20261020", ("A", "1", "", [("99213", 100), ("99214", 100)])), decided("20261119", "2", TIED))
    assert tables["mart_denial_outcomes"]["root_cause"].to_list() == ["coding"]
    assert tables["mart_worklist"]["root_cause"].to_list() == ["coding"]
    claims = tables["mart_denial_rates"].filter(
        (pl.col("metric_id") == "M09") & (pl.col("numerator") > 0) & (pl.col("root_cause") != "all")
    )
    assert claims["root_cause"].unique().to_list() == ["coding"]
    costs = tables["mart_rework_costs"].filter((pl.col("root_cause") != "all") & (pl.col("denial_count") > 0))
    assert costs["root_cause"].unique().to_list() == ["coding"]


def test_a_decision_split_over_claim_payments_of_one_day_is_one_denial_with_one_cause() -> None:
    """100 denied for authorization and 300 for coding on the same day: one claim denied for 400, and its cause is coding."""
    parts = "\n".join(
        f"CLP*A*1*{charge}*0**12*{icn}\nSVC*HC:{code}*{charge}*0\nCAS*CO*{reason}"
        for charge, icn, code, reason in ((100, "I1", "99213", "197*100"), (300, "I2", "99214", "16*300\nLQ*HE*N822"))
    )
    tables = computed(sent("20261026", "9", "20261020", ("A", "1", "", [("99213", 100), ("99214", 300)])), decided("20261119", "2", parts))
    columns = ("root_cause", "denied_amount", "claim_charge_amount", "line_count")
    assert tables["mart_denial_outcomes"].select(columns).rows() == [("coding", D("400.00"), D("400.00"), 2)]
    assert tables["mart_rework_costs"].filter(pl.col("root_cause") == "coding")["denied_amount"].to_list() == [D("400.00")]


def test_of_answers_of_one_day_the_same_one_stands_everywhere() -> None:
    """Each claim is denied and then paid in one remittance: what stands is what pays, whatever the identities are."""
    pairs = "\n".join(
        f"CLP*A{n}*1*100*0**12*I{n}\nSVC*HC:99213*100*0\nCAS*CO*197*100\nCLP*A{n}*1*100*80**12*I{n}\nSVC*HC:99213*100*80\nCAS*CO*45*20"
        for n in range(12)
    )
    tables = computed(decided("20261119", "2", pairs))
    current = tables["core_adjudications"].filter("is_current")
    assert current["disposition"].to_list() == ["paid"] * 12
    assert set(tables["mart_denial_outcomes"]["current_disposition"]) <= {"paid"}
