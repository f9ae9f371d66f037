"""`rcm explain`: find a claim by account number, token or lineage, and tell its life in plain text."""

import polars as pl

from rcm_pipeline.errors import InputError
from rcm_pipeline.governance.story import Event, Story, lineages_of, story
from rcm_pipeline.privacy.keys import client_key
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import open_warehouse

ACCOUNT_DOMAIN = "pcn"


def explain_claim(home: Home, client: str, claim: str) -> list[Story]:
    """The stories of every lineage the claim names: one account number may stand for several visits and payers.

    The account number is turned into its token with the client's key and goes no further. Raises InputError, which does
    not repeat it, when nothing is found.
    """
    token = Tokens(client_key(home.keys, client)).token(ACCOUNT_DOMAIN, pl.Series([claim]))[0]
    with open_warehouse(home.warehouse(client), read_only=True) as connection:
        found = lineages_of(connection, [claim, token])
        stories = [story(connection, lineage) for lineage in found]
    if not stories:
        raise InputError(
            f"{client}: there is no claim of that number, token or lineage",
            fix="write the account number as the client's claims do; rcm status says what was loaded",
        )
    return stories


def printed(told: Story) -> str:
    """A story as text: a heading, one paragraph per event, and who decides next."""
    facts = told.facts
    head = [
        f"Lineage {told.lineage_id}",
        f"  {facts['status_code'].replace('_', ' ')}; payer {facts['payer_id'] or 'unknown'}; charge ${facts['charge_amount']}; "
        f"versions sent {facts['version_count']}, answers {facts['answer_count']}" + ("; a crossover" if facts["is_crossover"] else ""),
    ]
    body = [line for event in told.events for line in _event(event)]
    return "\n".join([*head, *body, f"  next: {told.next_step}"])


def _event(event: Event) -> list[str]:
    where = f"  [{event.where}]" if event.where else ""
    lines = [f"  {event.date or 'day unknown'}  {event.what}{where}"]
    lines += [f"      {text}" for text in event.particulars]
    return lines + [f"      rule {rule}" for rule in event.rules]
