"""What a page is made from: the client, its settings, the anchor week, and the tables, read when a page asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from dashboards import texts
from rcm_pipeline.governance.publications import INTERNAL
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.weeks import Week

CLIENT = "client"  # like INTERNAL an edition of a pack, and the folder it lies in


@dataclass(frozen=True)
class PackFacts:
    """Everything a pack is made of. `tables` are lazy, those of the edition; `checks` are those of the run that publishes."""

    client: str
    settings: ClientSettings
    week: Week | None
    tables: Mapping[str, pl.LazyFrame]
    checks: pl.DataFrame = field(default_factory=pl.DataFrame)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    edition: str = INTERNAL
    _read: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> pl.DataFrame:
        """A whole table, read once."""
        if name not in self._read:
            self._read[name] = self.tables[name].collect()
        return self._read[name]

    @property
    def is_internal(self) -> bool:
        """Claims, coders, auditors, other clients and what work costs may be shown."""
        return self.edition == INTERNAL

    def some(self, name: str, *columns: str) -> pl.DataFrame:
        """Only these columns of a wide table."""
        return self.tables[name].select(columns).collect()

    @cached_property
    def payers(self) -> dict[str, str]:
        """Payer id → the name a reader knows it by."""
        return payer_names(self["core_payers"])


def payer_names(payers: pl.DataFrame) -> dict[str, str]:
    """Payer id → the name a reader knows it by; names that two payers share carry the id."""
    named = {r["payer_id"]: texts.title(r["payer_name"]) for r in payers.iter_rows(named=True)}
    shared = {name for name in named.values() if list(named.values()).count(name) > 1}
    return {payer: f"{name} ({payer})" if name in shared else name for payer, name in named.items()}
