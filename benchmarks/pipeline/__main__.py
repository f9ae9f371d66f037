"""`python -m benchmarks.pipeline [rebuild] [run] [kinds]`: tables of what each costs by size, and of what a small client costs."""

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import in_own_process
from benchmarks.pipeline import kinds, whole_run
from benchmarks.pipeline.warehouses import loaded_sample, multiplied
from rcm_pipeline.connection import open_warehouse

TIMES = (1, 3, 10, 30)
SCALE = 42.0  # about a hundred thousand claims of one client


def rebuilds() -> None:
    """Core and mart tables rebuilt, by number of claims."""
    print("| claims | lines | wall s | CPU s | peak MB | s per 100,000 claims |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        base = loaded_sample(Path(name), SCALE)
        for times in TIMES:
            path = multiplied(base, Path(name) / "copy.duckdb", times)
            with open_warehouse(path, read_only=True) as connection:
                claims, lines = (
                    connection.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in ("raw_claims", "raw_claim_lines")
                )
            cost = in_own_process("benchmarks.pipeline.rebuild", str(path))
            each = cost["wall"] / claims * 100_000
            print(f"| {claims:,} | {lines:,} | {cost['wall']:.1f} | {cost['cpu']:.1f} | {cost['peak_mb']:.0f} | {each:.2f} |", flush=True)


def main() -> None:
    """What is asked for; all when nothing is."""
    wanted = sys.argv[1:] or ["rebuild", "run", "kinds"]
    if "rebuild" in wanted:
        rebuilds()
    if "run" in wanted:
        whole_run.main()
    if "kinds" in wanted:
        kinds.main([])


if __name__ == "__main__":
    main()
