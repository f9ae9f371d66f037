"""The files that are read: one big interchange per kind made of the sample generator's transactions, and shorter ones of its start."""

import itertools
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rcm_pipeline.sample.generate import generate

WEEKS, SCALE = 300, 4.0
WHOLE_BYTES, HEAD_BYTES = 50_000_000, 2_000_000
KINDS = {"835": ("HP", "005010X221A1"), "837P": ("HC", "005010X222A1")}
_CLAIM_FILING = {"CI": "12", "BL": "12"}


@dataclass(frozen=True)
class Files:
    """The files of one kind: `whole`; `head`, its first 2 MB; `tiny`, its first transaction; `small`, the folder they came from."""

    whole: Path
    head: Path
    tiny: Path
    small: Path


def make_files(folder: Path) -> dict[str, Files]:
    """Generate the sample and write the files of each kind."""
    generate(folder / "sample", weeks=WEEKS, scale=SCALE)
    return {kind: _make(kind, folder) for kind in KINDS}


def sizes_mb(path: Path) -> list[float]:
    """Megabytes of a file, or of each file of a folder."""
    return [p.stat().st_size / 1e6 for p in (path.iterdir() if path.is_dir() else [path])]


def _make(kind: str, folder: Path) -> Files:
    small = folder / f"{kind}_small"
    small.mkdir()
    found = sorted((folder / "sample" / "inbox").rglob(f"{kind}_*"), key=lambda path: (path.stem[-8:], path))
    transactions: list[str] = []
    size = 0
    for path in found:
        number = len(transactions) + 1
        transactions.append(_transaction(path.read_bytes().decode(), number))
        shutil.copyfile(path, small / f"{number:05d}_{path.name}")
        size += len(transactions[-1])
        if size >= WHOLE_BYTES:
            break
    files = Files(folder / f"{kind}.edi", folder / f"{kind}_head.edi", folder / f"{kind}_tiny.edi", small)
    for path, held in ((files.whole, transactions), (files.head, _first(transactions, HEAD_BYTES)), (files.tiny, transactions[:1])):
        path.write_bytes(_interchange(kind, held).encode())
    return files


def _transaction(text: str, number: int) -> str:
    """The transaction of a file in the separators * : ~, a line each, under a control number of its own."""
    element, component, terminator = text[3], text[104], text[105]
    segments = [segment.strip() for segment in text.split(terminator)]
    body = [_agreeable(s.replace(element, "*").replace(component, ":").split("*")) for s in _from_st_to_se(segments, element)]
    body[0][2] = body[-1][2] = f"{number:09d}"
    return "".join("*".join(segment) + "~\n" for segment in body)


def _agreeable(segment: list[str]) -> list[str]:
    """A segment that no peer refuses: two want CLP06 from the guide's list, one takes payer ids of digits only."""
    if segment[0] == "CLP":
        segment[6] = _CLAIM_FILING.get(segment[6], segment[6])
    if segment[:2] == ["N1", "PR"]:
        segment[4] = segment[4].replace("PAY", "999")
    return segment


def _from_st_to_se(segments: list[str], element: str) -> Iterator[str]:
    """The generator writes one transaction per file."""
    inside = itertools.dropwhile(lambda segment: not segment.startswith(f"ST{element}"), segments)
    return itertools.takewhile(lambda segment: not segment.startswith(f"GE{element}"), inside)


def _first(transactions: Iterable[str], size: int) -> list[str]:
    """Whole transactions from the start, up to a size, at least one."""
    ends = itertools.accumulate(len(transaction) for transaction in transactions)
    return [t for number, (t, end) in enumerate(zip(transactions, ends, strict=True)) if end <= size or number == 0]


def _interchange(kind: str, transactions: list[str]) -> str:
    group, version = KINDS[kind]
    header = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'SENDER':15}*ZZ*{'RECEIVER':15}*261116*0900*^*00501*000000001*0*P*:~\n"
    opening = f"{header}GS*{group}*SENDER*RECEIVER*20261116*0900*1*X*{version}~\n"
    return opening + "".join(transactions) + f"GE*{len(transactions)}*1~\nIEA*1*000000001~"
