"""Raw remittances to the core denial tables, in one pure step."""

from collections.abc import Mapping, Sequence

import polars as pl

from rcm_pipeline.claims.payers import core_payers, identify_payers
from rcm_pipeline.denials.adjudications import KEYS, claim_dispositions, dated_remits, mark_first, with_balance, with_service_dates
from rcm_pipeline.denials.causes import find_causes, main_reasons
from rcm_pipeline.denials.dispositions import classify, dispose, payable_lines
from rcm_pipeline.reference import reference, reference_hash
from schemas.contract import conform
from schemas.registry import CONTRACTS

Tables = Mapping[str, pl.DataFrame]


def build_core(raw: Tables, *, payer_aliases: Mapping[str, str], capitated_payers: Sequence[str]) -> dict[str, pl.DataFrame]:
    """core_payers, core_adjudications, core_adjudicated_lines and core_denials from the raw 835 tables.

    Every claim payment becomes one adjudication and every line gets exactly one disposition; nothing is filtered out.
    """
    payments = identify_payers(raw["raw_payments"], payer_aliases)
    remits = with_balance(dated_remits(raw["raw_remits"], payments), raw["raw_adjustments"])
    lines = payable_lines(remits, raw["raw_remit_lines"])
    classified = classify(raw["raw_adjustments"], lines, reference("carc"))
    disposed = main_reasons(dispose(lines, classified, raw["raw_remarks"], capitated_payers), classified)
    adjudications = mark_first(with_service_dates(remits, raw["raw_remit_lines"]), _only_pended(disposed)).join(
        claim_dispositions(disposed), on=KEYS, how="left"
    )
    disposed = disposed.join(adjudications.select(*KEYS, "is_first"), on=KEYS, how="left", validate="m:1", maintain_order="left")
    denials = find_causes(disposed, raw["raw_remarks"], reference("carc"), reference("rarc"), reference("root_causes"), reference_hash())
    built = {
        "core_payers": core_payers(payments, raw["raw_remits"]),
        "core_adjudications": adjudications.sort(KEYS),
        "core_adjudicated_lines": disposed.sort([*KEYS, "line_no"]),
        "core_denials": denials.sort([*KEYS, "line_no"]),
    }
    return {name: conform(frame, CONTRACTS[name]) for name, frame in built.items()}


def _only_pended(lines: pl.DataFrame) -> pl.DataFrame:
    """Claim payments that decide nothing yet: all that is not excluded is pended."""
    judged = (
        lines.filter(pl.col("disposition") != "excluded").group_by(KEYS).agg((pl.col("disposition") == "pended").all().alias("_pended"))
    )
    return judged.filter("_pended").select(KEYS)
