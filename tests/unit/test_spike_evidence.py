"""Evidence of a spike counted by hand: what carries it, what was expected of each value, and that nothing is lost."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
import pytest

from rcm_pipeline.denials.spikes.evidence import leading_coders, spike_evidence
from rcm_pipeline.denials.spikes.lines import spike_lines
from schemas.contract import conform, empty, widened
from schemas.registry import CONTRACTS

SINCE, ANCHOR = dt.date(2026, 11, 9), dt.date(2026, 11, 16)
BEFORE = dt.date(2026, 10, 26)
OPEN = pl.DataFrame({"payer_id": ["P"], "root_cause": ["authorization"], "since_week": [SINCE], "week": [ANCHOR], "state": ["new"]})
MATERIAL = ("core_adjudicated_lines", "core_denials", "core_adjudications", "core_claim_lineages", "core_claim_versions")


def core(*claims: Mapping[str, object]) -> list[pl.LazyFrame]:
    """The five core tables of claims of one line each; a claim says only what differs from a paid one of payer P."""
    usual = {"week": BEFORE, "payer_id": "P", "procedure_code": "99213", "carc_code": None, "rarc_code": None, "root_cause": "authorization",
             "disposition": "paid", "place_code": "11", "provider_npi": "N1", "coder_id": "C1", "is_first": True, "is_initial": True,
             "sent_week": None, "first_service_date": None}  # fmt: skip
    rows = []
    for number, claim in enumerate(claims, start=1):
        row = usual | dict(claim)
        if row["carc_code"] and "disposition" not in claim:
            row["disposition"] = "denied_full"
        row |= {
            "answer_id": f"A{number}",
            "answer_line_id": f"A{number}-1",
            "line_no": 1,
            "lineage_id": f"L{number}",
            "version_id": f"V{number}",
        }
        rows.append(row | {"adjudication_date": row["week"] + dt.timedelta(days=2)})
    frame = pl.DataFrame(rows, infer_schema_length=None)
    sent = frame.select("lineage_id", "version_id", pl.col("sent_week").alias("week"), pl.lit(1).alias("version_no"))
    denied = frame.filter(pl.col("disposition").str.starts_with("deni"))
    made = (frame.drop("carc_code"), denied, frame, frame, sent)
    return [widened(table, CONTRACTS[name]).lazy() for name, table in zip(MATERIAL, made, strict=True)]


def told(*claims: Mapping[str, object], spikes: pl.DataFrame = OPEN) -> pl.DataFrame:
    return spike_lines(spikes, *core(*claims))


def evidence(*claims: Mapping[str, object], spikes: pl.DataFrame = OPEN) -> pl.DataFrame:
    table = conform(spike_evidence(spikes, told(*claims, spikes=spikes)), CONTRACTS["mart_spike_evidence"])
    CONTRACTS["mart_spike_evidence"].validate(table)
    return table


def row(table: pl.DataFrame, dimension: str, value: str) -> dict:
    return table.filter((pl.col("dimension") == dimension) & (pl.col("value") == value)).row(0, named=True)


DENIED = {"carc_code": "197", "week": ANCHOR}
PAID = {"week": ANCHOR}
# before: of C1's ten lines one is denied, of C2's ten one. During: C1 6 of 10, C2 1 of 10
TWENTY = [
    *[{"carc_code": "197", "coder_id": c} for c in ("C1", "C2")], *[{"coder_id": c} for c in ("C1", "C2") for _ in range(9)],
    *[DENIED | {"coder_id": "C1", "rarc_code": "N54"} for _ in range(6)], *[PAID | {"coder_id": "C1"} for _ in range(4)],
    DENIED | {"coder_id": "C2"}, *[PAID | {"coder_id": "C2"} for _ in range(9)],
]  # fmt: skip


def test_expected_is_the_rate_before_on_the_lines_of_now() -> None:
    table = evidence(*TWENTY)
    first = row(table, "coder", "C1")
    assert (first["denied_count"], first["decided_count"], first["before_denied_count"], first["before_decided_count"]) == (6, 10, 1, 10)
    assert (first["expected"], first["extra"], first["extra_share"], first["rank"]) == (1.0, 5.0, pytest.approx(5 / 5), 1)
    other = row(table, "coder", "C2")
    assert (other["denied_count"], other["extra"], other["rank"]) == (1, 0.0, 2)


def test_a_reason_is_held_against_all_decided_lines_and_a_new_one_was_not_expected() -> None:
    table = evidence(*TWENTY)
    reason = row(table, "carc", "197")  # 2 of 20 before, 20 lines now
    assert (reason["denied_count"], reason["decided_count"], reason["expected"], reason["extra_share"]) == (7, 20, 2.0, pytest.approx(1))
    new, none = row(table, "rarc", "N54"), row(table, "rarc", "none")
    assert (new["denied_count"], new["expected"], new["before_decided_count"]) == (6, 0.0, 20)
    assert (none["denied_count"], none["expected"], none["extra"]) == (1, 2.0, -1.0)


def test_a_value_without_history_is_expected_to_be_denied_like_the_spike_was() -> None:
    table = evidence(*TWENTY, *[DENIED | {"provider_npi": "NEW"}] * 2, *[PAID | {"provider_npi": "NEW"}] * 8)
    assert row(table, "provider", "NEW")["expected"] == pytest.approx(10 * 2 / 20)


def test_every_dimension_adds_up_to_the_denials_of_the_spike() -> None:
    many = [DENIED | {"coder_id": f"C{n}", "provider_npi": f"N{n % 5}", "carc_code": f"{n}", "procedure_code": code, "place_code": None}
            for n, code in zip(range(7), ["99213", "10060", None, "70010", "J1100", "xx", "80050"], strict=True)]  # fmt: skip
    table = evidence(*TWENTY, *many)
    sums = table.group_by("dimension").agg(pl.col("denied_count").sum(), pl.col("rank").count().alias("shown"), pl.len())
    assert sums["denied_count"].unique().to_list() == [14]
    assert sums["dimension"].sort().to_list() == ["carc", "code_family", "coder", "place", "provider", "rarc"]
    rest = row(table, "carc", "other")  # 0 … 6 and 197: eight values, three shown
    assert (rest["value_count"], rest["rank"], rest["denied_count"], rest["decided_count"]) == (5, None, 5, 27)
    coders = table.filter(pl.col("dimension") == "coder")
    assert coders["decided_count"].sum() == 27
    assert coders["value_count"].sum() == 7
    reasons = table.filter(pl.col("dimension") == "carc")
    assert reasons["extra_share"].sum() == pytest.approx(1)


def test_what_is_not_sent_or_logged_is_unknown() -> None:
    table = evidence({}, DENIED | {"coder_id": None, "place_code": None, "provider_npi": None, "procedure_code": None})
    assert {d: row(table, d, "unknown")["denied_count"] for d in ("coder", "place", "provider")} == {"coder": 1, "place": 1, "provider": 1}
    assert row(table, "code_family", "revenue_code")["denied_count"] == 1


def test_weeks_causes_and_payers_that_do_not_count() -> None:
    outside = [
        DENIED | {"week": SINCE - dt.timedelta(weeks=1)},  # may hold the start
        DENIED | {"week": SINCE - dt.timedelta(weeks=15)},
        DENIED | {"week": ANCHOR + dt.timedelta(weeks=1)},
        DENIED | {"payer_id": "Q"},
        DENIED | {"is_first": False},
        DENIED | {"disposition": "pended"},
    ]
    decided = [
        {"carc_code": "197", "week": SINCE - dt.timedelta(weeks=2)},
        {"carc_code": "197", "week": SINCE - dt.timedelta(weeks=14)},
        DENIED | {"week": SINCE},
        DENIED,
        DENIED | {"root_cause": "coding"},
        DENIED | {"is_initial": False},
        DENIED | {"disposition": "denied_partial"},
        DENIED | {"disposition": "paid"},
    ]
    coder = row(evidence(*outside, *decided), "coder", "C1")
    assert (coder["before_denied_count"], coder["before_decided_count"]) == (2, 2)
    assert (coder["denied_count"], coder["decided_count"]) == (3, 6)  # denied in part is denied


def test_a_payer_with_two_spikes_has_both_counted_by_themselves() -> None:
    two = pl.concat([OPEN, OPEN.with_columns(pl.lit("coding").alias("root_cause"), pl.lit(ANCHOR).alias("since_week"))])
    table = evidence({}, DENIED, DENIED | {"root_cause": "coding"}, DENIED | {"week": SINCE}, spikes=two)
    coders = table.filter(pl.col("dimension") == "coder").sort("root_cause")
    assert coders.select("root_cause", "denied_count", "decided_count").rows() == [("authorization", 2, 3), ("coding", 1, 2)]


def test_without_history_or_extra_denials_there_is_no_share_to_speak_of() -> None:
    fresh = row(evidence(DENIED, PAID), "coder", "C1")
    assert (fresh["expected"], fresh["extra"], fresh["extra_share"]) == (0.0, 1.0, 1.0)
    fallen = row(evidence({"carc_code": "197"}, DENIED, PAID), "coder", "C1")
    assert (fallen["expected"], fallen["extra_share"]) == (2.0, None)


def test_nothing_open_gives_no_rows() -> None:
    assert evidence(*TWENTY, spikes=OPEN.clear()).is_empty()
    nothing = spike_lines(OPEN, *(empty(CONTRACTS[name]).lazy() for name in MATERIAL))
    assert spike_evidence(OPEN, nothing).is_empty()


def readings(*claims: Mapping[str, object]) -> list[str]:
    lines = told(*claims)
    return leading_coders(spike_evidence(OPEN, lines), lines)["coder_id"].to_list()


def test_a_spike_is_one_coders_when_the_others_did_not_rise() -> None:
    assert readings(*TWENTY) == ["C1"]
    assert readings(*(claim | {"coder_id": "C1"} for claim in TWENTY)) == [], "one coder alone cannot be told from the client"
    unlogged = [claim | {"coder_id": None} if claim["coder_id"] == "C1" else claim for claim in TWENTY]
    assert readings(*unlogged) == []


def test_who_codes_most_is_not_blamed_for_a_payer_that_denies_more_of_all() -> None:
    """C1 codes 90 of 100 lines; everybody's rate goes from 10 to 50 %, so C1 has nine tenths of the extra."""
    sides = [(BEFORE, 0.1), (ANCHOR, 0.5)]
    claims = [
        {"week": week, "coder_id": coder} | ({"carc_code": "197"} if n < share * lines else {})
        for week, share in sides
        for coder, lines in (("C1", 90), ("C2", 10))
        for n in range(lines)
    ]
    assert row(evidence(*claims), "coder", "C1")["extra_share"] == pytest.approx(0.9)
    assert readings(*claims) == []
