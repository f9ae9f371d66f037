"""Publish a pack: render it from its tables, and put page, workbook and manifest in place at once, with a row in the ledger."""

import datetime as dt
import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dashboards.editions import for_client
from dashboards.facts import PackFacts
from dashboards.pack import pack_page, sheets
from dashboards.workbook import pack_workbook, worklist_workbook
from rcm_pipeline import __version__
from rcm_pipeline.connection import at_once, open_warehouse
from rcm_pipeline.errors import InputError, QualityError, StorageError
from rcm_pipeline.governance.access import checked_entries
from rcm_pipeline.governance.as_of import keep_copies, tables_of_week
from rcm_pipeline.governance.publications import INTERNAL, NO_WEEK, PAGE, PAGE_NAME, STALE, has_pack, input_hash, is_computed, latest_run
from rcm_pipeline.privacy.access_log import head_of
from rcm_pipeline.publishing import switch_link, write_durably, write_in_place
from rcm_pipeline.quality.contracts import check_contract
from rcm_pipeline.reference import reference_hash
from rcm_pipeline.settings import Home, load_client_settings, settings_hash
from rcm_pipeline.tables import marts, registered
from rcm_pipeline.warehouse import append, publish_warehouse, read, scan_all
from rcm_pipeline.warehouse import replace as replace_rows
from rcm_pipeline.weeks import Week, anchor_stored
from schemas.contract import conform
from schemas.registry import CONTRACTS

_WORKBOOK, WORKLIST, MANIFEST = "governance_pack.xlsx", f"{INTERNAL}/worklist.xlsx", "manifest.json"


@dataclass(frozen=True)
class Published:
    """Where a pack is and what it is."""

    folder: Path
    week: Week | None
    page_hash: str


def publish_pack(home: Home, client: str, week: Week | None, *, run_id: str, published_at: dt.datetime) -> Published:
    """Publish the pack of the anchor week from the marts of a run, and keep what was not raw as it stood in that week.

    Raises StorageError when the pack cannot be written, and BusyError while another has the warehouse; the pack that was there
    before then stays.
    """
    with open_warehouse(home.warehouse(client)) as connection:  # for writing from the start: no pack without its row
        _renew_access_log(connection, home, client)
        checks = read(connection, "ops_checks").filter(pl.col("run_id") == run_id)
        facts = PackFacts(client, load_client_settings(home.settings, client), week, scan_all(connection), checks)
        published, row = _publish(home, facts, settings_hash(home.settings, client), is_latest=True)
        if week:
            keep_copies(connection, home, client, week)
        _record(connection, row | {"run_id": run_id, "published_at": published_at}, is_run=True)
        publish_warehouse(connection, home.warehouse(client))
    return published


def publish_week(home: Home, client: str, week: Week | None, today: dt.date, published_at: dt.datetime) -> Published:
    """Publish from the warehouse without a run: the last complete week, or an earlier one as it was known when it was complete.

    Raises QualityError when the last run was not published, or was for another week or with other settings, and InputError
    for a week that is not complete or that nothing was decided in.
    """
    with open_warehouse(home.warehouse(client), read_only=True) as connection:  # what is published is made from it, so it is asked
        last = anchor_stored(connection, today)
        run = latest_run(connection)
    if run is None or run.status != "published":
        raise QualityError(f"{client}: the last run was not published, so its tables may not agree", fix="see rcm status, then rcm run")
    if week is None or week == last:
        with open_warehouse(home.warehouse(client), read_only=True) as connection:
            if not is_computed(connection, home, client, last):
                raise QualityError(
                    f"{client}: the tables were computed for another week, or with other settings, files or code", fix="rcm run"
                )
        return publish_pack(home, client, last, run_id=run.run_id, published_at=published_at)
    if last is None or week > last:
        raise InputError(f"{client}: the week of {week} is not complete yet", fix=f"the last complete week is {last}")
    return _publish_past(home, client, week, run.run_id, published_at)


def _publish_past(home: Home, client: str, week: Week, run_id: str, published_at: dt.datetime) -> Published:
    with open_warehouse(home.warehouse(client)) as connection:
        past = tables_of_week(connection, home, client, week)
        facts = PackFacts(client, past.settings, past.week, past.tables, _checks(past.tables, run_id))
        published, row = _publish(home, facts, past.settings_hash, is_latest=False)
        _record(connection, row | {"run_id": run_id, "published_at": published_at}, is_run=False)
        publish_warehouse(connection, home.warehouse(client))
    return published


def _renew_access_log(connection: duckdb.DuckDBPyConnection, home: Home, client: str) -> None:
    """Take over who opened the vault; where the log was changed what was known stands, and `rcm status` says so."""
    with suppress(StorageError), at_once(connection):
        replace_rows(connection, "ops_access_log", checked_entries(connection, home, client))


