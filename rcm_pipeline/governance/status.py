"""What there is of each client, in a few numbers: for the last lines of a run and for `rcm status`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from rcm_pipeline.code_sets.systems import SYSTEMS
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import BusyError, SettingsError, StorageError
from rcm_pipeline.governance.publications import NO_WEEK, PAGE, STALE, has_pack, latest_run
from rcm_pipeline.quality.checks import UNMET_SHEETS, batch_warnings
from rcm_pipeline.settings import Home
from schemas.vocabulary.claims import COUNTED, PART, REDELIVERY, REPLACED

_LINES = """SELECT coalesce(sum(decided_count), 0), coalesce(sum(denied_count), 0), coalesce(sum(denied_amount), 0)
FROM mart_denial_trends WHERE root_cause = 'all'"""  # M08 over all weeks, from the table that counts it


@dataclass(frozen=True)
class Summary:
    """Counts of one client's warehouse and the state of its pack. `trouble` says why a person is needed; empty when none is.

    `notes` say what is worth doing although everything was published; `warnings` what is unusual about the last batch.
    """

    client: str
    file_count: int = 0
    claim_count: int = 0
    remit_count: int = 0
    reject_count: int = 0
    unopened_count: int = 0
    quarantined_count: int = 0
    line_count: int = 0
    denied_line_count: int = 0
    denied_amount: str = "0.00"
    week: str = ""
    pack: str = ""
    last_run: str = "never"
    trouble: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    delivery_notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What was read, set aside and denied, for the last lines of a run."""
        decided = (
            f"denied at first decision {self.denied_line_count:,} of {self.line_count:,} lines, ${Decimal(self.denied_amount):,}"
            if self.line_count
            else "no decisions came in"
        )
        return (
            f"{self.client}: read {self.file_count:,} files ({self.claim_count:,} claims, {self.remit_count:,} claim payments); "
            f"not read {self.reject_count:,}, set aside {self.quarantined_count:,}; {decided}; week {self.week or '–'}"
        )

    @property
    def lines(self) -> list[str]:
        """How the client stands, for `rcm status`."""
        return [
            f"{self.client}: last run {self.last_run}; pack of week {self.week or '–'}; {self.file_count} files, "
            f"{self.reject_count} not read, {self.quarantined_count} rows set aside",
            *(f"  needs a person: {trouble}" for trouble in self.trouble),
            *(f"  unusual: {text}" for text in self.warnings),
            *(f"  worth doing: {note}" for note in self.notes),
            *(f"  deliveries: {note}" for note in self.delivery_notes),
        ]


def summarise(home: Home, client: str) -> Summary:
    """Read the numbers of one client; a warehouse that cannot be read is trouble, not an error."""
    path = home.published(client)
    if not path.exists():
        return Summary(client, trouble=["nothing was loaded yet"])
    try:
        with open_warehouse(path, read_only=True) as connection:
            if not connection.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'mart_denial_trends'").fetchone():
                return Summary(client, trouble=["nothing was loaded yet"])
            return _summary(connection, home, client)
    except (BusyError, StorageError) as error:
        return Summary(client, trouble=[f"{error}"])


def clients_with_warehouse(home: Home) -> list[str]:
    """Clients that have a warehouse."""
    return home.clients()


def _summary(connection: duckdb.DuckDBPyConnection, home: Home, client: str) -> Summary:
    files, claims, remits = connection.sql(
        "SELECT count(*), coalesce(sum(claim_count), 0), coalesce(sum(remit_count), 0) FROM raw_files"
    ).fetchall()[0]
    rejects, unopened = connection.sql("SELECT count(*), count(*) FILTER (file_id IS NULL) FROM raw_rejects").fetchall()[0]
    lines, denied, amount = connection.sql(_LINES).fetchall()[0]
    run = latest_run(connection)
    published = connection.sql(
        "SELECT week FROM ops_publications JOIN ops_runs USING (run_id) ORDER BY run_no DESC, week DESC LIMIT 1"
    ).fetchone()
    latest = home.reports(client) / "latest"
    return Summary(
        client,
        files,
        int(claims),
        int(remits),
        rejects,
        unopened,
        _quarantined(connection),
        int(lines),
        int(denied),
        f"{amount:.2f}",
        str(published[0]) if published and published[0] != NO_WEEK else "",
        str(_shown(latest)) if (latest / PAGE).exists() else "",
        run.status if run else "never",
        [
            *_unfinished(home, client),
            *_log_trouble(connection, home, client),
            *_trouble(connection, latest, run.status if run else "never", unopened),
        ],
        [*_notes(connection), *_sheet_notes(connection), *_ageing_notes(connection)],
        _delivery_notes(connection),
        _warnings(connection, run.run_id if run else ""),
    )


