"""The answer key: what every line of every answer truly is, kept outside the inbox."""

from pathlib import Path

import polars as pl

from rcm_pipeline.sample.claims import Answer

_PART_ROWS = 500_000
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.String,
    "answer_no": pl.Int64,
    "line_no": pl.Int64,
    "payer_id": pl.String,
    "week": pl.Date,
    "kind": pl.String,
    "is_first": pl.Boolean,
    "charge_amount": pl.Decimal(18, 2),
    "denied_amount": pl.Decimal(18, 2),
    "disposition": pl.String,
    "root_cause": pl.String,
}


class Truth:
    """Collects the truth of one client and writes it in parts, so that a million claims fit in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._part = folder, 0
        self._rows: list[tuple[object, ...]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, answer: Answer, week: object, is_first: bool) -> None:
        """Note every line of an answer."""
        for number, (line, scenario) in enumerate(zip(answer.claim.lines, answer.scenarios, strict=True), start=1):
            is_void = answer.is_reversal or line.charge == 0
            disposition = "excluded" if is_void else scenario.disposition
            denied = 0 if is_void or not scenario.root_cause else _denied(scenario.name, answer.adjustments[number - 1])
            sign = -1 if answer.is_reversal else 1
            self._rows.append(
                (
                    answer.claim.account,
                    answer.number,
                    number,
                    answer.claim.payer.payer_id,
                    week,
                    "reversal" if answer.is_reversal else "adjudication",
                    is_first,
                    sign * line.charge,
                    denied,
                    disposition,
                    None if is_void else scenario.root_cause,
                )
            )
        if len(self._rows) >= _PART_ROWS:
            self.write()

    def write(self) -> None:
        """Write what was collected since the last part."""
        if self._rows:
            frame = pl.DataFrame(self._rows, schema={**SCHEMA, "charge_amount": pl.Int64, "denied_amount": pl.Int64}, orient="row")
            cents = pl.col("charge_amount", "denied_amount").cast(pl.Decimal(18, 2)) / pl.lit(100).cast(pl.Decimal(18, 2))
            frame.with_columns(cents).write_parquet(self._folder / f"lines_{self._part:03d}.parquet", compression="zstd")
            self._part += 1
            self._rows = []


def _denied(name: str, adjustments: list[tuple[str, str, int]]) -> int:
    """Cents denied: all that is not the contract write-off; the whole charge where the write-off hides the denial."""
    hidden = name == "contract write-off of the whole charge"
    return sum(amount for _, carc, amount in adjustments if hidden or carc != "45")
