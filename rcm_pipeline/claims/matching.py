"""Which sent claim a claim payment answers, by the best evidence there is; the rule that matched is kept.

Rules in order: M1 account number and dates of service; M2 the payer's claim number, known from a 277CA; M3 line control
numbers (REF 6R) that only one claim has; M4 member, date, code and charge of a line, where they fit one claim only.
M2 to M4 are for payments whose account number we never sent: one we know, answered by a payer we did not send to, is a
crossover.
"""

from collections.abc import Callable

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE

UNMATCHED = "none"
_VERSION = ["version_claim_key"]
_SLACK = "1d"  # clocks and time zones differ


def match_versions(remits: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """M1 for every claim payment: of the versions of its lineage sent before it, the one it fits best.

    One that was not turned back before one that was; then same charge, same frequency; then, for the first answer to the
    lineage the one sent first, for later ones the one sent last.
    Returns KEYS, version_claim_key and match_rule of those that match.
    """
    turned_back = pl.col("is_rejected").fill_null(False) | pl.col("is_file_rejected").fill_null(False)
    sent = versions.select(
        "lineage_index",
        "sent_date",
        (~turned_back).alias("_was_taken"),
        pl.col("charge_amount").alias("_sent_charge"),
        pl.col("frequency_code").alias("_sent_frequency"),
        *(pl.col(key).alias(f"version_{key}") for key in KEYS),
    )
    evidence = remits.select(*KEYS, "lineage_index", "charge_amount", "frequency_code", "adjudication_date", "received_date")
    known_by = pl.min_horizontal("adjudication_date", "received_date").dt.offset_by(_SLACK)
    several = versions.group_by("lineage_index").len().filter(pl.col("len") > 1).select("lineage_index")
    alone = evidence.join(several, on="lineage_index", how="anti").join(sent, on="lineage_index", how="inner")
    in_time = (pl.col("sent_date") <= known_by).fill_null(True)
    single = alone.filter(in_time).select(*KEYS, *_VERSION)
    crowded = evidence.join(several, on="lineage_index", how="semi")
    first_day = pl.col("adjudication_date").min().over("lineage_index")
    joined = (
        crowded.with_columns((pl.col("adjudication_date") == first_day).alias("_is_first")).join(sent, on="lineage_index").filter(in_time)
    )
    days = pl.col("sent_date").to_physical()
    ranked = joined.with_columns(
        (pl.col("charge_amount").abs() == pl.col("_sent_charge")).fill_null(False).alias("_same_charge"),
        (pl.col("frequency_code") == pl.col("_sent_frequency")).fill_null(False).alias("_same_frequency"),
        pl.when(pl.col("_is_first")).then(-days).otherwise(days).alias("_turn"),
    ).sort("_was_taken", "_same_charge", "_same_frequency", "_turn", *_VERSION, nulls_last=False)
    best = ranked.unique(KEYS, keep="last", maintain_order=True).select(*KEYS, *_VERSION)
    return pl.concat([single, best]).with_columns(pl.lit("M1").alias("match_rule"))


def match_by_evidence(
    remits: pl.DataFrame, versions: pl.DataFrame, remit_lines: pl.DataFrame, claim_lines: pl.DataFrame, statuses: pl.DataFrame
) -> pl.DataFrame:
    """M2, M3 and M4 for claim payments whose account number was never sent, in this order. Columns as of `match_versions`."""
    sent_numbers = versions.select("claim_token").drop_nulls().unique()
    unmatched = remits.join(sent_numbers, on="claim_token", how="anti")
    found = _empty(remits)
    if unmatched.is_empty() or versions.is_empty():
        return found
    of_lines = remit_lines.join(unmatched.select(KEYS), on=KEYS, how="semi")
    rules: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
        "M2": lambda left: _by_payer_number(left, versions, statuses),
        "M3": lambda left: _by_line_number(left, of_lines, claim_lines),
        "M4": lambda left: _by_service(left, of_lines, versions, claim_lines),
    }
    for rule, pairs in rules.items():
        left = unmatched.join(found, on=KEYS, how="anti")
        matched = _latest(pairs(left), left, versions).with_columns(pl.lit(rule).alias("match_rule"))
        found = pl.concat([found, matched.select(found.columns)])
    return found


