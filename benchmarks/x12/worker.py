"""One measurement: `python -m benchmarks.x12.worker MODULE FUNCTION FILE TINY_FILE`, in the environment of the reader."""

import importlib
import json
import sys
from pathlib import Path

from benchmarks.measure import measured


def main() -> None:
    module, function, file, tiny = sys.argv[1:]
    read = getattr(importlib.import_module(module), function)
    read(Path(tiny))()
    count, cost = measured(lambda: read(Path(file)))
    print()
    print(json.dumps(cost | {"claims": count()}))


if __name__ == "__main__":
    main()