def _warnings(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[str]:
    """Checks of the batch that failed in this run; nothing in a warehouse of an older version."""
    if not connection.sql("SELECT 1 FROM duckdb_columns() WHERE table_name = 'ops_checks' AND column_name = 'detail'").fetchone():
        return []
    query = """SELECT severity, check_name, detail, failed_count, checked_count FROM ops_checks
      WHERE run_id = ? AND kind = 'batch' AND NOT is_passed"""
    return batch_warnings(connection.sql(query, params=[run_id]).fetchall())


_DELIVERIES = "SELECT fact_code, delivery_code, is_incomplete, count(*) FROM core_deliveries GROUP BY ALL"


def delivery_notes(counts: Iterable[tuple[str, str, bool, int]]) -> list[str]:
    """What came more than once, in part or changed, in words, from the rows of core_deliveries by what they are.

    `counts` hold fact_code, delivery_code, is_incomplete and the number of rows.
    """
    found: Counter[str] = Counter()
    for fact, delivery, is_incomplete, count in counts:
        if fact in ("payment", "submission") and delivery in (REDELIVERY, PART):
            found[fact] += count
        if fact == "payment" and delivery == REPLACED:
            found[REPLACED] += count
        if fact == "payment" and is_incomplete and delivery == COUNTED:
            found["incomplete"] += count
    again = [f"{found[fact]:,} {one if found[fact] == 1 else many}" for fact, one, many in _AGAIN if found[fact]]
    replaced, incomplete = found[REPLACED], found["incomplete"]
    return [
        *([f"delivered again or in part, and counted once: {' and '.join(again)}"] if again else []),
        *(
            [f"{replaced:,} payments were issued again with other content: the later count; ask the payer which is right"]
            if replaced
            else []
        ),
        *(
            [f"{incomplete:,} payments have not arrived whole, or their claims do not add up to them: ask for the file"]
            if incomplete
            else []
        ),
    ]


_AGAIN = (("payment", "payment", "payments"), ("submission", "sent batch", "sent batches"))


def _delivery_notes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Nothing in a warehouse of an older version."""
    if not connection.sql("SELECT 1 FROM duckdb_columns() WHERE column_name = 'delivery_code'").fetchone():
        return []
    return delivery_notes(connection.sql(_DELIVERIES).fetchall())


def _notes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Code sets whose newest list ended before the anchor week's claims; nothing in a warehouse of an older version."""
    if not connection.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'mart_code_set_coverage'").fetchone():
        return []
    stale = connection.sql(
        "SELECT system_code, valid_to, stale_count FROM mart_code_set_coverage WHERE stale_count > 0 ORDER BY system_code"
    ).fetchall()
    return [
        f"the newest {SYSTEMS[system].label} list ends on {last}, so {count} codes of the last week were not checked; "
        "put a newer one into code_sets/ beside the settings (docs/code_sets.md)"
        for system, last, count in stale
    ]


def _sheet_notes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Sheets of which few decisions met a claim that was sent; nothing in a warehouse of an older version, or without claims."""
    if not connection.sql("SELECT 1 FROM duckdb_columns() WHERE column_name = 'delivery_code'").fetchone():
        return []
    return [
        f"of {count:,} decisions of the sheet {file_id[:12]} only {matched:,} met a claim that was sent; "
        "compare its account numbers with those of the claims: rcm read FILE --explain"
        for file_id, matched, count in connection.sql(UNMET_SHEETS).fetchall()
    ]


_AGEINGS = """SELECT r.file_id, count(*), sum(r.balance_amount),
  count(*) FILTER (l.claim_token IS NULL), coalesce(sum(r.balance_amount) FILTER (l.claim_token IS NULL), 0),
  count(*) FILTER (l.is_paid), coalesce(sum(r.balance_amount) FILTER (l.is_paid), 0)
FROM raw_receivables r LEFT JOIN (
  SELECT claim_token, bool_and(status_code = 'paid') AS is_paid FROM core_claim_lineages GROUP BY claim_token) l USING (claim_token)
WHERE r.claim_token IS NOT NULL AND r.balance_amount <> 0 GROUP BY r.file_id ORDER BY r.file_id"""


def _ageing_notes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Balances of an A/R ageing beside the claims we know: those of no such claim, and those of claims that are paid."""
    if not connection.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'raw_receivables'").fetchone():
        return []
    return [
        f"the ageing {file_id[:12]} has {count:,} balances, ${amount:,}: {unknown:,} (${unknown_amount:,}) of claims that are not here, "
        f"{paid:,} (${paid_amount:,}) of claims that are paid here; ask which of the two is right"
        for file_id, count, amount, unknown, unknown_amount, paid, paid_amount in connection.sql(_AGEINGS).fetchall()
        if unknown or paid
    ]


def _shown(latest: Path) -> Path:
    """The page of the pack under its week's name, not under `latest`."""
    weeks = [link for link in latest.parent.iterdir() if link.is_symlink() and link != latest and link.resolve() == latest.resolve()]
    return (weeks[0] if weeks else latest) / PAGE


def _quarantined(connection: duckdb.DuckDBPyConnection) -> int:
    tables = connection.sql("SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, 'quarantine_')").fetchall()
    return sum(connection.sql(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for (name,) in tables)


def _unfinished(home: Home, client: str) -> list[str]:
    """A run that was killed could note nothing, but what it wrote is newer than what readers have."""
    working = home.warehouse(client)
    written = [path.stat().st_mtime_ns for path in (working, working.with_name(f"{working.name}.wal")) if path.exists()]
    if max(written, default=0) <= home.published(client).stat().st_mtime_ns:
        return []
    return ["a run began after these numbers were published and has not ended: wait for it, or run again"]


def _log_trouble(connection: duckdb.DuckDBPyConnection, home: Home, client: str) -> list[str]:
    """Whether the log of who opened the vault is not what was written; nothing where nobody ever did."""
    if not connection.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'ops_access_log'").fetchone():
        return []
    if not connection.sql("SELECT 1 FROM ops_access_log LIMIT 1").fetchone() and not home.access_log(client).exists():
        return []
    from rcm_pipeline.governance.access import checked_entries

    try:
        checked_entries(connection, home, client)
    except StorageError as error:
        return [f"the access log was changed: {error}"]
    except SettingsError:
        return []  # without its key nobody can tell, and the next run says what is wrong with that
    return []


def _trouble(connection: duckdb.DuckDBPyConnection, latest: Path, last_run: str, unopened: int) -> list[str]:
    found = []
    if last_run != "published":
        found.append(f"the last run ended {last_run}, so the pack is not renewed")
    if last_run == "published" and (latest / STALE).exists():
        found.append("a run after it ended before it could be noted; stale.json beside the pack says why")
    if not has_pack(latest):
        found.append("no pack was published yet")
    if unopened:
        found.append(f"{unopened} files could not be opened")
    unread = connection.sql(
        "SELECT count(DISTINCT file_id) FROM raw_files WHERE reject_count > 0 AND claim_count + remit_count = 0 AND "
        "(kind IS NULL OR format_code = 'unknown')"
    ).fetchall()[0][0]
    if unread:
        found.append(f"{unread} files were not read at all; see rcm quarantine")
    return found
