"""Do the amounts add up: lines and claims of an 835 and claims of an 837 as they are read, payments when a file has ended.

Identities of the implementation guides (005010X221 1.10.2.1, 005010X222/223 CLM02), exact to the cent:
a line's charge less its adjustments is what it pays; so is a claim's, with the adjustments of all levels; a payment is the
sum of its claims less the provider adjustments; an 837 claim's charge is the sum of its lines. Absent amounts count as zero;
where one was not readable nothing is judged.
"""

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask, Offsets
from rcm_pipeline.x12.buffer.columns import decimal_column, detached, series
from rcm_pipeline.x12.buffer.segments import Rows
from rcm_pipeline.x12.notes import FINDINGS, Notes
from rcm_pipeline.x12.sets.claims import Claims
from rcm_pipeline.x12.sets.remittances import Remittances
from rcm_pipeline.x12.table import Table
from rcm_pipeline.x12.values import MONEY

LINE, CLAIM, PAYMENT, CHARGE = "line_out_of_balance", "claim_out_of_balance", "payment_out_of_balance", "charge_out_of_balance"


def check_remittances(found: Remittances, notes: Notes) -> None:
    """Findings for the lines and claims of an 835 that do not balance."""
    loops, remits, lines, adjustments = found.loops, found.remits, found.lines, found.adjustments
    of_claim, of_line = loops.claims.of(adjustments.rows), loops.lines.of(adjustments.rows)
    for name, table, of, paid in ((LINE, lines, of_line, "SVC03"), (CLAIM, remits, of_claim, "CLP04")):
        adjusted = _sums(adjustments.units["amount"], of, len(table.rows))
        computed = table.units["charge_amount"] - adjusted
        is_known = ~(table.is_unreadable | _any(adjustments.is_unreadable, of, len(table.rows)))
        detail = f"{paid} is not the charge less the adjustments"
        _note(notes, name, table, detail, table.units["paid_amount"], computed, is_known)


def check_claims(found: Claims, notes: Notes) -> None:
    """Findings for the claims of an 837 whose charge is not the sum of their lines; claims without lines are not judged."""
    claims, of = found.claims, found.loops.claims.of(found.loops.lines.rows)
    count = len(claims.rows)
    has_lines = _any(np.ones(len(of), dtype=bool), of, count)
    is_known = has_lines & ~(claims.is_unreadable | _any(found.is_line_unreadable, of, count))
    computed = _sums(found.line_charges, of, count)
    _note(notes, CHARGE, claims, "CLM02 is not the sum of the line charges", claims.units["charge_amount"], computed, is_known)


def payment_shares(found: Remittances) -> pl.DataFrame:
    """What this block adds to each payment, in cents: file, transaction_no, and whether any part was unreadable."""
    loops, rows = found.loops, found.loops.payments.rows
    of_remit, of_provider = loops.payments.of(found.remits.rows), loops.payments.of(found.provider_adjustments.rows)
    is_unreadable = _any(found.remits.is_unreadable, of_remit, len(rows))
    return pl.DataFrame(
        {
            "file": loops.segments.file[rows],
            "transaction_no": loops.transactions.number[loops.transactions.of[rows]],
            "claims": _sums(found.remits.units["paid_amount"], of_remit, len(rows)),
            "provider": _sums(found.provider_adjustments.units["amount"], of_provider, len(rows)),
            "is_unreadable": is_unreadable | _any(found.provider_adjustments.is_unreadable, of_provider, len(rows)),
        }
    )


def stated_payments(payments: pl.DataFrame) -> pl.DataFrame:
    """What each row of raw_payments says was paid; a debit takes money back from the provider and is negative."""
    sign = pl.when(pl.col("credit_debit_code") == "D").then(-1).otherwise(1)
    return detached(payments.select("file", "transaction_no", "segment_no", (pl.col("payment_amount") * sign).cast(MONEY)))


def check_payments(payments: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Findings for the `stated_payments` that are not the sum of their claims less provider adjustments."""
    summed = shares.group_by("file", "transaction_no").agg(pl.col("claims", "provider").sum(), pl.col("is_unreadable").any())
    joined = payments.join(summed, on=["file", "transaction_no"], how="left", maintain_order="left").filter(
        ~pl.col("is_unreadable") & pl.col("payment_amount").is_not_null()
    )
    stated = pl.col("payment_amount")
    computed = ((pl.col("claims") - pl.col("provider")).cast(pl.Decimal(20, 2)) / 100).cast(MONEY)
    judged = joined.select(
        "file",
        "transaction_no",
        "segment_no",
        rule=pl.lit(PAYMENT),
        detail=pl.lit("BPR02 is not the sum of CLP04 less the provider adjustments"),
        stated_amount=stated,
        computed_amount=computed,
        difference_amount=stated - computed,
    )
    return judged.filter(pl.col("difference_amount") != 0).cast(FINDINGS)  # type: ignore[arg-type]


def _note(notes: Notes, rule: str, table: Table, detail: str, stated: Offsets, computed: Offsets, is_known: Mask) -> None:
    wrong = np.flatnonzero((stated != computed) & is_known)
    if not len(wrong):
        return
    every = np.ones(len(wrong), dtype=bool)
    columns = (series(decimal_column(units[wrong], every, MONEY)) for units in (stated, computed))
    notes.imbalance(rule, table.rows[wrong], detail, *columns)


def _sums(cents: Offsets, of: Rows, count: int) -> Offsets:
    """Exact sums of integers per index; -1 belongs to none."""
    total = np.zeros(count + 1, dtype=np.int64)
    np.add.at(total, of, cents)
    return total[:count]


def _any(mask: Mask, of: Rows, count: int) -> Mask:
    found = np.zeros(count + 1, dtype=bool)
    found[of[mask]] = True
    return found[:count]
