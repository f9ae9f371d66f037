"""Read damaged files in batches and hold every reading against what must be true of it, and against the plain reader."""

import random
from pathlib import Path

import polars as pl

from rcm_pipeline.sample.generate import generate
from rcm_pipeline.x12.buffer.envelope import normalise
from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor
from tests.fuzz.mutations import damaged, restructured, rewritten
from tests.oracle import plain_x12

BATCH = 100
_PLAIN = (
    ("raw_remits", "835", "remits", {"claim_no": "claim_no", "segment_no": "segment_no", "claim_token": "claim", "charge_amount": "charge", "paid_amount": "paid"}),
    ("raw_remit_lines", "835", "lines", {"claim_no": "claim_no", "line_no": "line_no", "procedure_code": "code", "charge_amount": "charge"}),
    ("raw_adjustments", "835", "adjustments", {"claim_no": "claim_no", "line_no": "line_no", "group_code": "group", "carc_code": "reason", "amount": "amount"}),
    ("raw_claims", "837", "claims", {"claim_no": "claim_no", "segment_no": "segment_no", "claim_token": "claim", "charge_amount": "charge"}),
    ("raw_claim_lines", "837", "lines", {"claim_no": "claim_no", "line_no": "line_no", "procedure_code": "code", "charge_amount": "charge"}),
)  # fmt: skip


def bases(folder: Path) -> list[str]:
    """Small whole interchanges of every set, written with * : ~ and nothing behind a segment."""
    generate(folder, weeks=2, scale=0.05, seed=5)
    found = []
    for path in sorted(folder.rglob("inbox/*/*")):
        if path.suffix in (".edi", ".txt"):
            canonical = normalise(path.read_bytes()).content
            found.append(canonical.translate(bytes.maketrans(b"\x1c\x1d\x1e\x1f", b"~*^:")).decode())
    return found


def check_files(texts: list[str], count: int, seed: int) -> int:
    """Damage and read `count` files; raises AssertionError naming seed and number of the first that breaks a rule."""
    compared = 0
    for start in range(0, count, BATCH):
        made = [_mutant(texts, random.Random(f"{seed}/{number}")) for number in range(start, min(start + BATCH, count))]
        intact = texts[0].encode()
        reading = read_x12([*(raw for raw, _ in made), intact], OpenDoor())
        _check_accounts(reading, f"seed {seed}, files {start} to {start + BATCH}")
        alone = read_x12([intact], OpenDoor())
        for name, table in alone.tables.items():
            mine = reading.tables[name].filter(pl.col("file") == len(made)).drop("file").rows()
            assert mine == table.drop("file").rows(), f"seed {seed}: a damaged neighbour changed {name}"
        for place, (_, plain) in enumerate(made):
            if plain is not None:
                compared += _check_values(reading, place, plain, f"seed {seed}, file {start + place}")
    return compared


def _mutant(texts: list[str], rng: random.Random) -> tuple[bytes, str | None]:
    """A damaged file; and, where only its structure was damaged, the text the plain reader can read."""
    text = rng.choice(texts)
    kind = rng.randrange(3)
    if kind == 0:
        return damaged(rewritten(text, rng).encode(), rng), None
    changed = restructured(text, rng)
    return rewritten(changed, rng).encode(), changed if "ISA*" not in changed[3:] else None


def _check_accounts(reading: Reading, where: str) -> None:
    files = reading.files
    wrong = files.filter(pl.col("segment_count") != pl.col("read_segment_count") + pl.col("rejected_segment_count"))
    assert wrong.is_empty(), f"{where}: segments unaccounted for in files {wrong['file'].to_list()}"
    assert (files["dropped_count"] <= files["element_count"]).all(), where
    assert (files["dropped_count"] >= 0).all(), where
    for table, ordinal in (("raw_claims", "claim_no"), ("raw_remits", "claim_no"), ("raw_transactions", "transaction_no")):
        numbered = reading.tables[table].with_columns(expected=pl.int_range(1, pl.len() + 1).over("file"))
        assert (numbered[ordinal] == numbered["expected"]).all(), f"{where}: ordinals of {table}"


def _check_values(reading: Reading, place: int, text: str, where: str) -> int:
    segments = plain_x12.split_segments(text)
    plain = {"835": plain_x12.read_835(segments), "837": plain_x12.read_837(segments)}
    compared = 0
    for table, kind, key, columns in _PLAIN:
        got = reading.tables[table].filter(pl.col("file") == place).select(*columns).rows()
        want = [tuple(row[source] for source in columns.values()) for row in plain[kind][key]]
        assert got == want, f"{where}: {table}"
        compared += len(want)
    return compared


def main() -> None:
    """`make test-slow`: thousands of files under each of a few seeds; the first that fails is named."""
    import sys
    import tempfile
    import time

    files, seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, range(1, 3)
    with tempfile.TemporaryDirectory() as folder:
        texts = bases(Path(folder))
        for seed in seeds:
            began = time.monotonic()
            compared = check_files(texts, files, seed)
            print(
                f"seed {seed}: {files:,} damaged files read, {compared:,} rows equal to the plain reader's, {time.monotonic() - began:.0f} s"
            )


if __name__ == "__main__":
    main()
