"""One DuckDB file per client: make its tables from the contracts, read them lazily or whole, and write whole frames."""

import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from rcm_pipeline.connection import at_once, open_warehouse
from rcm_pipeline.errors import StorageError
from rcm_pipeline.publishing import beside
from rcm_pipeline.settings import Home
from schemas.contract import conform, descriptions, empty, polars_schema
from schemas.registry import CONTRACTS, layer

_SQL_TYPES = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
    pl.Binary: "BLOB",
}
Columns = Sequence[tuple[str, str]]
QUARANTINE = "quarantine_"
_RULE = (("broken_rule", "VARCHAR"),)
_ROWS, _FILE = 200_000, "file_id"


_HANDED_BACK = "ops_portfolio"  # taken over anew by every run
_FINGERPRINT = "_contracts"  # the one table that is not of a contract: the fingerprint of those the others were made from


def make_warehouse(path: Path) -> None:
    """A warehouse with every table and no row, where there is none yet: a copy of an empty one that is made once a version.

    Making the hundred tables and their comments takes a second, a copy a hundredth of one.
    """
    if path.exists():
        return
    empty = path.parent.parent / f".empty-{contracts_fingerprint()[:16]}"
    if not empty.exists():
        for older in empty.parent.glob(".empty-*"):
            older.unlink(missing_ok=True)
        with beside(empty) as fresh, open_warehouse(fresh) as connection:
            create_tables(connection)
    with beside(path) as fresh:
        shutil.copyfile(empty, fresh)


def publish_warehouse(connection: duckdb.DuckDBPyConnection, working: Path) -> None:
    """Put what the working database holds now in place as published.duckdb, beside it. Raises StorageError.

    Another process copies the file, for in this one closing a second handle of it would give up DuckDB's lock on it.
    """
    connection.execute("CHECKPOINT")
    with beside(working.with_name("published.duckdb")) as fresh:
        copied = subprocess.run(["cp", str(working), str(fresh)], capture_output=True, check=False)  # noqa: S603, S607 - our own paths
        if copied.returncode:
            raise StorageError(
                f"{working.parent}: the warehouse could not be published; what was there before still stands", fix="check free space there"
            )


def adopt_older(home: Home) -> None:
    """Warehouses of version 0.5 lay as one file a client beside each other; each moves into its folder."""
    for older in (home.root / "warehouse").glob("*.duckdb"):
        working = home.warehouse(older.stem)
        working.parent.mkdir(mode=0o700, exist_ok=True)
        if not working.exists():
            with suppress(FileNotFoundError):  # another process was first
                log = older.with_name(f"{older.name}.wal")
                if log.exists():
                    log.rename(working.with_name(f"{working.name}.wal"))
                older.rename(working)
    for lock in (home.root / "warehouse").glob("*.lock"):
        lock.unlink(missing_ok=True)


