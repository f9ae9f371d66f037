"""Run an 835 snippet through the real reader and the real rules."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl

from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import read_x12
from tests.conftest import OpenDoor
from tests.spec.cases import Case
from tests.spec.claim_courses import ClaimCourse
from tests.tables import core_of

DAY = dt.date(2026, 11, 23)
_HEAD = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *261116*1200*^*00501*000000001*0*P*:~"
    "GS*HP*PAYER*CLINIC*20261116*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{paid}*C*ACH************{day}~TRN*1*T1*1~"
    "N1*PR*PAYER*XV*{payer}~N1*PE*CLINIC*XX*1234567893~LX*1~"
)
_TAIL = "SE*99*0001~GE*1*1~IEA*1*000000001~"


def remittance(segments: str, payer: str = "PAYERX", day: str = "20261116", *, is_balanced: bool = False) -> bytes:
    """A whole 835 around some claim segments written one per line; it says that it pays nothing, or what they do."""
    lines = segments.strip().split("\n")
    body = "".join(line + "~" for line in lines)
    paid = sum(Decimal(line.split("*")[4]) for line in lines if line.startswith("CLP*")) if is_balanced else 0
    return (_HEAD.format(payer=payer, day=day, paid=paid) + body + _TAIL).encode()


def core_tables(*files: bytes) -> dict[str, pl.DataFrame]:
    """The core tables of some 835 files, identifiers left as they are."""
    reading = read_x12(list(files), OpenDoor())
    raw = {name: table.with_columns(file_id=pl.format("file{}", "file")) for name, table in reading.tables.items()}
    return core_of(raw, ClientSettings(capitated_payers=["CAPITATED"]), DAY)


def run_case(case: Case) -> tuple[list[tuple[str, str, str]], list[str]]:
    """(disposition, root cause, denied dollars) and rule of every line of a case."""
    core = core_tables(remittance(case.segments, case.payer))
    causes = core["core_denials"].select("answer_line_id", "root_cause", pl.col("denied_amount").alias("lost"))
    lines = core["core_adjudicated_lines"].join(causes, on="answer_line_id", how="left").sort("line_no")
    rows = [
        (r["disposition"], r["root_cause"] or "–", str(r["lost"] if r["lost"] is not None else r["denied_amount"]))
        for r in lines.iter_rows(named=True)
    ]
    shown = [(d, c, "0.00" if c == "–" and d not in ("excluded",) else amount) for d, c, amount in rows]
    return shown, lines["rule_id"].to_list()


def run_course(course: ClaimCourse) -> tuple[list[tuple[str, str]], str, list[str]]:
    """Kind and standing of every answer, the status of every lineage, and what moved outside the claims."""
    parts = [(day, *segments.split("|")) for day, segments in course.remittances]
    core = core_tables(*(remittance(body, *(payer or ["PAYERX"]), day=day) for day, body, *payer in parts))
    keys = ["answer_id"]
    places = core["core_deliveries"].filter(pl.col("fact_code") == "answer").rename({"fact_id": "answer_id"})
    order = ["file_id", "claim_no"]
    pairs = core["core_reversals"].select(*keys, "pair_rule", pl.col("correction_answer_id").is_not_null().alias("is_corrected"))
    placed = core["core_adjudications"].join(places.select(*keys, *order), on=keys)
    answers = placed.join(pairs, on=keys, how="left").sort(order)
    shown = [(r["kind"], _standing(r)) for r in answers.iter_rows(named=True)]
    first_seen = answers.unique("lineage_id", keep="first", maintain_order=True).select("lineage_id")
    statuses = first_seen.join(core["core_claim_lineages"], on="lineage_id", how="left", maintain_order="left")["status_code"]
    first = first_seen["lineage_id"][0]
    moved = [
        f"{r['kind']} {r['amount']}" + (" of the first claim" if r["lineage_id"] == first else "")
        for r in core["core_recoupments"].iter_rows(named=True)
    ]
    return shown, ", ".join(statuses), moved


def _standing(r: dict[str, Any]) -> str:
    if r["kind"] == "reversal":
        return (r["pair_rule"] or "unpaired") + (", corrected" if r["is_corrected"] else "")
    return ", ".join(name for name in ("first", "current", "reversed") if r[f"is_{name}"]) or "–"
