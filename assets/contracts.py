"""From contract to Dagster: asset specs with a Columns tab, check specs, and results made of counts."""

from collections.abc import Iterable

import dagster as dg
import polars as pl

from assets.partitions import CLIENTS
from rcm_pipeline.quality.checks import CHECKS, MART_CHECKS
from rcm_pipeline.quality.contracts import QUARANTINE, RULES, SHAPE, Outcome
from schemas.contract import Contract, descriptions, polars_schema
from schemas.registry import CONTRACTS

_LOGS = ("ops_qa_samples",)  # written by a command and not by an asset


def table_spec(name: str, deps: Iterable[str] = ()) -> dg.AssetSpec:
    """The asset of a table: its contract's docstring as description, its columns on the Columns tab."""
    contract, layer = CONTRACTS[name], name.split("_", maxsplit=1)[0]
    return dg.AssetSpec(
        name,
        deps=[source for source in deps if source not in _LOGS],
        description=contract.__doc__,
        group_name=layer,
        kinds={"duckdb", "polars"},
        partitions_def=CLIENTS,
        metadata={"dagster/column_schema": _columns(contract)},
    )


def check_specs(name: str) -> list[dg.AssetCheckSpec]:
    """The checks of a table: shape, rules, the quarantine of raw tables, and batch checks."""
    specs = [
        dg.AssetCheckSpec(SHAPE, asset=name, blocking=True, description="Columns and types are those of the contract."),
        dg.AssetCheckSpec(RULES, asset=name, blocking=True, description="Every row keeps every rule of the contract."),
    ]
    if name.startswith("raw_"):
        specs.append(dg.AssetCheckSpec(QUARANTINE, asset=name, blocking=True, description="Rows set aside are below the allowed share."))
    return specs + [
        dg.AssetCheckSpec(check.name, asset=name, blocking=check.severity == "error", description=check.sentence)
        for check in (*CHECKS, *MART_CHECKS)
        if check.table_name == name
    ]


def results(name: str, row_count: int, outcomes: Iterable[Outcome]) -> dg.MaterializeResult[None]:
    """A table's materialization with its checks: row counts and failure counts, never frames or values."""
    return dg.MaterializeResult(
        asset_key=name,
        metadata={"dagster/row_count": row_count},
        check_results=[_check_result(o) for o in outcomes if o.table_name == name],
    )


def _check_result(outcome: Outcome) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if outcome.severity == "error" else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=outcome.table_name,
        check_name=outcome.check_name,
        passed=outcome.is_passed,
        severity=severity,
        metadata={"failed": outcome.failed_count, "checked": outcome.checked_count},
    )


def _columns(contract: type[Contract]) -> dg.TableSchema:
    text = descriptions(contract)
    columns = contract.to_schema().columns
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name, type=_type_name(dtype), description=text[name], constraints=dg.TableColumnConstraints(nullable=columns[name].nullable)
            )
            for name, dtype in polars_schema(contract).items()
        ]
    )


def _type_name(dtype: pl.DataType) -> str:
    return f"decimal({dtype.precision},{dtype.scale})" if isinstance(dtype, pl.Decimal) else str(dtype).lower()