def _checks(tables: Mapping[str, pl.LazyFrame], run_id: str) -> pl.DataFrame:
    """The contracts of tables that no run has stored."""
    outcomes = [outcome for name in registered() for outcome in check_contract(tables[name].collect(), CONTRACTS[name])]
    return conform(pl.DataFrame([vars(outcome) | {"run_id": run_id} for outcome in outcomes]), CONTRACTS["ops_checks"])


def is_stale(home: Home, client: str) -> bool:
    """True when the latest pack already says that it was not renewed."""
    return (home.reports(client) / "latest" / STALE).exists()


def mark_stale(home: Home, client: str, reason: str, at: dt.datetime, *, only_once: bool = False) -> None:
    """Say beside the last good pack that a later run was not published, since when, and why. The pack itself is never changed.

    With `only_once` what it says already stands.
    """
    latest = home.reports(client) / "latest"
    if has_pack(latest) and not (only_once and is_stale(home, client)):
        note = json.dumps({"since": f"{at:%Y-%m-%d %H:%M} UTC", "reason": reason}) + "\n"
        write_in_place(latest.resolve() / STALE, note.encode())


def _publish(home: Home, facts: PackFacts, settings_digest: str, *, is_latest: bool) -> tuple[Published, dict[str, Any]]:
    """The files of a pack, put in place, and its row for the ledger of publications."""
    manifest = _manifest(facts, settings_digest)
    files = {WORKLIST: worklist_workbook(facts["mart_worklist"], facts.week)}
    for edition in (signed := replace(facts, manifest=manifest), for_client(signed)):
        files[f"{edition.edition}/{PAGE_NAME}"] = pack_page(edition).encode()
        files[f"{edition.edition}/{_WORKBOOK}"] = pack_workbook(edition, sheets(edition))
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files[MANIFEST] = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    folder = _put_in_place(home.reports(facts.client), str(facts.week or "no-complete-week"), files, is_latest=is_latest)
    page_hash = manifest["files"][PAGE]
    row = {"week": facts.week.monday if facts.week else NO_WEEK, "page_hash": page_hash}
    hashes = {name: manifest[name] for name in ("input_hash", "reference_hash", "settings_hash", "code_version")}
    return Published(folder, facts.week, page_hash), row | hashes


def _manifest(facts: PackFacts, settings_digest: str) -> dict[str, Any]:
    ids = facts["raw_files"]["file_id"].cast(pl.String).to_list()
    return {
        "client": facts.client,
        "week": str(facts.week) if facts.week else None,
        "file_count": len(ids),
        "input_hash": input_hash(ids),
        "reference_hash": reference_hash(),
        "settings_hash": settings_digest,
        "code_version": __version__,
        "rows": {name: facts[name].height for name in sorted(marts())},
        "access_log": head_of(facts["ops_access_log"]),
    }


def _put_in_place(reports: Path, week: str, files: Mapping[str, bytes], *, is_latest: bool = True) -> Path:
    """Write beside, then switch two links, each in one step: a reader sees the old pack or the new one, never half."""
    digest = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()[:12]
    store = reports / ".packs" / f"{week}-{digest}-{time.time_ns():x}"
    beside, failed = store.with_name(f".new-{store.name}"), ""
    try:
        beside.mkdir(parents=True)
        for name, content in files.items():
            (beside / name).parent.mkdir(exist_ok=True)
            write_durably(beside / name, content)
        beside.rename(store)
        for link in (week, "latest") if is_latest else (week,):
            switch_link(reports / link, store)
    except OSError as error:
        failed = error.strerror or type(error).__name__
        shutil.rmtree(beside, ignore_errors=True)
    if failed:
        raise StorageError(
            f"{reports}: the pack could not be written ({failed}); the one before still stands", fix="check space and permissions"
        )
    _remove_unlinked(reports)
    return reports / week


def _remove_unlinked(reports: Path) -> None:
    linked = {path.resolve() for path in reports.iterdir() if path.is_symlink()}
    for folder in (reports / ".packs").iterdir():
        if folder.resolve() not in linked:
            shutil.rmtree(folder, ignore_errors=True)


def _record(connection: duckdb.DuckDBPyConnection, row: Mapping[str, Any], *, is_run: bool) -> None:
    """One row per pack that was put in place; a run is published with it."""
    with at_once(connection):
        [(before,)] = connection.sql("SELECT coalesce(max(publication_no), 0) FROM ops_publications").fetchall()
        numbered = dict(row) | {"publication_no": before + 1}
        append(connection, "ops_publications", conform(pl.DataFrame([numbered]), CONTRACTS["ops_publications"]))
        if is_run:
            connection.execute("UPDATE ops_runs SET status = 'published' WHERE run_id = ?", [row["run_id"]])
