"""Rebuild core and mart tables of a warehouse: read raw, compute, check every contract, write. Prints what it took as JSON."""

import datetime as dt
import json
import sys
import time
from pathlib import Path

from benchmarks.measure import measured
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.quality.contracts import check_contract
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.tables import build, registered
from rcm_pipeline.warehouse import create_tables, replace, scan_all
from rcm_pipeline.weeks import anchor_stored
from schemas.registry import CONTRACTS

TODAY = dt.date(2026, 11, 23)
SETTINGS = ClientSettings(capitated_payers=["PAY05"])


def rebuild(path: Path, steps: dict[str, float]) -> None:
    """Core, then each mart from what is stored, as the assets do it."""
    with open_warehouse(path) as connection:
        create_tables(connection)
        tables, done = scan_all(connection), set[str]()
        for layer in ("core", "mart"):
            week = anchor_stored(connection, TODAY) if layer == "mart" else None
            for name, table in registered().items():
                if table.layer == layer and name not in done:
                    start = time.monotonic()
                    done.update(_stored(connection, build(table, tables, week, SETTINGS, TODAY)))
                    steps[name] = time.monotonic() - start


def _stored(connection, made) -> list[str]:
    names = []
    for name, frame in made:
        assert all(outcome.is_passed for outcome in check_contract(frame, CONTRACTS[name])), name
        replace(connection, name, frame)
        names.append(name)
        del frame
    return names


def main() -> None:
    """Measure the rebuild of the warehouse named on the command line."""
    steps: dict[str, float] = {}
    _, cost = measured(lambda: rebuild(Path(sys.argv[1]), steps))
    print("; ".join(f"{name} {seconds:.1f}" for name, seconds in steps.items()), file=sys.stderr)
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
