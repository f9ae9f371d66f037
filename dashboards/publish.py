"""Publish a pack: gather its tables, render it, and put page, workbook and manifest in place at once."""

import datetime as dt
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dashboards.pack import PackFacts, pack_page
from dashboards.workbook import pack_workbook, worklist_workbook
from rcm_pipeline import __version__
from rcm_pipeline.errors import InputError, QualityError, StorageError
from rcm_pipeline.governance.marts import MARTS, build_marts
from rcm_pipeline.governance.publications import NO_WEEK, PAGE, input_hash
from rcm_pipeline.reference import reference_hash
from rcm_pipeline.settings import ClientSettings, Home, load_client_settings, settings_hash
from rcm_pipeline.warehouse import append, open_warehouse, read
from rcm_pipeline.weeks import anchor_week, known_by, last_day
from schemas.contract import conform
from schemas.registry import CONTRACTS

WORKBOOK, WORKLIST, MANIFEST, STALE = "governance_pack.xlsx", "worklist.xlsx", "manifest.json", "stale.json"
_STALE_MARK = "<!--stale-->"
_SOURCES: dict[str, tuple[str, ...]] = {  # all of a table where no columns are named
    "raw_files": (),
    "raw_rejects": (),
    "raw_findings": (),
    "core_submissions": (),
    "core_payers": (),
    "core_adjudications": ("adjudication_date",),
    "core_adjudicated_lines": ("disposition", "charge_amount"),
    "core_layer_events": ("layer_code", "event_date", "outcome_code", "root_cause", "stage_introduced", "stage_detectable"),
    "ops_reclassifications": (),
    "ops_portfolio": (),
    "ops_code_sets": (),
    "ops_code_entries": (),
    "raw_decisions": (),
    "ops_qa_samples": (),
}
_CORE = (
    "core_adjudications", "core_adjudicated_lines", "core_denials", "core_claim_versions", "core_claim_lineages", "core_reversals",
    "core_recoupments",
)  # fmt: skip
_HISTORY = (
    "core_qa_codes",
    "core_qa_findings",
    "raw_qa_actions",
    "raw_touches",
    "raw_coded_encounters",
    "raw_escalations",
    "raw_claim_lines",
    "raw_claim_diagnoses",
)


@dataclass(frozen=True)
class Published:
    """Where a pack is and what it is."""

    folder: Path
    week: dt.date | None
    page_hash: str


def publish_pack(
    home: Home, client: str, anchor: dt.date | None, *, run_id: str, published_at: dt.datetime | None = None, as_of: bool = False
) -> Published:
    """Publish the pack of the anchor week from the marts; with `as_of`, from marts rebuilt as they stood at that week.

    A run gives `published_at` and is recorded by it. Raises StorageError when the pack cannot be written; the one that
    was there before then stays.
    """
    settings = load_client_settings(home.settings, client)
    with open_warehouse(home.warehouse(client), read_only=True) as connection:
        tables = {name: read(connection, name, columns) for name, columns in (_SOURCES | dict.fromkeys(MARTS, ())).items()}
        if as_of and anchor:
            tables |= _as_of(connection, tables, anchor, settings)
        checks = read(connection, "ops_checks").filter(pl.col("run_id") == run_id)
    manifest = _manifest(home, client, anchor, tables)
    page = pack_page(PackFacts(client, settings, anchor, tables, checks, manifest)).encode()
    files = {PAGE: page, WORKBOOK: pack_workbook(tables, anchor), WORKLIST: worklist_workbook(tables["mart_worklist"], anchor)}
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files[MANIFEST] = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    folder = _put_in_place(home.reports(client), str(anchor or "no-complete-week"), files, is_latest=not as_of)
    page_hash = manifest["files"][PAGE]
    if published_at:
        _record(home.warehouse(client), manifest, run_id, published_at, page_hash, anchor)
    return Published(folder, anchor, page_hash)


def write_page(path: Path, page: str) -> None:
    """Write one page beside and rename it: a reader sees the old page or the new one. Raises StorageError; the old one stays."""
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    failed = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_file(beside, page.encode())
        beside.replace(path)
    except OSError as error:
        failed = error.strerror or type(error).__name__
        beside.unlink(missing_ok=True)
    if failed:
        raise StorageError(
            f"{path}: the page could not be written ({failed}); one before it still stands", fix="check space and permissions"
        )


def is_stale(home: Home, client: str) -> bool:
    """True when the latest pack already says that it was not renewed."""
    return (home.reports(client) / "latest" / STALE).exists()


