"""Pages of docs/ that are drawn from the code: the map, the data dictionary and the metrics. `make docs` renews them."""

import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboards.pack import SECTIONS
from rcm_pipeline.metrics.definitions import Definition, definitions
from rcm_pipeline.metrics.scorecard import measures
from rcm_pipeline.tables import Table, registered
from schemas.contract import Contract, descriptions, key_columns, polars_schema
from schemas.registry import CONTRACTS, layer

_METRICS = """# Metrics

Written from `rcm_pipeline/metrics/definitions.toml` and `schemas/reference/scorecard.toml` (`make docs`). `mart_metrics` holds
them with both sides of every fraction. Intervals are 95 % Wilson score intervals; A1 and A2 use the effective sample size of
codes within charts.
"""
_WORDS = """
## Words

A version is one 837 claim as sent. A lineage is all versions of one claim for the same services and payer sequence, with
every answer to them; answers to claims that are not here form lineages of their own. A decision is a claim payment with CLP02
1-4 or 19-21 that is not only pended. Decisions are
followed service by service: `service_line_no` names the service of a lineage over its versions and answers. The first
decision of a payer on a service is its earliest; of one day neither a duplicate nor a correction is. A denied line is one
with disposition denied_full, denied_partial or denial_suspected. An initial denial is a lineage of which some payer's first
decision of a service denies it for a reason that is not second-level (CARC 193, 285, 286, RARC MA46, MA91); its date is that
of the first such line, its lines are all of that payer. A service denied after this payer had decided it otherwise is a
retrospective denial: it is in no initial rate. The main reason of a line is its largest denial amount, ties to the cause that
stands first in the taxonomy. Of each service stands the newest decision that was not reversed; one that denies it as a
duplicate only where there is no other, and of one day the one that pays more. The last day is the
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
_MAP = """# Map

Drawn from the code (`make docs`). A table is a function: its name is the table's, its parameters are the tables it reads. What an
inbox brings becomes raw tables in `intake` and `x12`; core tables are computed from raw, marts from core. "shown in" names the
modules of `dashboards/`, one to a section of the pack; every table of the pack's workbook is listed there as well.
"""
_SECTIONS = {  # section of the pack → the tables that its module names
    section.__name__.rpartition(".")[2]: frozenset(re.findall(r"\b(?:raw|core|mart|ops)_[a-z_]+", inspect.getsource(section)))
    for section in SECTIONS
}
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
    text, columns, keys = descriptions(contract), contract.to_schema().columns, key_columns(contract)
    rows = "".join(
        f"| `{column}` | {str(dtype).lower()} | {_role(column, keys, is_nullable=columns[column].nullable)} | {text[column]} |\n"
        for column, dtype in polars_schema(contract).items()
    )
    return f"\n### {name}\n\n{contract.__doc__}\n\n| column | type | | meaning |\n|---|---|---|---|\n{rows}"


def _role(column: str, keys: Sequence[str], *, is_nullable: bool) -> str:
    return ", ".join([*(["key"] if column in keys else []), *(["may be null"] if is_nullable else [])])


def map_page() -> str:
    """docs/map.md: per package which tables it makes from which, and on which part of the pack they stand."""
    packages: dict[str, list[Table]] = {}
    for table in dict.fromkeys(registered().values()):
        packages.setdefault(table.module.removeprefix("rcm_pipeline.").rpartition(".")[0], []).append(table)
    parts = [_MAP]
    for package, tables in sorted(packages.items()):
        parts.append(f"\n## {package.replace('.', '/')}\n\n| tables | made in | from | shown in |\n|---|---|---|---|\n")
        for table in tables:
            made = f"`{table.module.rpartition('.')[2]}.py`"
            shown = ", ".join(part for part in _SECTIONS if any(name in _SECTIONS[part] for name in table.names))
            parts.append(f"| {_listed(table.names)} | {made} | {_listed(table.sources)} | {shown} |\n")
    return "".join(parts)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


PAGES = {"map.md": map_page, "data_dictionary.md": dictionary_page, "metrics.md": metrics_page}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (Path(sys.argv[1]) / page).write_text(write(), encoding="utf-8")
