"""Why a line was denied and who can fix it: the client's rule > what the claim carried > remark > reason code.

Where evidence contradicts itself the cause is unspecified and a person decides; why is in `review_reason`.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from rcm_pipeline.claims.remits import LINE
from rcm_pipeline.denials.classify.attributes import attribute_evidence
from rcm_pipeline.denials.classify.reasons import SECOND_LEVEL_CARCS, refinements
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary.denials import DENIED

_WHEN = ("payer_id", "carc_code", "rarc_code")
_GIVES = ("root_cause", "owner", "preventable", "hardness", "rework_target")


@dataclass(frozen=True)
class Taxonomy:
    """The tables causes are taken from. `version` names their state, the client's own rules included."""

    carc: pl.DataFrame
    rarc: pl.DataFrame
    root_causes: pl.DataFrame
    attribute_rules: pl.DataFrame
    version: str
    overrides: list[dict[str, Any]] = field(default_factory=list)
    minimum_confidence: float = 0.5


@cache
def confidences() -> Mapping[str, float]:
    """What evidence a cause rests on → how sure it is."""
    return tomllib.loads(files("rcm_pipeline.denials.classify").joinpath("confidence.toml").read_text(encoding="utf-8"))


def find_causes(lines: pl.DataFrame, remarks: pl.DataFrame, attributes: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    """core_denials: cause, owner, queue and evidence of every denied line. `lines` carry disposition and main reason.

    Precedence: a rule of the client > an attribute of the claim > a remark that pairs with the main reason > the reason
    code > unspecified. A claim denied by status 4 without any reason is an eligibility denial: that is what it means.
    """
    denied = lines.filter(pl.col("disposition").is_in(DENIED))
    by_code = taxonomy.carc.select("carc_code", "rarc_required", pl.col(_GIVES[:4]).name.prefix("carc_"))
    joined = (
        denied.join(refinements(denied, remarks, taxonomy.rarc), on=LINE, how="left", validate="1:1", maintain_order="left")
        .join(by_code, on="carc_code", how="left", validate="m:1", maintain_order="left")
        .join(attribute_evidence(denied, attributes, taxonomy.attribute_rules), on=LINE, how="left", validate="1:1", maintain_order="left")
    )
    with_own = override_evidence(joined, taxonomy.overrides)
    judged = _judged(with_own).with_columns(_evidence_detail())
    named = _with_ownership(judged, taxonomy.root_causes)
    sure = pl.col("evidence").replace_strict(dict(confidences()), return_dtype=pl.Float64)
    is_unsure = (sure < taxonomy.minimum_confidence) & pl.col("review_reason").is_null()
    return named.with_columns(
        sure.alias("confidence"),
        pl.when(is_unsure).then(pl.lit("payer_logic")).otherwise("review_reason").alias("review_reason"),
        _denied_amount(),
        _is_initial(),
        _liability().alias("liability"),
        pl.lit(taxonomy.version).alias("taxonomy_version"),
    ).with_columns(_is_retrospective())


def _judged(joined: pl.DataFrame) -> pl.DataFrame:
    """Add root_cause, evidence and review_reason."""
    contradicts = (pl.col("attribute_effect") == "conflict").fill_null(False)
    decides = (pl.col("attribute_effect") == "cause").fill_null(False)
    disagree = pl.col("conflict").is_not_null()
    no_original = pl.col("has_lost_original")
    is_status_4 = pl.col("rule_id") == "D08"
    general = (pl.col("rarc_required") == "y").fill_null(False)
    cases: list[tuple[pl.Expr, pl.Expr, pl.Expr]] = [
        (pl.col("own_root_cause").is_not_null(), pl.col("own_root_cause"), pl.lit("client")),
        (contradicts | no_original, pl.lit("unspecified"), pl.lit("none")),
        (decides, pl.col("attribute_root_cause"), pl.lit("attribute")),
        (disagree, pl.lit("unspecified"), pl.lit("none")),
        (pl.col("rarc_root_cause").is_not_null(), pl.col("rarc_root_cause"), pl.lit("rarc")),
        (pl.col("carc_root_cause") == "unspecified", pl.lit("unspecified"), pl.lit("none")),
        (pl.col("carc_root_cause").is_not_null() & general, pl.col("carc_root_cause"), pl.lit("carc_general")),
        (pl.col("carc_root_cause").is_not_null(), pl.col("carc_root_cause"), pl.lit("carc")),
        (is_status_4, pl.lit("eligibility"), pl.lit("status")),
    ]
    cause, evidence = pl.lit("unspecified"), pl.lit("none")
    for applies, named, kind in reversed(cases):
        cause = pl.when(applies).then(named).otherwise(cause)
        evidence = pl.when(applies).then(kind).otherwise(evidence)
    own = pl.col("own_root_cause").is_not_null()
    reason = (
        pl.when(own)
        .then(pl.lit(None, pl.String))
        .when(contradicts)
        .then("attribute_review_reason")
        .when(no_original)
        .then(pl.lit("payer_logic"))
        .when(decides)
        .then(pl.lit(None, pl.String))
        .when(disagree)
        .then(_conflict_reason())
        .when(cause == "unspecified")
        .then(pl.lit("payer_logic"))
    )
    return joined.with_columns(
        cause.alias("root_cause"),
        evidence.alias("evidence"),
        reason.alias("review_reason"),
        (contradicts | disagree | no_original).alias("is_conflicting"),
    )


def _conflict_reason() -> pl.Expr:
    """Which of the four human questions two causes raise: is the chart complete, is the diagnosis clear, or neither."""
    both = pl.col("conflict")
    has_coding = both.str.contains("coding", literal=True)
    clinical = both.str.contains("medical_necessity", literal=True) | both.str.contains("noncovered_benefit", literal=True)
    return (
        pl.when(both.str.contains("documentation", literal=True))
        .then(pl.lit("chart_support"))
        .when(has_coding & clinical)
        .then(pl.lit("diagnosis_detail"))
        .otherwise(pl.lit("conflicting_documentation"))
    )


def _evidence_detail() -> pl.Expr:
    """The codes and rules the cause was read from, in plain codes: T1; N822+CO-16; CO-197."""
    reason = pl.concat_str("group_code", "carc_code", separator="-", ignore_nulls=True).replace("", None)
    remark = pl.when(pl.col("evidence").is_in(["rarc"]) | pl.col("is_conflicting")).then("rarc_code")
    rule = pl.coalesce("own_rule_id", "attribute_rule_id")
    causes = pl.when(pl.col("review_reason").is_not_null()).then("conflict")
    return pl.concat_str(rule, remark, causes, reason, separator=" ", ignore_nulls=True).replace("", None).alias("evidence_detail")


def _with_ownership(judged: pl.DataFrame, root_causes: pl.DataFrame) -> pl.DataFrame:
    """Owner, queue, preventable and hardness: of the rule or remark that decided, else of the code, else of the cause."""
    by_cause = root_causes.select("root_cause", pl.col("rework_target").alias("_queue"), pl.col("owner").alias("_owner"))
    joined = judged.join(by_cause, on="root_cause", how="left", validate="m:1", maintain_order="left")
    by_remark, by_reason = pl.col("evidence") == "rarc", pl.col("evidence").is_in(["rarc", "carc", "carc_general"])

    def chosen(name: str, *last: pl.Expr) -> pl.Expr:
        return pl.coalesce(f"own_{name}", pl.when(by_remark).then(f"rarc_{name}"), pl.when(by_reason).then(f"carc_{name}"), *last).alias(
            name
        )

    queue = pl.coalesce("own_rework_target", pl.when(by_remark).then("rarc_rework_target"), "_queue")
    return joined.with_columns(
        chosen("owner", pl.col("_owner")),
        chosen("preventable", pl.lit("partly")),
        chosen("hardness", pl.lit("na")),
        queue.alias("rework_target"),
        pl.when(by_remark | pl.col("is_conflicting")).then("rarc_code").alias("rarc_code"),
    )


def _denied_amount() -> pl.Expr:
    whole = (pl.col("denied_amount") == 0) & (pl.col("disposition") != "denied_partial")
    return pl.when(whole).then("charge_amount").otherwise("denied_amount").alias("denied_amount")


def _is_initial() -> pl.Expr:
    repeats = pl.col("carc_code").is_in(SECOND_LEVEL_CARCS).fill_null(False) | pl.col("is_second_level").fill_null(False)
    return (pl.col("is_first") & ~repeats).alias("is_initial")


def _is_retrospective() -> pl.Expr:
    """Also a first decision that only repeats: the denial it repeats is not here, and this one must not be lost."""
    return (pl.col("is_retrospective") | (pl.col("is_first") & ~pl.col("is_initial"))).alias("is_retrospective")


def _liability() -> pl.Expr:
    group = pl.col("group_code")
    return (
        pl.when(group.is_in(["CO", "PI"]))
        .then(pl.lit("provider"))
        .when(group == "PR")
        .then(pl.lit("patient"))
        .otherwise(pl.lit("see_carc"))
    )


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


RECLASSIFIED_BY = ("answer_line_id", "root_cause", "taxonomy_version")


def reclassified(before: pl.DataFrame, after: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """ops_reclassifications: denied lines whose cause changed with the taxonomy's version, by reason, old and new cause.

    No rows while the version is the same: a cause that changed then changed because of new files, not of new rules.
    """
    contract = CONTRACTS["ops_reclassifications"]
    old = before.rename({"root_cause": "from_cause", "taxonomy_version": "from_version"})
    both = after.join(old, on="answer_line_id", how="inner").filter(
        (pl.col("taxonomy_version") != pl.col("from_version")) & (pl.col("root_cause") != pl.col("from_cause"))
    )
    by = ["from_version", "taxonomy_version", "carc_code", "rarc_code", "from_cause", "root_cause"]
    counted = both.group_by(by).agg(pl.len().cast(pl.Int64).alias("line_count"), pl.col("denied_amount").sum().cast(pl.Decimal(18, 2)))
    named = counted.rename({"taxonomy_version": "to_version", "root_cause": "to_cause"}).with_columns(pl.lit(run_id).alias("run_id"))
    return conform(named, contract).sort("line_count", "from_cause", "to_cause", "carc_code", "rarc_code", descending=[True] + [False] * 4)