@cache
def contracts_fingerprint() -> str:
    """Hash of everything that tables are made from: names, columns, types and comments."""
    parts = [
        repr((name, contract.__doc__, _columns(name, ()), list(descriptions(contract).items()))) for name, contract in CONTRACTS.items()
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every table that is not there yet, with its comments, and a quarantine beside every raw table; at once or not at all.

    Core and mart tables of an older version are made anew, for they are recomputed from raw. Another table keeps its rows
    and gets the columns it lacks, where the contract allows these to be null. Raises StorageError when it differs otherwise.
    Nothing is looked at where all was made from the contracts as they are.
    """
    connection.execute(f'CREATE TABLE IF NOT EXISTS "{_FINGERPRINT}" (fingerprint VARCHAR)')
    if connection.sql(f'SELECT fingerprint FROM "{_FINGERPRINT}"').fetchall() == [(contracts_fingerprint(),)]:
        return
    with at_once(connection):
        _make_tables(connection)
        connection.execute(f'DELETE FROM "{_FINGERPRINT}"')
        connection.execute(f'INSERT INTO "{_FINGERPRINT}" VALUES (?)', [contracts_fingerprint()])


def _make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    for name in CONTRACTS:
        _bring_up_to_date(connection, name, name)
        _create(connection, name, name)
    for name in layer("raw"):
        _bring_up_to_date(connection, QUARANTINE + name, name, _RULE)
        _create(connection, QUARANTINE + name, name, _RULE)


def append(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Add rows to a table; the frame must have its columns and types."""
    if frame.is_empty():
        return
    connection.register("_incoming", frame.to_arrow(compat_level=pl.CompatLevel.newest()))
    connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM _incoming')
    connection.unregister("_incoming")


def replace(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Put these rows in place of all rows of a table. Within `at_once`, for alone it could stop between the two."""
    connection.execute(f'DELETE FROM "{table}"')
    append(connection, table, conform(frame, CONTRACTS[table]))


def read(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str] = (), files: pl.Enum | None = None) -> pl.DataFrame:
    """All rows of a table, with the contract's exact types; only the columns named, where some are.

    With `files` (see `file_codes`) file_id comes as a code of it: a large table then takes far less memory.
    """
    chosen = ", ".join(f'"{name}"' for name in columns) or "*"
    query = connection.sql(f'SELECT {chosen} FROM "{table}"')
    frame = query.pl() if files is None else _coded(query, files)
    if table not in CONTRACTS:
        return frame
    schema = polars_schema(CONTRACTS[table])
    return frame.cast({name: schema[name] for name in frame.columns if files is None or not name.endswith(_FILE)})


def _scan(connection: duckdb.DuckDBPyConnection, table: str, files: pl.Enum, turn: Lock) -> pl.LazyFrame:
    """A table that is read when it is collected, and of it only the columns that are used. The connection must still be open.

    It is read over this very connection, so that what a transaction wrote is seen within it; `turn` is taken for each read,
    for Polars may read several tables of one query side by side and a connection can do one thing at a time.
    """
    schema = {name: files if name.endswith(_FILE) else dtype for name, dtype in polars_schema(CONTRACTS[table]).items()}

    def source(columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None) -> Iterator[pl.DataFrame]:
        with turn:
            frame = read(connection, table, columns or (), files)
        kept = frame if predicate is None else frame.filter(predicate)
        yield kept if rows is None else kept.head(rows)

    return register_io_source(source, schema=schema)


def scan_all(connection: duckdb.DuckDBPyConnection) -> Mapping[str, pl.LazyFrame]:
    """Every table of the contracts, lazily, with file_id as a code of the files in the ledger."""
    files, turn = file_codes(connection), Lock()
    return {name: _scan(connection, name, files, turn) for name in CONTRACTS}


def _coded(query: duckdb.DuckDBPyRelation, files: pl.Enum) -> pl.DataFrame:
    """The rows of a query, batch by batch, so that the long text of files never stands in memory as a whole."""
    reader = query.to_arrow_reader(_ROWS)
    coded = [name for name in reader.schema.names if name.endswith(_FILE)]
    batches = [pl.DataFrame(batch).with_columns(pl.col(coded).cast(files)) for batch in reader]
    return pl.concat(batches or [pl.DataFrame(reader.schema.empty_table()).with_columns(pl.col(coded).cast(files))]).rechunk()


def file_codes(connection: duckdb.DuckDBPyConnection) -> pl.Enum:
    """A code for every file of the ledger, in the order of their ids."""
    ids = connection.sql("SELECT file_id FROM raw_files ORDER BY file_id").fetchall()
    return pl.Enum([row[0] for row in ids])


def as_parquet(frame: pl.DataFrame) -> bytes:
    """A frame as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def from_parquet(content: bytes, table: str) -> pl.DataFrame:
    """What `as_parquet` kept of a table; nothing where an older version kept other columns."""
    frame, contract = pl.read_parquet(io.BytesIO(content)), CONTRACTS[table]
    return frame if frame.schema == polars_schema(contract) else empty(contract)


def read_where(connection: duckdb.DuckDBPyConnection, table: str, column: str, values: Sequence[str]) -> pl.DataFrame:
    """The rows of a table whose column is one of these values. The values are bound, never written into the query."""
    wanted = [value for value in values if value is not None]
    frame = connection.sql(f'SELECT * FROM "{table}" WHERE "{column}" IN (SELECT unnest(?::VARCHAR[]))', params=[wanted]).pl()
    return conform(frame, CONTRACTS[table])


def row_counts(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> dict[str, int]:
    """How many rows each table has."""
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables)
    return dict(connection.sql(query).fetchall())


def portions(
    connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[str] | None = None, rows: int = 500_000
) -> Iterator[pl.DataFrame]:
    """The rows of a table, so many at a time; one empty frame when there are none. With `files` those read from these, or from none."""
    only = "" if files is None else "WHERE file_id IS NULL OR file_id IN (SELECT unnest(?::VARCHAR[]))"
    query = connection.sql(f'SELECT * FROM "{table}" {only}', params=None if files is None else [list(files)])
    reader = query.to_arrow_reader(rows)
    is_empty = True
    for batch in reader:
        is_empty = False
        yield conform(pl.DataFrame(batch), CONTRACTS[table])
    if is_empty:
        yield conform(pl.DataFrame(reader.schema.empty_table()), CONTRACTS[table])


def _bring_up_to_date(connection: duckdb.DuckDBPyConnection, table: str, contract_name: str, extra: Columns = ()) -> None:
    """Drop what every run makes anew where it is of an older version; widen another table. Raises StorageError for one that cannot be.

    What was read cannot be made anew here, so a table that only lacks columns that may be null is rebuilt with them.
    """
    query = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
    found = connection.sql(query, params=[table]).fetchall()
    wanted = [(name, kind.replace(", ", ",")) for name, kind in _columns(contract_name, extra)]
    if not found or found == wanted:
        return
    if table.startswith(("core_", "mart_")) or table == _HANDED_BACK:
        connection.execute(f'DROP TABLE "{table}"')
        return
    columns = CONTRACTS[contract_name].to_schema().columns
    lacking = [name for name, kind in wanted if (name, kind) not in found]
    is_wider = [column for column in wanted if column in found] == found
    if not is_wider or not all(name in columns and columns[name].nullable for name in lacking):
        [(path,)] = connection.sql("SELECT path FROM duckdb_databases() WHERE NOT internal").fetchall()
        raise StorageError(
            f"{Path(path).parent}: this warehouse was made by an older version: its table {table} has other columns",
            fix="move that folder away and run again: the whole inbox is then read anew",
        )
    _widen(connection, table, contract_name, extra)


def _widen(connection: duckdb.DuckDBPyConnection, table: str, contract_name: str, extra: Columns) -> None:
    """The same rows in a table with all columns of the contract, in its order."""
    connection.execute(f'ALTER TABLE "{table}" RENAME TO "_older_{table}"')
    _create(connection, table, contract_name, extra)
    connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM "_older_{table}"')
    connection.execute(f'DROP TABLE "_older_{table}"')


def _columns(contract_name: str, extra: Columns) -> list[tuple[str, str]]:
    """Names and SQL types of a table's columns, in order."""
    return [*((name, _sql_type(dtype)) for name, dtype in polars_schema(CONTRACTS[contract_name]).items()), *extra]


def _create(connection: duckdb.DuckDBPyConnection, table: str, contract_name: str, extra: Columns = ()) -> None:
    contract = CONTRACTS[contract_name]
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _columns(contract_name, extra))
    connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({columns})')
    connection.execute(f"COMMENT ON TABLE \"{table}\" IS '{_quoted(contract.__doc__ or '')}'")
    for name, text in descriptions(contract).items():
        connection.execute(f'COMMENT ON COLUMN "{table}"."{name}" IS \'{_quoted(text)}\'')


def _sql_type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    return _SQL_TYPES[type(dtype)]


def _quoted(text: str) -> str:
    return text.replace("'", "''")
