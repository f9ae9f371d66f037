"""What the sheets of one file held, and how their columns were understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

Note = tuple[int | None, str | None, str, str]
Imbalance = tuple[int, Decimal, Decimal]  # row, amount stated, amount computed


@dataclass(frozen=True)
class Before:
    """How many claims, claim payments and payments the earlier sheets of a file held."""

    claims: int = 0
    remits: int = 0
    payments: int = 0


@dataclass(frozen=True)
class Mapped:
    """How one sheet was understood: its kind, column of ours → place in the sheet, columns it lacks, places not used.

    Where it is of no kind: the nearest one, and what that lacks. `titles` are its headings and `body` its cells, as they stand
    in the sheet, for the terminal of the person who holds it and nowhere else.
    """

    kind: str | None
    places: Mapping[str, int]
    missing: list[str]
    unused: list[int]
    nearest: str | None = None
    nearest_missing: list[str] = field(default_factory=list)
    implausible: list[str] = field(default_factory=list)  # columns whose heading is there, over cells that are something else
    header_row: int = 1
    titles: list[str] = field(default_factory=list, repr=False)
    body: Mapping[int, list[str]] = field(default_factory=dict, repr=False)


@dataclass
class SheetReading:
    """Raw tables by name; rejects and findings as row_no, column_name, rule, text."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    rejects: list[Note] = field(default_factory=list)
    findings: list[Note] = field(default_factory=list)
    imbalances: list[Imbalance] = field(default_factory=list)
    mapped: list[Mapped] = field(default_factory=list)
    row_count: int = 0
    cell_count: int = 0
    dropped_count: int = 0
    encoding: str | None = None
    has_status: bool = False  # of the sheet being read: does it have a column of status, and one of payments
    has_payment: bool = False
    totals: set[str] = field(default_factory=set)  # of the sheet being read: amounts that may be those of whole claims

    def reject(self, rule: str, reason: str) -> None:
        """Note that a file or sheet was not read at all."""
        self.rejects.append((None, None, rule, reason))

    def pass_over(self, cells: int) -> None:
        """Count the cells of a sheet that is not for reading."""
        self.cell_count += cells
        self.dropped_count += cells

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Add rows to a raw table; ordinals of claims and transactions go on from those of the sheet before."""
        known = self.tables.get(table)
        self.tables[table] = rows if known is None else pl.concat([known, rows], how="diagonal")

    @property
    def claim_count(self) -> int:
        """Claims of claim exports."""
        return self._height("raw_claims")

    @property
    def remit_count(self) -> int:
        """Claim payments of remittance exports."""
        return self._height("raw_remits")

    def before(self) -> Before:
        """What earlier sheets of the file held, so that ordinals go on."""
        return Before(self.claim_count, self.remit_count, self._height("raw_payments"))

    def _height(self, table: str) -> int:
        return self.tables[table].height if table in self.tables else 0
