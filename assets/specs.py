"""From contract to Dagster: asset specs with a Columns tab, and one check a table whose parts stand in its metadata."""

import datetime as dt
from collections.abc import Iterable, Mapping

import dagster as dg
import polars as pl

from assets.resources import CLIENTS
from rcm_pipeline import __version__
from rcm_pipeline.quality.checks import checks_of
from rcm_pipeline.quality.contracts import Outcome
from schemas.contract import Contract, descriptions, polars_schema
from schemas.registry import CONTRACTS

CHECK = "contract"
_LOGS = ("ops_qa_samples",)  # written by a command and not by an asset
_LATE = dt.timedelta(days=8)  # a weekly pack that is older has missed its Monday
_OWNERS = {"raw": "team:data", "core": "team:data", "ops": "team:data", "mart": "team:analytics"}


def table_spec(name: str, deps: Iterable[str] = ()) -> dg.AssetSpec:
    """The asset of a table: its contract's docstring as description, its columns on the Columns tab."""
    contract, layer = CONTRACTS[name], name.split("_", maxsplit=1)[0]
    return dg.AssetSpec(
        name,
        deps=[source for source in deps if source not in _LOGS],
        description=contract.__doc__,
        group_name=layer,
        kinds={"duckdb", "polars"},
        owners=[_OWNERS[layer]],
        code_version=__version__,
        partitions_def=CLIENTS,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=_LATE),
        metadata={"dagster/column_schema": _columns(contract)},
        skippable=True,
    )


def check_spec(name: str) -> dg.AssetCheckSpec:
    """The one check of a table: shape, rules and key of its contract, and what is expected of the batch."""
    batch = "".join(f" {check.sentence}" for check in checks_of(name))
    return dg.AssetCheckSpec(CHECK, asset=name, blocking=True, description=f"Every row keeps every rule of the contract.{batch}")


def materialized(name: str, row_count: int) -> dg.MaterializeResult[None]:
    """A table's materialization: its row count, never frames or values."""
    return dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": row_count})


def check_result(name: str, outcomes: Iterable[Outcome]) -> dg.AssetCheckResult:
    """A table's check: which parts passed, and how many rows failed."""
    own = [outcome for outcome in outcomes if outcome.table_name == name]
    failed = [outcome for outcome in own if not outcome.is_passed]
    is_blocked = any(outcome.severity == "error" for outcome in failed)
    return dg.AssetCheckResult(
        asset_key=name,
        check_name=CHECK,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if is_blocked or not failed else dg.AssetCheckSeverity.WARN,
        metadata=_parts(own),
    )


def _parts(outcomes: Iterable[Outcome]) -> Mapping[str, str]:
    """Each part of the check: passed, or how many failed of how many."""
    return {o.check_name: "passed" if o.is_passed else _failure(o) for o in outcomes}


def _failure(outcome: Outcome) -> str:
    counts = f"{outcome.severity}: {outcome.failed_count} of {outcome.checked_count} failed"
    return f"{counts}: {outcome.detail}" if outcome.detail else counts


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
