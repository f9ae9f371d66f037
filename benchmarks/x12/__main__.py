"""`python -m benchmarks.x12 [READER ...]`: make the files, measure every reader or those named, print the tables."""

import sys
import tempfile
from pathlib import Path

from benchmarks.x12.files import make_files
from benchmarks.x12.plan import rows
from benchmarks.x12.run import Measurement, measure
from benchmarks.x12.tables import page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(page(measure(rows(sys.argv[1:]), make_files(Path(folder)), _report)))


def _report(m: Measurement) -> None:
    """A line of progress, apart from the tables."""
    result = m.problem or f"{m.speed:.2f} MB per CPU second"
    print(f"{m.row.kind} {m.row.part} {m.row.reader.name} {m.row.call}: {result}", file=sys.stderr)


if __name__ == "__main__":
    main()
