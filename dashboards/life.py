"""The page of one claim: its life as a list of events, with rules and evidence. It holds tokens, never account numbers."""

from collections.abc import Sequence

from dashboards.page import render
from rcm_pipeline.governance.story import Story

_LAYERS = {"sent": "Sent", "L1": "File", "L2": "Claim edits", "L3": "Payer", "PLB": "Outside the claim", "work": "Work"}


def life_page(client: str, stories: Sequence[Story]) -> str:
    """One self-contained page with every lineage of a claim."""
    return render("life.html.j2", client=client, stories=stories, layers=_LAYERS)
