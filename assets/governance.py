"""The weekly pack with everything on it."""

import dagster as dg

from assets.guard import safely
from assets.resources import CLIENTS, Workplace, now
from dashboards.publish import Published, publish_pack
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.tables import registered
from rcm_pipeline.weeks import anchor_stored


@dg.asset(deps=list(registered()), partitions_def=CLIENTS, group_name="reports", kinds={"plotly", "excel"})
def governance_pack(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """The client's weekly governance pack: page, workbook and manifest, put in place at once."""
    workplace.stage("governance pack")
    published = safely(workplace, lambda: _publish(workplace, context.partition_key, context.run.run_id))
    return dg.MaterializeResult(metadata={"week": str(published.week), "page_sha256": published.page_hash})


def _publish(workplace: Workplace, client: str, run_id: str) -> Published:
    with open_warehouse(workplace.home.warehouse(client), read_only=True) as connection:
        week = anchor_stored(connection, workplace.today)
    return publish_pack(workplace.home, client, week, run_id=run_id, published_at=now())
