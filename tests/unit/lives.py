"""Claims written as X12 by hand, and the tables that come of them: a small language for the life of a claim."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import read_x12
from tests.conftest import OpenDoor
from tests.tables import OnDemand

TODAY = dt.date(2026, 11, 30)
Lines = Sequence[tuple[str, str, str, str]]  # code, charge, paid, adjustments such as CO*45*20+PR*1*10


def interchange(
    body: Sequence[str], *, kind: str = "HP", day: str = "20261102", isa: str = "000000001", gs: str = "1", newline: str = ""
) -> bytes:
    """An interchange around segments; everything that is only envelope can be chosen."""
    version = {"HP": "005010X221A1", "HC": "005010X222A1", "FA": "005010X231A1"}[kind]
    head = f"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *{day[2:]}*1200*^*00501*{isa}*0*P*:"
    segments = [head, f"GS*{kind}*S*R*{day}*1200*{gs}*X*{version}", *body, f"SE*{len(body) + 1}*0001", f"GE*1*{gs}", f"IEA*1*{isa}"]
    return "".join(segment + "~" + newline for segment in segments).encode()


def clp(
    account: str, icn: str, *lines: tuple[str, str, str, str], status: str = "1", frequency: str = "1", more: Sequence[str] = ()
) -> list[str]:
    """One claim payment; charge and payment are those of its lines."""
    charge, paid = (sum(float(line[n]) for line in lines) for n in (1, 2))
    found = [f"CLP*{account}*{status}*{charge:g}*{paid:g}*0*12*{icn}*11*{frequency}", *more]
    for code, line_charge, line_paid, adjustments in lines:
        found += [f"SVC*HC:{code}*{line_charge}*{line_paid}", "DTM*472*20261001"]
        found += [f"CAS*{adjustment}" for adjustment in adjustments.split("+") if adjustment]
    return found


def reversal(account: str, icn: str, *lines: tuple[str, str, str, str]) -> list[str]:
    """The same with every sign turned."""
    turned = []
    for code, charge, paid, adjustments in lines:
        parts = [adjustment.rsplit("*", 1) for adjustment in adjustments.split("+") if adjustment]
        turned.append((code, f"-{charge}", f"{-float(paid):g}", "+".join(f"{reason}*-{amount}" for reason, amount in parts)))
    return clp(account, icn, *turned, status="22")


def payment(
    *claims: Sequence[str], day: str, trace: str = "", amount: str | None = None, payer: str = "P1", plb: str = "", **envelope: str
) -> bytes:
    """An 835 with these claim payments, made on a day."""
    paid = sum(float(segment.split("*")[4]) for claim in claims for segment in claim if segment.startswith("CLP*"))
    body = [
        "ST*835*0001", f"BPR*I*{amount or f'{max(paid, 0):g}'}*C*ACH************{day}", f"TRN*1*{trace or 'T' + day + payer}*1", f"DTM*405*{day}",
        f"N1*PR*PAYER {payer}*XV*{payer}", "N1*PE*CLINIC*XX*1234567893", "LX*1", *(segment for claim in claims for segment in claim),
    ]  # fmt: skip
    return interchange([*body, *([plb] if plb else [])], day=day, **envelope)


def claim(
    account: str, *lines: tuple[str, str], frequency: str = "1", original: str = "", payer: str = "P1", sequence: str = "P"
) -> list[str]:
    """One 837 claim: code and charge of its lines."""
    charge = sum(float(line[1]) for line in lines)
    found = ["HL*2*1*22*0", f"SBR*{sequence}*18*******CI", "NM1*IL*1*DOE*JANE****MI*M1", f"NM1*PR*2*PAYER {payer}*****PI*{payer}"]
    found += [f"CLM*{account}*{charge:g}***11:B:{frequency}*Y*A*Y*Y", *([f"REF*F8*{original}"] if original else []), "HI*ABK:I10"]
    for number, (code, line_charge) in enumerate(lines, start=1):
        found += [f"LX*{number}", f"SV1*HC:{code}*{line_charge}*UN*1***1", "DTP*472*D8*20261001"]
    return found


def batch(*claims: Sequence[str], day: str, number: str = "", **envelope: str) -> bytes:
    """An 837 with these claims, made on a day."""
    head = [
        "ST*837*0001*005010X222A1",
        f"BHT*0019*00*{number or 'B' + day}*{day}*1200*CH",
        "HL*1**20*1",
        "NM1*85*2*CLINIC*****XX*1234567893",
    ]
    return interchange([*head, *(segment for claim in claims for segment in claim)], kind="HC", day=day, **envelope)


def two_claims(inbox: Path) -> Path:
    """An inbox of one client, north: two claims, one paid and one denied for $200."""
    folder = inbox / "north"
    folder.mkdir(parents=True)
    (folder / "a.837").write_bytes(batch(claim("A1", ("99213", "100")), claim("A2", ("99214", "200")), day="20261102"))
    denied = clp("A2", "I2", ("99214", "200", "0", "CO*197*200"), status="4")
    (folder / "b.835").write_bytes(payment(clp("A1", "I1", ("99213", "100", "80", "CO*45*20")), denied, day="20261112"))
    return inbox


def tables_of(
    *files: bytes, settings: ClientSettings | None = None, names: Sequence[str] = (), more: Mapping[str, pl.DataFrame] | None = None
) -> dict[str, pl.DataFrame]:
    """Raw, core and mart tables of these files, identifiers left as they are; `names` are their file ids, `more` other raw tables."""
    reading = read_x12(list(files), OpenDoor())
    ids = pl.Series([*names] or [f"f{n}" for n in range(len(files))])
    findings = reading.findings.with_columns(finding_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), row_no=pl.lit(None, pl.Int64))
    frames = reading.tables | {"raw_findings": findings}
    raw = {name: table.with_columns(file_id=ids.gather(table["file"])).drop("file") for name, table in frames.items()}
    return OnDemand(raw | dict(more or {}), settings, TODAY)


def metric(tables: dict[str, pl.DataFrame], metric_id: str, variant: str = "") -> tuple[float, float]:
    """Numerator and denominator over all periods of a measure."""
    rows = tables["mart_metrics"].filter((pl.col("metric_id") == metric_id) & (pl.col("variant_code") == variant))
    return float(rows["numerator"].sum() or 0), float(rows["denominator"].sum() or 0)


def outcomes(tables: dict[str, pl.DataFrame]) -> list[tuple]:
    """What became of each denial: account, initial or not, resolution, recovered dollars."""
    found = tables["mart_denial_outcomes"].sort("lineage_id", "episode_no")
    return [(r["claim_token"], r["is_initial"], r["resolution_code"], float(r["recovered_amount"])) for r in found.iter_rows(named=True)]


def standing(tables: dict[str, pl.DataFrame]) -> dict[str, tuple[str, float]]:
    """Where each lineage is, and what stands as paid."""
    found = tables["core_claim_lineages"]
    named = pl.format("{}/{}", "claim_token", "sequence_code")
    rows = found.select(named.alias("k"), "status_code", pl.col("current_paid_amount").cast(pl.Float64)).sort("k").iter_rows()
    return {key: (status, paid) for key, status, paid in rows}


def listed(tables: dict[str, pl.DataFrame]) -> list[str]:
    """Accounts on the worklist, in order."""
    return tables["mart_worklist"].sort("rank")["claim_token"].to_list()
