"""Rebuild core and mart tables of a warehouse: read raw, compute, check every contract, write. Prints what it took as JSON."""

import datetime as dt
import json
import sys
import time
from pathlib import Path

from assets.store import store_tables
from benchmarks.measure import measured
from rcm_pipeline.denials.core import SOURCES, build_core
from rcm_pipeline.denials.history import anchor_of
from rcm_pipeline.governance.marts import MARTS, sources_of
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import open_warehouse, read

TODAY = dt.date(2026, 11, 23)
SETTINGS = ClientSettings(capitated_payers=["PAY05"])


def rebuild(path: Path, steps: dict[str, float]) -> None:
    """Core, then each mart from what is stored, as the assets do it."""
    with open_warehouse(path) as connection:
        start = time.monotonic()
        tables = build_core({name: read(connection, name, columns) for name, columns in SOURCES.items()}, SETTINGS, TODAY)
        steps["core"] = time.monotonic() - start
        start = time.monotonic()
        assert all(outcome.is_passed for outcome in store_tables(connection, "benchmark", tables))
        steps["core stored"] = time.monotonic() - start
        anchor = anchor_of(tables["core_adjudications"], TODAY)
        del tables
        for name, mart in MARTS.items():
            start = time.monotonic()
            known = {source: read(connection, source, columns) for source, columns in sources_of(name).items()}
            assert all(o.is_passed for o in store_tables(connection, "benchmark", {name: mart.build(known, anchor, SETTINGS)}))
            steps[name] = time.monotonic() - start


def main() -> None:
    """Measure the rebuild of the warehouse named on the command line."""
    steps: dict[str, float] = {}
    _, cost = measured(lambda: rebuild(Path(sys.argv[1]), steps))
    print("; ".join(f"{name} {seconds:.1f}" for name, seconds in steps.items()), file=sys.stderr)
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
