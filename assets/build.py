"""Put the code location together. Only orchestration belongs here; what is computed lives in the library."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets import automation, code_sets, governance, intake, portfolio
from assets.factory import registered_steps
from assets.resources import Workplace


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All assets, checks, the job, the sensor and the schedule; tests and `rcm run` pass their own workplace."""
    resources = {"workplace": Workplace()} | dict(resource_overrides or {})
    return dg.Definitions(
        assets=[*dg.load_assets_from_modules([intake, code_sets, portfolio, governance]), *registered_steps()],
        jobs=[automation.weekly_pack, automation.portfolio_job],
        sensors=[automation.inbox_sensor, automation.stale_pack_sensor],
        schedules=[automation.monday_schedule, automation.portfolio_schedule],
        resources={name: dg.ResourceDefinition.hardcoded_resource(value) for name, value in resources.items()},
        executor=dg.in_process_executor,
    )
