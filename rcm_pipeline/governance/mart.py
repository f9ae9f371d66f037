"""What a mart is: the tables it reads and the pure function that makes it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.settings import ClientSettings

Tables = Mapping[str, pl.DataFrame]
Anchor = dt.date | None


@dataclass(frozen=True)
class Mart:
    """A mart: its sources by table name, and its builder."""

    sources: tuple[str, ...]
    build: Callable[[Tables, Anchor, ClientSettings], pl.DataFrame]
