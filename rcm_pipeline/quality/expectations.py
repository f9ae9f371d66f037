"""Great Expectations on the DuckDB tables: is this batch like what this client always sends, and does it reconcile?

Imported only where it runs: Great Expectations takes seconds to import.
"""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

from rcm_pipeline.quality.checks import CHECKS, BatchCheck
from rcm_pipeline.quality.contracts import Outcome

_UNEXPECTED_RECONCILE = """
select 1 from (select coalesce(sum(charge_amount), 0) as total from {batch}) as core,
  (select coalesce(sum(charge_amount), 0) as total from (
     select charge_amount from raw_remit_lines
     union all
     select charge_amount from raw_remits r where not exists (
       select 1 from raw_remit_lines l where l.file_id = r.file_id and l.claim_no = r.claim_no))) as raw
where core.total <> raw.total"""
_UNBALANCED = "select 1 from {batch} having avg(case when is_balanced then 0.0 else 1.0 end) > 0.05"
_UNCLASSIFIED = (
    "select 1 from {batch} having sum(case when root_cause = 'unspecified' then denied_amount else 0 end) > 0.05 * sum(denied_amount)"
)
_TOO_MUCH = "select line_no from {batch} where denied_amount > charge_amount"


@dataclass(frozen=True)
class Batch:
    """What the batch is compared with: its anchor week, the day it is judged, and the usual number of adjudications a week."""

    anchor: dt.date | None
    today: dt.date
    usual_low: int
    usual_high: int


def judge_batch(path: Path, batch: Batch) -> list[Outcome]:
    """Run the whole suite on one client's warehouse, read-only. No result holds a value (BOOLEAN_ONLY)."""
    _run_queries_inside_their_connection()
    os.environ.setdefault("TQDM_DISABLE", "1")
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql("warehouse", connection_string=f"duckdb:///{path}", kwargs={"connect_args": {"read_only": True}})
    try:
        return [_judge(context, source, check, batch) for check in CHECKS]
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _judge(context: Any, source: Any, check: BatchCheck, batch: Batch) -> Outcome:
    expectation, query = _expectation(check, batch)
    asset = source.add_query_asset(check.name, query=query) if query else source.add_table_asset(check.name, table_name=check.table_name)
    definition = asset.add_batch_definition(check.name) if query else asset.add_batch_definition_whole_table(check.name)
    suite = context.suites.add(gx.ExpectationSuite(name=check.name, expectations=[expectation]))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name=check.name, data=definition, suite=suite))
    passed = bool(validation.run(result_format={"result_format": "BOOLEAN_ONLY"}).success)
    return Outcome(check.table_name, check.name, "batch", check.severity, passed, 0 if passed else 1, 1)


def _expectation(check: BatchCheck, batch: Batch) -> tuple[Any, str]:
    match check.name:
        case "usual_volume":
            week = f"DATE '{batch.anchor}'" if batch.anchor else "NULL"
            query = f"select * from core_adjudications where week = {week}"
            return ExpectTableRowCountToBeBetween(min_value=batch.usual_low, max_value=batch.usual_high), query
        case "fresh":
            oldest = batch.today - dt.timedelta(days=21)
            sql = "select 1 from {batch} having count(*) > 0 and max(adjudication_date) < DATE '" + str(oldest) + "'"
        case "balances":
            sql = _UNBALANCED
        case "reconciles":
            sql = _UNEXPECTED_RECONCILE
        case "classified":
            sql = _UNCLASSIFIED
        case _:
            sql = _TOO_MUCH
    return UnexpectedRowsExpectation(unexpected_rows_query=sql), ""


def _run_queries_inside_their_connection() -> None:
    """GX 1.24 fetches rows after closing the connection, which DuckDB refuses; fetch them before (upstream issue 10738)."""

    def execute_query(self: Any, query: Any) -> Any:
        with self.get_connection() as connection:
            return self._execute_query_with_recovery(connection, query).freeze()()

    SqlAlchemyExecutionEngine.execute_query = execute_query  # type: ignore[method-assign]
