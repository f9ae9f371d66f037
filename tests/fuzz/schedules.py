"""Files of claims and payments, and random ways to deliver them: again, renamed, in another envelope, cut, in pieces, in any order."""

import datetime as dt
import hashlib
import random
import re

import polars as pl

from rcm_pipeline.tables import registered
from tests.unit.lives import batch, claim, clp, payment, tables_of

_LINES = [("99213", "100"), ("99214", "200"), ("85025", "50")]
_FIRST = (2026, 1, 5)


def world(weeks: int, seed: int = 1) -> list[bytes]:
    """A batch and a payment a week, with denials, corrections of some, duplicates, and second sendings."""
    rng, files = random.Random(seed), list[bytes]()
    first = dt.date(*_FIRST)
    for week in range(weeks):
        sent, paid = first + dt.timedelta(weeks=week), first + dt.timedelta(weeks=week + 4)
        accounts = [f"W{week}N{n}" for n in range(6)]
        files.append(batch(*(claim(name, *_LINES[: 1 + n % 3]) for n, name in enumerate(accounts)), day=f"{sent:%Y%m%d}"))
        answers = [answer for n, name in enumerate(accounts) for answer in _answers(rng, name, _LINES[: 1 + n % 3])]
        files.append(payment(*answers, day=f"{paid:%Y%m%d}"))
    return files


def _answers(rng: random.Random, account: str, lines: list[tuple[str, str]]) -> list[str]:
    denied, half = (lambda p: ("0", f"CO*197*{p}")), (lambda p: (str(int(p) // 2), f"CO*45*{int(p) - int(p) // 2}"))
    decided = [(code, price, *rng.choice([denied, half])(price)) for code, price in lines]
    answers = [clp(account, f"I{account}", *decided)]
    if rng.random() < 0.3:
        answers.append(clp(account, f"J{account}", *((code, price, "0", f"OA*18*{price}") for code, price in lines)))
    return answers


def delivered(files: list[bytes], rng: random.Random) -> list[bytes]:
    """The same facts, however they come."""
    copies = [copy for file in files for copy in _copies(file, rng)]
    rng.shuffle(copies)
    return copies


def _copies(file: bytes, rng: random.Random) -> list[bytes]:
    match rng.choice(["once", "again", "envelope", "separators", "cut", "pieces"]):
        case "again":
            return [file, file.replace(b"~", b"~\n")]
        case "envelope":
            return [re_enveloped(file)]
        case "separators":
            return [other_separators(file)]
        case "cut":
            return [file, file[: rng.randrange(len(file) // 2, len(file))]]
        case "pieces" if b"ST*835" in file:
            return _pieces(file)
        case _:
            return [file]


def re_enveloped(file: bytes, isa: str = "000000777", gs: str = "99") -> bytes:
    """The same transactions in an interchange of another number."""
    text = re.sub(r"\*000000001\*", f"*{isa}*", file.decode(), count=1)
    text = re.sub(r"(GS\*\w\w\*S\*R\*\d+\*1200\*)1\*", rf"\g<1>{gs}*", text)
    return text.replace("GE*1*1~", f"GE*1*{gs}~").replace("IEA*1*000000001~", f"IEA*1*{isa}~").encode()


def other_separators(file: bytes) -> bytes:
    """The same file as other programs write it."""
    return file.replace(b"*", b"|").replace(b":", b">").replace(b"~", b"\n")


def _pieces(file: bytes) -> list[bytes]:
    """A payment in two files, each with every other claim."""
    text = file.decode()
    head, *claims = re.split(r"(?=CLP\*)", text[: text.index("SE*")])
    tail = text[text.index("SE*") :]
    return [(head + "".join(claims[n::2]) + tail).encode() for n in (0, 1)]


def numbers(*files: bytes, rename: random.Random | None = None) -> dict[str, pl.DataFrame]:
    """Core and marts, where a thing was read aside; files are known by their bytes, or by a random name."""
    names = [hashlib.sha256(file + (rename.randbytes(4) if rename else b"")).hexdigest() for file in files]
    tables = tables_of(*files, names=names)
    return {name: tables[name] for name in registered() if name != "core_deliveries"}


def differing(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> list[str]:
    """Names of the tables that are not equal row by row."""
    return [name for name in left if not left[name].equals(right[name])]
