"""A wrong batch of the last week is noticed: each kind by name and figure, judged by Great Expectations on real files."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.factory import judge
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.sample.generate import generate
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import create_tables, read, replace
from schemas.registry import layer
from tests.tables import OnDemand

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Great Expectations imports what is out of date

CLIENT = "stonebridge-regional"
TODAY, LAST = dt.date(2026, 11, 23), "20261119"
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The sample's files of one client, by name."""
    out = tmp_path_factory.mktemp("sample")
    generate(out)
    return {path.name: path.read_bytes() for path in sorted((out / "inbox" / CLIENT).iterdir())}


def judged(files: Files, place: Path) -> dict[str, Outcome]:
    """The batch checks of a run over these files, by name."""
    inbox = place / "inbox"
    inbox.mkdir()
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    with open_warehouse(place / "warehouse.duckdb") as connection:
        create_tables(connection)
        load_inbox(connection, list(deliveries([inbox])), ClientSettings(), Tokens(bytes(32)))
        tables = OnDemand({name: read(connection, name) for name in layer("raw")}, today=TODAY)
        made = ["mart_batch_measures"]
        replace(connection, made[0], tables[made[0]])
        for name in tables:
            if name.startswith("core_"):
                made.append(name)
                replace(connection, name, tables[name])
        return {outcome.check_name: outcome for outcome in judge(connection, made, TODAY)}


def remittances(files: Files) -> list[str]:
    """The 835 files of the last week."""
    return [name for name in files if name.startswith("835_") and LAST in name]


def resealed(text: str) -> bytes:
    """The file with its segment counts set right."""
    counts: list[int] = []
    segments = text.split("~\n")
    begun = 0
    for at, segment in enumerate(segments):
        if segment.startswith("ST*"):
            begun = at
        if segment.startswith("SE*"):
            counts.append(at - begun + 1)
            segments[at] = re.sub(r"^SE\*\d+", f"SE*{counts[-1]}", segment)
    return "~\n".join(segments).encode()


def changed(files: Files, change: Callable[[str], str]) -> Files:
    return files | {name: resealed(change(files[name].decode())) for name in remittances(files)}


def thinned(text: str, keep: Callable[[int], bool]) -> str:
    """Without some of its claims; what was paid is set right."""
    head, *claims = re.split(r"(?=CLP\*)", text)
    if not claims:
        return text
    last, tail = re.split(r"(?=PLB\*|SE\*)", claims[-1], maxsplit=1)
    claims[-1] = last
    left = [claim for at, claim in enumerate(claims) if keep(at)]
    gone = sum(cents(claim.split("*")[4]) for at, claim in enumerate(claims) if not keep(at))
    return with_paid(head, -gone) + "".join(left) + tail


def cents(amount: str) -> int:
    return round(float(amount) * 100)


def with_paid(text: str, more: int) -> str:
    return re.sub(r"BPR\*I\*([\d.]+)", lambda found: f"BPR*I*{(cents(found[1]) + more) / 100:.2f}", text, count=1)


def again(files: Files) -> Files:
    """Every claim of the last week once more, under numbers and traces of its own."""
    copies = {
        f"more_{name}": re.sub(r"(CLP\*)(\w+)", r"\1X\2", files[name].decode().replace("TRN*1*", "TRN*1*X")).encode()
        for name in remittances(files)
    }
    return files | copies


def redated(files: Files, year: str) -> Files:
    """The payments of one payer dated in another year; its files as they are."""
    name = remittances(files)[0]
    return files | {name: files[name].decode().replace("*20261119~", f"*{year}1119~").encode()}


def test_payments_of_another_year_count_in_no_week(files: Files, tmp_path: Path) -> None:
    for year in ("2025", "2027"):
        (tmp_path / year).mkdir()
        wrong = redated(files, year)
        name = remittances(files)[0]
        claims = files[name].count(b"CLP*")
        judged(wrong, tmp_path / year)
        with open_warehouse(tmp_path / year / "warehouse.duckdb") as connection:
            dated = f"SELECT count(*) FROM core_adjudications WHERE year(adjudication_date) = {year} AND week IS NULL"
            assert connection.sql(dated).fetchone() == (claims,)


