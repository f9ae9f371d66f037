"""The weekly pack with everything on it."""

import dagster as dg

from assets.guard import safely
from assets.partitions import CLIENTS
from assets.resources import Workplace
from assets.store import now
from dashboards.publish import Published, publish_pack
from rcm_pipeline.governance.marts import MARTS
from rcm_pipeline.warehouse import open_warehouse
from rcm_pipeline.weeks import anchor_week


@dg.asset(deps=[*MARTS, "core_submissions"], partitions_def=CLIENTS, group_name="reports", kinds={"plotly", "excel"})
def governance_pack(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """The client's weekly governance pack: page, workbook and manifest, put in place at once."""
    published = safely(lambda: _publish(workplace, context.partition_key, context.run.run_id))
    return dg.MaterializeResult(metadata={"week": str(published.week), "page_sha256": published.page_hash})


def _publish(place: Workplace, client: str, run_id: str) -> Published:
    path = place.home.warehouse(client)
    with open_warehouse(path, read_only=True) as connection:
        dates = [row[0] for row in connection.sql("SELECT DISTINCT adjudication_date FROM core_adjudications").fetchall()]
    return publish_pack(place.home, client, anchor_week(dates, place.today), run_id=run_id, published_at=now())