def _empty(remits: pl.DataFrame) -> pl.DataFrame:
    none = remits.select(KEYS).clear()
    return none.with_columns(*(pl.col(key).alias(f"version_{key}") for key in KEYS), pl.lit("", pl.String).alias("match_rule"))


def _by_payer_number(left: pl.DataFrame, versions: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    numbered = statuses.filter(pl.col("icn_token").is_not_null()).select("icn_token", "claim_token").drop_nulls().unique()
    numbers = versions.select("claim_token", *(pl.col(key).alias(f"version_{key}") for key in KEYS))
    return left.select(*KEYS, "icn_token").join(numbered, on="icn_token").join(numbers, on="claim_token").select(*KEYS, *_VERSION)


def _by_line_number(left: pl.DataFrame, of_lines: pl.DataFrame, claim_lines: pl.DataFrame) -> pl.DataFrame:
    evidence = of_lines.join(left.select(KEYS), on=KEYS, how="semi").select(*KEYS, "line_control_token").drop_nulls().unique()
    sent = claim_lines.join(evidence, on="line_control_token", how="semi").select("line_control_token", *KEYS).unique()
    # a number that many claims use, such as 1, tells nothing
    telling = sent.filter(pl.len().over("line_control_token") <= 3).select(
        "line_control_token", *(pl.col(key).alias(f"version_{key}") for key in KEYS)
    )
    return evidence.join(telling, on="line_control_token").select(*KEYS, *_VERSION).unique()


def _by_service(left: pl.DataFrame, of_lines: pl.DataFrame, versions: pl.DataFrame, claim_lines: pl.DataFrame) -> pl.DataFrame:
    what = ["member_token", "service_from_date", "procedure_code", "charge_amount"]
    who = (
        pl.concat([left.select(*KEYS, pl.col(name).alias("member_token")) for name in ("member_token", "patient_token")])
        .drop_nulls()
        .unique()
    )
    lines = of_lines.select(*LINE, "service_from_date", "procedure_code", pl.col("charge_amount").abs())
    dated = lines.join(left.select(*KEYS, "first_service_date"), on=KEYS).with_columns(
        pl.coalesce("service_from_date", "first_service_date").alias("service_from_date")
    )
    evidence = dated.join(who, on=KEYS).drop_nulls(what)
    members = versions.join(evidence, on="member_token", how="semi").select(*KEYS, "member_token", "first_service_date")
    sent = claim_lines.join(members, on=KEYS).with_columns(
        pl.coalesce("service_from_date", "first_service_date").alias("service_from_date")
    )
    pairs = evidence.select(*KEYS, "line_no", *what).join(
        sent.select(*what, *(pl.col(key).alias(f"version_{key}") for key in KEYS)).drop_nulls(what).unique(), on=what
    )
    fits = pairs.group_by(*KEYS, *_VERSION).agg(pl.col("line_no").n_unique().alias("_lines"))
    whole = dated.group_by(KEYS).agg(pl.len().alias("_all"))
    return fits.join(whole, on=KEYS).filter(pl.col("_lines") == pl.col("_all")).select(*KEYS, *_VERSION)


def _latest(pairs: pl.DataFrame, remits: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Of the versions found, the last sent before the payment, in the sequence the payer says if there is one; none when they
    are of different lineages."""
    sent = versions.select(
        *(pl.col(key).alias(f"version_{key}") for key in KEYS), "sent_date", "sequence_code", pl.col("lineage_index").alias("_lineage")
    )
    joined = pairs.unique().join(sent, on=_VERSION).join(remits.select(*KEYS, "adjudication_date", "_said"), on=KEYS)
    in_time = joined.filter((pl.col("sent_date") <= pl.col("adjudication_date").dt.offset_by(_SLACK)).fill_null(True))
    agrees = (pl.col("sequence_code") == pl.col("_said")).fill_null(False)
    clear = in_time.filter(agrees | ~agrees.any().over(KEYS)).filter(pl.col("_lineage").n_unique().over(KEYS) == 1)
    return clear.sort("sent_date", *_VERSION, nulls_last=False).unique(KEYS, keep="last", maintain_order=True).select(*KEYS, *_VERSION)
