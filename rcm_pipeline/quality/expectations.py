"""Great Expectations on the DuckDB tables: is this batch like what this client always sends, and does it reconcile?

Imported only where it runs: Great Expectations takes seconds to import.
"""

import os
from collections.abc import Sequence
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import great_expectations as gx
from duckdb_engine import ConnectionWrapper
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from sqlalchemy.pool import NullPool

from rcm_pipeline.quality.checks import Batch, BatchCheck
from rcm_pipeline.quality.contracts import Outcome

_SHOWN = 5


def judge_batch(connection: duckdb.DuckDBPyConnection, batch: Batch, checks: Sequence[BatchCheck]) -> list[Outcome]:
    """Run these checks on one client's warehouse. No result holds a value: passed or not, and both counts."""
    if not checks:
        return []
    passed = _validated(connection, batch, checks)
    return [_outcome(connection, batch, check, passed[check.name]) for check in checks]


def _outcome(connection: duckdb.DuckDBPyConnection, batch: Batch, check: BatchCheck, is_passed: bool) -> Outcome:
    failed, checked = connection.sql(check.counts(batch, f'"{check.table_name}"')).fetchone() or (0, 0)
    detail = None if is_passed else _detail(connection, batch, check)
    return Outcome(check.table_name, check.name, "batch", check.severity, is_passed, failed, checked, detail)


def _detail(connection: duckdb.DuckDBPyConnection, batch: Batch, check: BatchCheck) -> str | None:
    """What failed and by how much: the first few, and how many more."""
    if check.details is None:
        return None
    found = [row[0] for row in connection.sql(check.details(batch)).fetchall()]
    return "; ".join(found[:_SHOWN] + [f"and {len(found) - _SHOWN} more"] * (len(found) > _SHOWN))


def _validated(connection: duckdb.DuckDBPyConnection, batch: Batch, checks: Sequence[BatchCheck]) -> dict[str, bool]:
    _run_queries_inside_their_connection()
    os.environ.setdefault("TQDM_DISABLE", "1")
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    ours = {"creator": lambda: ConnectionWrapper(connection.cursor()), "poolclass": NullPool}  # opening its own takes 40 ms a check
    source = context.data_sources.add_sql("warehouse", connection_string="duckdb:///", kwargs=ours)
    try:
        return _judge(context, source, checks, batch)
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _judge(context: Any, source: Any, checks: Sequence[BatchCheck], batch: Batch) -> dict[str, bool]:
    """All checks as one suite, each with its own table in its query: a suite costs Great Expectations far more than a check."""
    definition = source.add_table_asset("batch", table_name=checks[0].table_name).add_batch_definition_whole_table("whole")
    suite = gx.ExpectationSuite(
        name="batch",
        expectations=[
            UnexpectedRowsExpectation(unexpected_rows_query=_own_table(check, batch), meta={"name": check.name}) for check in checks
        ],
    )
    validation = gx.ValidationDefinition(name="batch", data=definition, suite=context.suites.add(suite))
    found = context.validation_definitions.add(validation).run(result_format={"result_format": "BOOLEAN_ONLY"})
    return {result.expectation_config.meta["name"]: bool(result.success) for result in found.results}


def _own_table(check: BatchCheck, batch: Batch) -> str:
    """The query over the check's own table. Great Expectations asks for the table of the suite in it, here in a comment."""
    query = check.unexpected(batch, f'"{check.table_name}"')
    return f"{query} /* beside {{batch}} */"


def _run_queries_inside_their_connection() -> None:
    """GX 1.24 fetches rows after closing the connection, which DuckDB refuses; fetch them before (upstream issue 10738)."""

    def execute_query(self: Any, query: Any) -> Any:
        with self.get_connection() as connection:
            return self._execute_query_with_recovery(connection, query).freeze()()

    SqlAlchemyExecutionEngine.execute_query = execute_query  # type: ignore[method-assign]
