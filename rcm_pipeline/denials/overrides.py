"""A client's own rules of cause: which payer, reason and remark mean what there. They come from its settings."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import polars as pl

_WHEN = ("payer_id", "carc_code", "rarc_code")
_GIVES = ("root_cause", "owner", "preventable", "hardness", "rework_target")


def override_evidence(denied: pl.DataFrame, overrides: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Add own_rule_id (O1, O2 … in the order of the settings) and own_*; the first rule that fits decides, null where none does."""
    rule: pl.Expr = pl.lit(None, pl.String)
    given = {name: pl.lit(None, pl.String) for name in _GIVES}
    for number, override in reversed(list(enumerate(overrides, start=1))):
        wanted = [(pl.col(name) == override[name]).fill_null(False) for name in _WHEN if override.get(name)]
        fits = pl.all_horizontal(wanted)
        rule = pl.when(fits).then(pl.lit(f"O{number}")).otherwise(rule)
        for name in _GIVES:
            given[name] = pl.when(fits).then(pl.lit(override.get(name), pl.String)).otherwise(given[name])
    return denied.with_columns(rule.alias("own_rule_id"), *(value.alias(f"own_{name}") for name, value in given.items()))


def overrides_hash(overrides: Sequence[dict[str, Any]]) -> str:
    """A short name for the client's rules; empty when it has none."""
    if not overrides:
        return ""
    return hashlib.sha256(json.dumps(list(overrides), sort_keys=True).encode()).hexdigest()[:6]