def failing(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: outcome.detail or "" for name, outcome in outcomes.items() if not outcome.is_passed}


def each_third(text: str) -> str:
    numbers = iter(range(10**6))

    def more(found: re.Match[str]) -> str:
        return f"{found[1]}{float(found[2]) + 7:.2f}" if next(numbers) % 3 == 0 else found[0]

    return re.sub(r"(CLP\*\w+\*\d+\*[\d.]+\*)([\d.]+)", more, text)


@pytest.fixture(scope="module")
def usual(files: Files, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return judged(files, tmp_path_factory.mktemp("usual"))


def test_a_usual_batch_is_not_unusual(usual: dict[str, Outcome]) -> None:
    measured = {"usual_volume", "usual_payers", "usual_cells", "usual_values", "usual_delay", "sums", "sums_share", "complete_week"}
    assert measured <= set(usual)
    assert not measured & set(failing(usual))


CASES: dict[str, tuple[Callable[[Files], Files], dict[str, str]]] = {
    "half": (lambda files: changed(files, lambda text: thinned(text, lambda at: at % 2 == 0)), {"usual_volume": r"\d+ claim payments; 2\d to 7\d are usual"}),
    "a fifth": (
        lambda files: changed(files, lambda text: thinned(text, lambda at: at % 9 == 0)),
        {"complete_week": r"the week of 2026-11-16 is incomplete: \d+ claim payments came; the answer is of the week of 2026-11-09"},
    ),
    "one payer missing": (
        lambda files: {name: content for name, content in files.items() if not name.startswith(f"835_PAY03_{LAST}")},
        {"usual_payers": r"PAY03: no claim payments; \d+ to \d+ are usual, mostly on Thursdays"},
    ),
    "doubled": (again, {"usual_volume": r"8\d claim payments; 2\d to 7\d are usual"}),
    "a year ahead": (lambda files: redated(files, "2027"), {"plausible_dates": ""}),
    "a year back": (lambda files: redated(files, "2025"), {"plausible_dates": ""}),
    "BPR02": (lambda files: changed(files, lambda text: with_paid(text, 100_000)), {"sums": r"5 payments are out of balance by \$5,000.00"}),
    "CLP04": (lambda files: changed(files, each_third), {"sums": r"claims are out of balance by \$\d+.00 together"}),
    "SVC02": (
        lambda files: changed(files, lambda text: re.sub(r"(SVC\*HC:[\w:]+\*)([\d.]+)", lambda f: f"{f[1]}{float(f[2]) + 200:.2f}", text)),
        {"sums": r"lines are out of balance by \$[\d,]+00.00 together", "sums_share": r"are allowed"},
    ),
    "a payer renamed": (
        lambda files: {n: (c.replace(b"PAY02", b"PAY92") if n.startswith(f"835_PAY02_{LAST}") else c) for n, c in files.items()},
        {"usual_payers": r"PAY02: no claim payments", "usual_values": r"core_adjudications.payer_id: \d+ % never seen before"},
    ),
    "codes renamed": (
        lambda files: changed(files, lambda text: re.sub(r"CAS\*(CO|PR|OA)\*(\d+)", r"CAS*\1*B\2", text)),
        {"usual_values": r"core_denials.carc_code: \d+ % never seen before"},
    ),
}  # fmt: skip


_SLOW = ("doubled", "a year ahead", "CLP04", "SVC02", "codes renamed")


@pytest.mark.parametrize("case", [pytest.param(case, marks=[pytest.mark.slow] * (case in _SLOW)) for case in CASES])
def test_a_wrong_batch_is_noticed(case: str, files: Files, tmp_path: Path) -> None:
    make, wanted = CASES[case]
    found = failing(judged(make(files), tmp_path))
    for check, says in wanted.items():
        assert check in found
        assert re.search(says, found[check]), found[check]
