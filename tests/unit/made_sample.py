"""The sample as its tests see it: what the files hold, read by our reader, and the truth beside it."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rcm_pipeline.sample.generate import generate
from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor

CLIENTS = ["lakeside-physicians", "stonebridge-regional"]
TABLES = ("lines", "versions", "answers", "recoupments", "lineages", "metrics")
KEYS = ["file", "claim_no"]


@dataclass
class Made:
    """Both clients together: what the files hold, read by our reader, and the truth beside it."""

    folder: Path
    readings: dict[str, Reading]
    truth: dict[str, pl.DataFrame]

    def raw(self, name: str) -> pl.DataFrame:
        """A table as read, over both clients; file numbers of the second are moved up."""
        parts = [r.tables[f"raw_{name}"].with_columns(pl.col("file") + 1000 * n) for n, r in enumerate(self.readings.values())]
        return pl.concat(parts)

    def logs(self, pattern: str) -> pl.DataFrame:
        """A kind of text log, over both clients, all cells text."""
        parts = []
        for path in sorted(self.folder.glob(f"inbox/*/{pattern}")):
            frame = pl.read_excel(path, infer_schema_length=0) if path.suffix == ".xlsx" else pl.read_csv(path, infer_schema=False)
            parts.append(frame)
        return pl.concat(parts)


def make(folder: Path) -> Made:
    """Generate both clients and read them."""
    generate(folder)
    readings = {}
    for client in CLIENTS:
        paths = [path for path in sorted((folder / "inbox" / client).iterdir()) if path.name.startswith(("8", "ACK"))]
        readings[client] = read_x12([path.read_bytes() for path in paths], OpenDoor())
    truth = {name: pl.concat([pl.read_parquet(folder / "truth" / c / f"{name}*.parquet") for c in CLIENTS]) for name in TABLES}
    return Made(folder, readings, truth)
