"""How fast X12 is read, on the same generated files: ours (about 100 typed columns, tokens, findings) beside the plain reader
of the tests (about 30 columns, no tokens, no types but money)."""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import in_own_process, measured

SCALE = 12.0


def ours(files: list[bytes]) -> None:
    from rcm_pipeline.privacy.door import AllowListDoor, allow_list
    from rcm_pipeline.privacy.tokens import Tokens
    from rcm_pipeline.x12.read import read_x12

    read_x12(files, AllowListDoor(allow_list()["x12"], Tokens(b"k" * 32)))


def plain(files: list[bytes]) -> None:
    from tests.oracle import plain_x12

    for raw in files:
        segments = plain_x12.split_segments(raw.decode())
        plain_x12.read_835(segments)
        plain_x12.read_837(segments)


def main() -> None:
    if len(sys.argv) == 4:
        files = [p.read_bytes() for p in sorted(Path(sys.argv[2]).rglob(sys.argv[3]))]
        read = {"ours": ours, "plain": plain}[sys.argv[1]]
        read(files[:1])  # imports and first use are not what is measured
        print(json.dumps(measured(lambda: read(files)) | {"mb": sum(map(len, files)) / 1e6}))
        return
    from rcm_pipeline.sample.generate import generate

    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), scale=SCALE)
        print("| files | reader | MB | MB per CPU second | peak MB |\n|---|---|---|---|---|")
        for pattern in ("835*", "837*"):
            for reader in ("ours", "plain"):
                m = in_own_process("benchmarks.x12", reader, folder, pattern)
                print(f"| {pattern[:3]} | {reader} | {m['mb']:.1f} | {m['mb'] / m['cpu']:.1f} | {m['peak_mb']:.0f} |")


if __name__ == "__main__":
    main()
