"""The 837 part of a segment loops: claims, lines, other payers, and which segments describe the header of a claim."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.loops import Loop, last_before, latest, ordinal_within
from rcm_pipeline.x12.table import Table
from rcm_pipeline.x12.transaction_sets import kinds_of
from rcm_pipeline.x12.transactions import Transactions

_SERVICE = ("SV1", "SV2", "SV3")
_INNER = ("NM1", "SBR", "LX", *_SERVICE, "SVD")


@dataclass(frozen=True)
class ClaimLoops:
    """Claims with their lines and other payers; `within` is the 837 transaction of each segment, or -1."""

    segments: Segments
    transactions: Transactions
    within: Rows
    claims: Loop
    lines: Loop
    payers: Loop
    in_header: Mask
    in_claim_head: Mask

    def rows(self, identifier: str, qualifier: str | None = None) -> Rows:
        """Rows of a segment inside 837 transactions, with a qualifier in its first element."""
        found = self.segments.where(identifier) if qualifier is None else self.segments.qualified(identifier, qualifier)
        return found[self.within[found] >= 0]

    def header(self, rows: Rows, level: str | None = None) -> Rows:
        """For each claim, the last of these rows that stands in the header before it, or -1.

        With a level (20 billing provider, 22 subscriber, patient for the last of any) only if it stands in the last loop of that level.
        """
        rows = rows[self.in_header[rows]]
        found = last_before(self.claims.rows, rows)
        same = (found >= 0) & (self.within[found] == self.within[self.claims.rows]) if len(found) else found >= 0
        if level is not None:
            same &= found >= last_before(self.claims.rows, self._levels[level])
        return np.where(same, found, -1)

    def head(self, identifier: str, qualifier: str | None = None) -> Rows:
        """For each claim, the first such segment in its own claim-level loop (not of a provider, payer or line)."""
        rows = self.rows(identifier, qualifier)
        return self.claims.first(rows[self.in_claim_head[rows]])

    def provider(self, qualifier: str) -> Rows:
        """For each claim, the first provider of this kind that stands at claim level and is not another payer's."""
        rows = self.rows("NM1", qualifier)
        is_own = (self.lines.of(rows) < 0) & (self.payers.of(rows) < 0) & ~self._after_line[rows]
        return self.claims.first(rows[is_own])

    def add_keys(self, table: Table) -> Rows:
        """Add transaction_no and claim_no; return each row's claim index."""
        claim = self.claims.of(table.rows)
        table.add("transaction_no", self.transactions.number[self.transactions.of[table.rows]])
        table.add("claim_no", self.claim_numbers[claim])
        return claim

    @cached_property
    def claim_numbers(self) -> Rows:
        """Ordinal in the file of every claim."""
        return ordinal_within(self.segments.file[self.claims.rows]) + self.segments.began.claims

    @cached_property
    def line_numbers(self) -> Rows:
        """Ordinal in its claim of every line."""
        return ordinal_within(self.claims.of(self.lines.rows))

    @cached_property
    def _levels(self) -> dict[str, Rows]:
        levels = self.rows("HL")
        codes = self.segments.code(levels, 3)
        return {level: levels[codes == code_of(level)] for level in ("20", "22")} | {"patient": levels}

    @cached_property
    def _after_line(self) -> Mask:
        """Segments behind the first line counter of their claim."""
        count = len(self.segments)
        mask: Mask = latest(self.segments.where("LX", *_SERVICE), count) > latest(self.claims.rows, count)
        return mask


def claim_loops(segments: Segments, transactions: Transactions) -> ClaimLoops:
    """Find the claims of every 837 and what belongs to them."""
    within, count = np.where(transactions.inside(*kinds_of("claims")), transactions.of, -1), len(segments)
    level = np.where(within >= 0, latest(segments.where("ST", "HL", "SE"), count), -1)  # a claim ends where the next level begins
    level[segments.where("SE")] = -1
    clm = segments.where("CLM")
    claims = Loop(clm[within[clm] >= 0], level)
    last_claim = latest(claims.rows, count)
    last_subscriber = latest(segments.where("SBR"), count)
    in_header = (claims.index < 0) | (last_subscriber < last_claim)
    belongs = claims.index
    service = segments.where(*_SERVICE)
    lines = Loop(service[belongs[service] >= 0], belongs)
    last_inner = latest(segments.where(*_INNER), count)
    sbr = segments.where("SBR")
    before_line = np.where(latest(segments.where("LX", *_SERVICE), count) > last_claim, -1, belongs)
    payers = Loop(sbr[before_line[sbr] >= 0], before_line)
    return ClaimLoops(segments, transactions, within, claims, lines, payers, in_header, (belongs >= 0) & (last_inner < last_claim))


def organisations(segments: Segments, names: Rows) -> Rows:
    """These NM1 rows, or -1 where the name is a person's: a person who pays is named in no table."""
    return np.where(segments.code(names, 2) == code_of("1"), -1, names)
