"""Every mart in one place: the tables it reads and the pure function that makes it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.coding.accuracy import coder_accuracy
from rcm_pipeline.coding.errors import coding_errors
from rcm_pipeline.denials.rates import denial_rates
from rcm_pipeline.governance.scorecard import Facts, scorecard
from rcm_pipeline.redelivery import latest_by, once
from rcm_pipeline.reference import reference
from rcm_pipeline.rework.cost import rework_costs
from rcm_pipeline.rework.parameters import default_parameters
from rcm_pipeline.settings import ClientSettings

Tables = Mapping[str, pl.DataFrame]
Anchor = dt.date | None


@dataclass(frozen=True)
class Mart:
    """A mart: its sources by table name, and its builder."""

    sources: tuple[str, ...]
    build: Callable[[Tables, Anchor, ClientSettings], pl.DataFrame]


def _rates(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return denial_rates(tables["core_adjudications"], tables["core_adjudicated_lines"], tables["core_denials"], anchor)


def _accuracy(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return coder_accuracy(latest_by(tables["raw_qa_reviews"], "review_token", "review_date"), anchor)


def _errors(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    reviews = latest_by(tables["raw_qa_reviews"], "review_token", "review_date")
    return coding_errors(reviews, once(tables["raw_qa_findings"], ["rebuttal_code"]), reference("qa_errors"))


def _costs(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return rework_costs(tables["core_denials"], tables["core_adjudicated_lines"], once(tables["raw_touches"]), anchor, default_parameters())


def _scorecard(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    facts = Facts(
        tables["mart_denial_rates"],
        tables["mart_coder_accuracy"],
        tables["core_adjudications"],
        tables["core_denials"],
        tables["raw_touches"],
    )
    return scorecard(facts, anchor, {name: agreed.model_dump(exclude_none=True) for name, agreed in settings.scorecard.items()})


MARTS: dict[str, Mart] = {
    "mart_denial_rates": Mart(("core_adjudications", "core_adjudicated_lines", "core_denials"), _rates),
    "mart_coder_accuracy": Mart(("raw_qa_reviews", "core_adjudications"), _accuracy),
    "mart_coding_errors": Mart(("raw_qa_reviews", "raw_qa_findings", "core_adjudications"), _errors),
    "mart_rework_costs": Mart(("core_denials", "core_adjudicated_lines", "raw_touches", "core_adjudications"), _costs),
    "mart_scorecard": Mart(("mart_denial_rates", "mart_coder_accuracy", "core_adjudications", "core_denials", "raw_touches"), _scorecard),
}


def build_marts(tables: Tables, anchor: Anchor, settings: ClientSettings) -> dict[str, pl.DataFrame]:
    """All marts at an anchor week, from core and raw tables."""
    known = dict(tables)
    for name, mart in MARTS.items():
        known[name] = mart.build(known, anchor, settings)
    return {name: known[name] for name in MARTS}
