"""Rebuild core and mart tables of a warehouse: read raw, compute, check every contract, write. Prints what it took as JSON."""

import datetime as dt
import json
import sys
import time
from pathlib import Path

from assets.store import store_tables
from rcm_pipeline.governance.marts import SOURCES as MART_SOURCES
from rcm_pipeline.governance.marts import mart_tables

from benchmarks.measure import measured
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.denials.core import SOURCES, RawTables, core_tables
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import create_tables, file_codes, read
from rcm_pipeline.weeks import anchor_of

TODAY = dt.date(2026, 11, 23)
SETTINGS = ClientSettings(capitated_payers=["PAY05"])


def rebuild(path: Path, steps: dict[str, float]) -> None:
    """Core, then each mart from what is stored, as the assets do it."""
    with open_warehouse(path) as connection:
        create_tables(connection)
        start, files, stored = time.monotonic(), file_codes(connection), 0.0
        raw = RawTables(lambda name: read(connection, name, SOURCES[name], files), files)
        for name, table in core_tables(raw, SETTINGS, TODAY):
            begin = time.monotonic()
            assert all(outcome.is_passed for outcome in store_tables(connection, "benchmark", {name: table}))
            stored += time.monotonic() - begin
        steps["core"], steps["core stored"] = time.monotonic() - start - stored, stored
        start = time.monotonic()
        tables = {name: read(connection, name, columns, files) for name, columns in MART_SOURCES.items()}
        steps["core read"] = time.monotonic() - start
        start = time.monotonic()
        for name, table in mart_tables(tables, anchor_of(tables["core_adjudications"], TODAY), SETTINGS):
            assert all(outcome.is_passed for outcome in store_tables(connection, "benchmark", {name: table}))
            steps[name], start = time.monotonic() - start, time.monotonic()


def main() -> None:
    """Measure the rebuild of the warehouse named on the command line."""
    steps: dict[str, float] = {}
    _, cost = measured(lambda: rebuild(Path(sys.argv[1]), steps))
    print("; ".join(f"{name} {seconds:.1f}" for name, seconds in steps.items()), file=sys.stderr)
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
