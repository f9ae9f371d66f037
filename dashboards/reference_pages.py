"""Pages of docs/ that are drawn from the code: the data dictionary and the metrics. `make docs` renews them."""

import sys
from pathlib import Path

from rcm_pipeline.metrics.definitions import Definition, definitions
from rcm_pipeline.metrics.scorecard import measures
from schemas.contract import Contract, descriptions, polars_schema
from schemas.registry import CONTRACTS, layer

_METRICS = """# Metrics

Written from `rcm_pipeline/governance/definitions.toml` and `scorecard.toml` (`make docs`). `mart_metrics` holds them with both
sides of every fraction. Intervals are 95 % Wilson score intervals; A1 and A2 use the effective sample size of codes within
charts.
"""
_WORDS = """
## Words

A version is one 837 claim as sent. A lineage is all versions of one claim for the same services and payer sequence, with
every answer to them; answers to claims that are not here form lineages of their own. A decision is a claim payment with CLP02
1-4 or 19-21 that is not only pended. The first decision of a payer on a lineage is its earliest; ties go to the file and the
ordinal. A denied line is one with disposition denied_full, denied_partial or denial_suspected. An initial denial is a lineage
whose first decision of some payer has a denied line whose reason is not second-level (CARC 193, 285, 286, RARC MA46, MA91); its
date is that of the earliest such decision, its lines are the denied lines of that decision that are not second-level. The main
reason of a line is its largest denial amount, ties to the cause that stands first in the taxonomy. The current decision is the newest
that was not reversed; one that denies everything as a duplicate is current only where there is no other. The last day is the
Sunday of the anchor week; nothing after it is looked at. Weeks are Monday to Sunday. "13 weeks" are those ending with the anchor
week, "4 weeks" likewise. Allowed = paid + patient share (+ OA-23 on secondary answers). A period is complete when it is over,
and mature when the days named have passed since, so that what may still change has happened.
"""
_SCORECARD = """
## Scorecard

Red only when the whole interval lies beyond the limit. Targets per client: `[scorecard.NAME]` in its settings.

| name | metric | target | limit | better | weeks |
|---|---|---|---|---|---|
"""
_LAYERS = {
    "raw": "As sent: typed, tokenised, with the place in the file every row came from. Each has a `quarantine_` twin with `broken_rule`.",
    "core": "What payers decided, recomputed from raw on every run.",
    "mart": "What is published, recomputed from core on every run.",
    "ops": "The record of runs, checks and publications.",
}


def dictionary_page() -> str:
    """docs/data_dictionary.md: every table and column, from the contracts."""
    parts = ["# Data dictionary\n\nWritten from the contracts in `schemas/` (`make docs`). The same words are comments in DuckDB "
             "and on the Columns tab in Dagster.\n"]  # fmt: skip
    for name, about in _LAYERS.items():
        parts.append(f"\n## {name}\n\n{about}\n")
        parts += [_table(table) for table in layer(name)]
    return "".join(parts)


def metrics_page() -> str:
    """docs/metrics.md: every published measure and the scorecard's targets, from their definitions."""
    parts = [_METRICS, _WORDS, *(_definition(d) for d in definitions().values()), _SCORECARD]
    for name, m in measures().items():
        parts.append(f"| {name} | {m['metric_id']} | {m['target']:.0%} | {m['limit']:.0%} | {m['direction']} | {m['weeks']} |\n")
    return "".join(parts)


def _definition(d: Definition) -> str:
    variants = "; ".join(f"`{code}` {text}" for code, text in d.variants.items())
    maturity = f", mature after {d.maturity_days} days" if d.maturity_days else ""
    factor = f" (times {d.factor})" if d.factor != 1 else ""
    return (
        f"\n## {d.metric_id} · {d.name}\n\n{d.sentence}\n\n| | |\n|---|---|\n| numerator | {d.numerator} |\n"
        f"| denominator | {d.denominator}{factor} |\n| counted by | {d.basis} |\n| left out | {d.exclusions} |\n"
        + (f"| variants | {variants} |\n" if variants else "")
        + f"| unit, period | {d.unit}, {d.period}{maturity} |\n| source | {d.source} |\n| version | {d.version} |\n"
    )


def _table(name: str) -> str:
    contract: type[Contract] = CONTRACTS[name]
    text, columns = descriptions(contract), contract.to_schema().columns
    rows = "".join(
        f"| `{column}` | {str(dtype).lower()} | {'may be null' if columns[column].nullable else ''} | {text[column]} |\n"
        for column, dtype in polars_schema(contract).items()
    )
    return f"\n### {name}\n\n{contract.__doc__}\n\n| column | type | | meaning |\n|---|---|---|---|\n{rows}"


PAGES = {"data_dictionary.md": dictionary_page, "metrics.md": metrics_page}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (Path(sys.argv[1]) / page).write_text(write(), encoding="utf-8")