def mark_stale(home: Home, client: str, reason: str, at: dt.datetime) -> None:
    """Say on the last good pack that a later run was not published, since when, and why."""
    latest = home.reports(client) / "latest"
    page = latest / PAGE
    if not page.exists():
        return
    (latest / STALE).write_text(json.dumps({"since": f"{at:%Y-%m-%d %H:%M} UTC", "reason": reason}) + "\n", encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    banner = f'{_STALE_MARK}<div class="stale" role="alert">Not renewed since {at:%d %b %Y}: {escape(reason)}</div><!--/stale-->'
    head, _, rest = text.partition(_STALE_MARK)
    rest = rest.partition("<!--/stale-->")[2] or rest
    _write_file(page.resolve().parent / f".{PAGE}", (head + banner + rest).encode())
    (page.resolve().parent / f".{PAGE}").replace(page.resolve())


def _as_of(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pl.DataFrame], anchor: dt.date, settings: ClientSettings
) -> dict[str, pl.DataFrame]:
    """Tables cut at the anchor week, and the marts built from them."""
    history = {name: read(connection, name) for name in _HISTORY}
    cut = {name: known_by(read(connection, name), anchor) for name in _CORE}
    end = last_day(anchor)
    cut["core_qa_reviews"] = read(connection, "core_qa_reviews").filter(pl.col("review_date") <= end)
    cut["raw_touches"] = history["raw_touches"].filter(pl.col("touched_date") <= end)
    known = dict(tables) | history | cut
    return cut | build_marts(known, anchor, settings)


def _manifest(home: Home, client: str, anchor: dt.date | None, tables: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    ids = tables["raw_files"]["file_id"].to_list()
    return {
        "client": client,
        "week": str(anchor) if anchor else None,
        "file_count": len(ids),
        "input_hash": input_hash(ids),
        "reference_hash": reference_hash(),
        "settings_hash": settings_hash(home.settings, client),
        "code_version": __version__,
        "rows": {name: frame.height for name, frame in sorted(tables.items())},
    }


def _put_in_place(reports: Path, week: str, files: Mapping[str, bytes], *, is_latest: bool = True) -> Path:
    """Write beside, then switch two links, each in one step: a reader sees the old pack or the new one, never half."""
    digest = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()[:12]
    store = reports / ".packs" / f"{week}-{digest}-{time.time_ns():x}"
    failed = ""
    try:
        beside = store.with_name(f".new-{os.getpid()}-{store.name}")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for name, content in files.items():
            _write_file(beside / name, content)
        beside.rename(store)
        for link in (week, "latest") if is_latest else (week,):
            _switch(reports / link, store)
    except OSError as error:
        failed = error.strerror or type(error).__name__
        shutil.rmtree(beside, ignore_errors=True)
    if failed:
        raise StorageError(
            f"{reports}: the pack could not be written ({failed}); the one before still stands", fix="check space and permissions"
        )
    _remove_unlinked(reports)
    return reports / week


def _switch(link: Path, target: Path) -> None:
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.relative_to(link.parent))
    fresh.replace(link)


def _remove_unlinked(reports: Path) -> None:
    linked = {path.resolve() for path in reports.iterdir() if path.is_symlink()}
    for folder in (reports / ".packs").iterdir():
        if folder.resolve() not in linked:
            shutil.rmtree(folder, ignore_errors=True)


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _record(path: Path, manifest: Mapping[str, Any], run_id: str, at: dt.datetime, page_hash: str, anchor: dt.date | None) -> None:
    row = {
        "week": anchor or NO_WEEK,
        "run_id": run_id,
        "published_at": at,
        "page_hash": page_hash,
        **{name: manifest[name] for name in ("input_hash", "reference_hash", "settings_hash", "code_version")},
    }
    with open_warehouse(path) as connection:
        connection.begin()
        append(connection, "ops_publications", conform(pl.DataFrame([row]), CONTRACTS["ops_publications"]))
        connection.execute("UPDATE ops_runs SET status = 'published' WHERE run_id = ?", [run_id])
        connection.commit()


def publish_week(home: Home, client: str, week: dt.date | None, today: dt.date) -> Published:
    """Publish from the warehouse without a run: the last complete week, or an earlier one as it stood at its end.

    Raises QualityError when the last run was not published (raw is then ahead of what was computed), and InputError
    for a week that is not complete or that nothing was decided in or before.
    """
    with open_warehouse(home.warehouse(client), read_only=True) as connection:
        dates = [row[0] for row in connection.sql("SELECT DISTINCT adjudication_date FROM core_adjudications").fetchall()]
        run = connection.sql("SELECT run_id, status FROM ops_runs ORDER BY started_at DESC LIMIT 1").fetchone()
    if run is None or run[1] != "published":
        raise QualityError(f"{client}: the last run was not published, so its tables may not agree", fix="see rcm status, then rcm run")
    last = anchor_week(dates, today)
    known = sorted(date for date in dates if date)
    if week and (last is None or week > last or week + dt.timedelta(days=6) < known[0]):
        raise InputError(f"{client}: nothing was decided by the end of {week}, or that week is not complete", fix=f"the last is {last}")
    return publish_pack(home, client, week or last, run_id=run[0], as_of=week is not None and week != last)
