"""Identifiers planted everywhere, in good files and in broken ones, are found nowhere afterwards."""

import gzip
import shutil
from pathlib import Path

import duckdb
import pytest

from rcm_pipeline.governance.publications import PAGE
from tests.conftest import rcm

MARK = "ZZPHI"


def test_what_is_written_is_its_owners_alone(published: Path, tmp_path: Path) -> None:
    rcm("worklist", tmp_path / "w.xlsx", "--client", "stonebridge-regional", home=published)
    every = [tmp_path / "w.xlsx", *(path for path in published.rglob("*") if not path.is_symlink())]
    assert [path for path in every if path.stat().st_mode & 0o077] == []


class Canaries:
    """Hands out a fresh identifier each time, so a leak can be traced to its place."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"{MARK}{self.count:03d}"


def claim_file(c: Canaries) -> str:
    """An 837 with an identifier in every element that can hold one."""
    return "~\n".join([
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261116*1200*^*00501*000000001*0*P*:",
        "GS*HC*SENDER*RECEIVER*20261116*1200*1*X*005010X222A1", "ST*837*0001*005010X222A1", f"BHT*0019*00*{c()}*20261116*1200*CH",
        f"NM1*41*2*{c()}*****46*{c()}", f"PER*IC*{c()}*TE*{c()}*EM*{c()}", f"NM1*40*2*{c()}*****46*{c()}", "HL*1**20*1",
        f"NM1*85*1*{c()}*{c()}****XX*{c()}", f"N3*{c()}", f"N4*{c()}*IL*{c()}", f"REF*SY*{c()}", f"REF*EI*{c()}", "HL*2*1*22*1",
        f"SBR*P*18*{c()}*{c()}*****CI", f"NM1*IL*1*{c()}*{c()}*{c()}***MI*{c()}", f"N3*{c()}", f"N4*{c()}*IL*62704", "DMG*D8*19500101*F",
        f"REF*SY*{c()}", f"NM1*PR*1*{c()}*{c()}****PI*PAYERX", "HL*3*2*23*0", "PAT*19", f"NM1*QC*1*{c()}*{c()}", f"N3*{c()}", f"N4*{c()}*IL*62704", "DMG*D8*20100101*M",
        f"CLM*{c()}*100***11:B:1*Y*A*Y*Y", f"REF*EA*{c()}", f"REF*D9*{c()}", f"REF*F8*{c()}", f"REF*G1*{c()}", f"K3*{c()}", f"NTE*ADD*{c()} {c()}",
        f"PWK*OZ*BM***AC*{c()}", "HI*ABK:E119", f"NM1*DN*1*{c()}*{c()}****XX*{c()}", f"NM1*82*1*{c()}*{c()}****XX*{c()}",
        f"SBR*S*18*{c()}*{c()}*****MB", f"NM1*IL*1*{c()}*{c()}****MI*{c()}", f"NM1*PR*1*{c()}*{c()}****PI*{c()}", f"REF*F8*{c()}",
        f"SBR*T*18*{c()}*{c()}*****MB", "CAS*CO*45*1", f"NM1*IL*1*{c()}*{c()}****MI*{c()}", "NM1*PR*2*OTHER PAYER*****PI*OTHERX", f"REF*F8*{c()}",
        "LX*1", f"SV1*HC:99213:::::{c()}*100*UN*1***1", "DTP*472*D8*20261110", f"REF*6R*{c()}", f"NTE*ADD*{c()}", f"LIN**N4*{c()},{c()}",
        "SE*50*0001", "GE*1*1", "IEA*1*000000001", ""])  # fmt: skip


def remittance_file(c: Canaries) -> str:
    """An 835 likewise, with a denial so that it goes all the way through."""
    return "~\n".join([
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *261119*1200*^*00501*000000002*0*P*:",
        "GS*HP*PAYER*CLINIC*20261119*1200*2*X*005010X221A1", "ST*835*0001", f"BPR*I*0*C*ACH*CCP*01*{c()}*DA*{c()}*{c()}**01*{c()}*DA*{c()}*20261119",
        f"TRN*1*{c()}*{c()}", f"REF*EV*{c()}", "DTM*405*20261119", "N1*PR*PAYER X*XV*PAYERX", f"N3*{c()}", f"N4*{c()}*CO*80201", f"PER*BL*{c()}*TE*{c()}",
        f"N1*PE*{c()}*FI*{c()}", f"N3*{c()}", f"REF*TJ*{c()}", "LX*1", f"CLP*{c()}*1*100*0*0*CI*{c()}*11*1", "CAS*CO*50*100",
        f"NM1*QC*1*{c()}*{c()}*{c()}***MI*{c()}", f"NM1*IL*1*{c()}*{c()}****MI*{c()}", f"NM1*74*1*{c()}*{c()}****C*{c()}", f"NM1*82*1*{c()}*{c()}****XX*{c()}",
        f"NM1*TT*2*{c()}*****PI*{c()}", f"REF*EA*{c()}", f"REF*F8*{c()}", f"REF*1L*{c()}", "DTM*232*20261110", f"PER*CX*{c()}*TE*{c()}",
        f"SVC*HC:99213:::::{c()}*100*0", "DTM*472*20261110", f"REF*6R*{c()}", f"REF*LU*{c()}", "LQ*HE*N115",
        f"PLB*{c()}*20261231*WO:{c()}*0*FB:{c()} {c()}*0", "SE*30*0001", "GE*1*2", "IEA*1*000000002", ""])  # fmt: skip


def sheets(c: Canaries) -> dict[str, str]:
    """Sheets whose free columns, names and even headings identify people."""
    return {
        "qa.csv": f"Review ID,Account Number,Patient Name,Coder,Auditor,Review Date,Codes Assigned,Auditor Codes,Codes Correct,Comments,{c()}\n"
        f"{c()},{c()},{c()},{c()} {c()},{c()},2026-11-18,5,5,5,{c()},{c()}\n{c()},{c()},{c()},C1,A1,{c()},5,5,5,{c()},{c()}\n",
        "findings.csv": f"Review ID,Error Code,Original Code,Corrected Code,Notes\n{c()},PX_WRONG,99213,{c()} {c()}!,{c()}\n{c()},{c()},1,2,{c()}\n",
        "lists.csv": "Review ID,Account Number,Coder,Review Date,Sample #,Review Type,Selection Probability,Original Codes,Audited Codes\n"
        f"{c()},{c()},{c()} {c()},2026-11-18,{c()},{c()},{c()},99213-25;I10,99213;I10\n{c()},{c()},C1,2026-11-18,2026-11-16-{c()},first,1/4,99213;{c()},{c()}\n",
        "codes.csv": "Review ID,Sequence,Code Type,Original Code,Audited Code,Orig Mod,Audit Mod,Notes\n"
        f"{c()},1,{c()},99213,99214,25,25,{c()}\n{c()},{c()},CPT,{c()},{c()} {c()},{c()},25,{c()}\n",
        "actions.csv": f"Review ID,Error Code,Acknowledged Date,Action,Action Date,Staff\n{c()},UNITS,2026-11-20,told {c()},2026-11-21,{c()} {c()}\n{c()},{c()},{c()},,,M1\n",
        "party.csv": f"Review ID,Error Code,Responsible Party,Rebuttal,Direction,Corrected\n{c()},UNITS,{c()},Overturned,{c()},{c()}\n{c()},UNITS,coder,{c()},over,yes\n",
        "touches.csv": f"Account Number,Work Date,Staff,Activity,Minutes,Notes\n{c()},2026-11-18,{c()} {c()},call,5,{c()}\n{c()},2026-11-18,B1,call,{c()},x\n",
    }


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """An inbox of good files and of files broken in every way we know, all full of identifiers."""
    c = Canaries()
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "acme.toml").write_text("[quarantine]\nmax_share = 1.0\n")
    (inbox / f"{c()}_JANE.835").write_text(remittance_file(c))
    (inbox / f"claims {c()}.txt").write_text(claim_file(c))
    for name, text in sheets(c).items():
        (inbox / f"{c()}-{name}").write_text(text)
    whole = remittance_file(c)
    (inbox / f"{c()}.cut").write_text(whole[: len(whole) // 2])
    (inbox / f"{c()}.amounts").write_text(
        remittance_file(c).replace("*100*0*0*CI", f"*{c()}*{c()}*{c()}*CI").replace("20261119~", f"{c()}~")
    )
    (inbox / f"{c()}.set").write_text(claim_file(c).replace("ST*837", "ST*271"))
    (inbox / f"{c()}.noheader.csv").write_text(f"{c()},{c()},{c()}\n{c()},{c()},{c()}\n")
    (inbox / f"{c()}.gz").write_bytes(gzip.compress(whole.encode()))
    (inbox / f"{c()}.isa").write_text(f"ISA*{c()}*{c()}")
    (inbox / f"{c()}.bin").write_bytes(b"\x00\x01" + c().encode())
    return tmp_path


def assert_clean(folder: Path) -> None:
    """No file below the folder holds a planted identifier, nor does its name; DuckDB files are exported first."""
    searched = 0
    for path in sorted(folder.rglob("*")):
        assert MARK not in path.name.upper(), path
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
                    rows = str(connection.sql(f'SELECT * FROM "{name}"').fetchall())
                    assert MARK not in rows.upper(), name
                    searched += 1
        if path.is_file():
            assert MARK.encode() not in path.read_bytes().upper(), path
            searched += 1
    assert searched > 30


def test_nothing_planted_is_found_after_a_run(planted: Path) -> None:
    home = planted / "home"
    done = rcm("run", "--inbox", planted / "inbox", "--settings", planted / "settings", "--today", "2026-11-23", home=home)
    assert MARK not in (done.stdout + done.stderr).upper()
    assert_clean(home)
    for command in (["status", "--json"], ["quarantine", "acme"], ["keys"]):
        said = rcm(*command, home=home, check=False)
        assert MARK not in (said.stdout + said.stderr).upper()


def test_nothing_planted_is_found_after_a_failing_run(planted: Path) -> None:
    """A defect in the middle of the graph raises with a row in its message."""
    home = planted / "home"
    code = (
        "import rcm_pipeline.tables as tables\n"
        "table = tables.registered()['core_denials']\n"
        "def broken(raw_remits, **_):\n    raise ValueError('ZZPHI999 ' + str(raw_remits.collect().rows()))\n"
        "for name in table.names:\n    tables._REGISTERED[name] = tables.Table(table.names, broken, table.sources, table.subject, table.module)\n"
        "tables.registered.cache_clear()\n"
        "from rcm_pipeline.cli import main\nmain()\n"
    )
    done = run_code(code, "run", "--inbox", planted / "inbox", "--settings", planted / "settings", "--home", home)
    assert done.returncode == 70
    assert "ValueError in" in done.stderr
    assert MARK not in (done.stdout + done.stderr).upper()
    if (home / "reports").exists():
        shutil.rmtree(home / "reports")
    assert_clean(home)


def run_code(code: str, *arguments: object):
    import subprocess
    import sys

    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)


def test_read_is_tokenised_unless_asked(planted: Path) -> None:
    inbox = planted / "inbox" / "acme"
    for form in ("parquet", "csv", "json"):
        done = rcm("read", inbox, "--out", planted / form, "--format", form, home=planted / "home", check=False)
        assert MARK not in (done.stdout + done.stderr).upper()
        for path in (planted / form).iterdir():
            assert MARK.encode() not in path.read_bytes().upper(), path
    rcm("read", inbox, "--out", planted / "open", "--format", "csv", "--identified", home=planted / "home", check=False)
    text = (planted / "open" / "raw_remits.csv").read_text()
    assert MARK in text
    assert "JANE" in (planted / "open" / "raw_files.csv").read_text()
    names = " ".join(p.read_text() for p in (planted / "open").glob("raw_re*.csv"))
    assert "DOE" not in names


def test_one_client_never_sees_another(tmp_path: Path) -> None:
    """The same control numbers in two clients: no token is shared, and nothing of A is in B's warehouse or pack."""
    for client in ("a-client", "b-client"):
        folder = tmp_path / "inbox" / client
        folder.mkdir(parents=True)
        (folder / "r.835").write_text(remittance_file(Canaries()).replace("PAYER X", f"PAYER OF {client.upper()}"))
    rcm("run", "--inbox", tmp_path / "inbox", "--today", "2026-11-23", home=tmp_path / "home")
    page_a, page_b = ((tmp_path / "home" / "reports" / c / "latest" / PAGE).read_text() for c in ("a-client", "b-client"))
    assert "Payer Of A-Client" in page_a
    assert "Payer Of A-Client" not in page_b
    with duckdb.connect() as connection:
        for client in ("a-client", "b-client"):
            connection.execute(f"ATTACH '{tmp_path}/home/warehouse/{client}/published.duckdb' AS {client[0]} (READ_ONLY)")
        shared = "SELECT count(*) FROM a.raw_remits JOIN b.raw_remits USING (claim_token)"
        assert connection.sql(shared).fetchall() == [(0,)]
        assert connection.sql("SELECT payer_name FROM b.core_payers").fetchall() == [("PAYER OF B-CLIENT",)]
