"""How our own reader is called; the only module here that knows its functions."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rcm_pipeline.intake.contents import content_of
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import read_portions
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Identified, Pseudonyms, Tokens
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import Reading, read_x12, stream_x12

BATCH_BYTES = 16_000_000


def bare(path: Path) -> Callable[[], int]:
    """Every allowed element as it stands in the file, all tables kept."""
    return _kept(path, Identified())


def tokens(path: Path) -> Callable[[], int]:
    """As in production: identifying elements become keyed tokens; all tables kept."""
    return _kept(path, Tokens(b"k" * 32))


def stream(path: Path) -> Callable[[], int]:
    """With tokens, each block let go when it was counted."""
    claims = sum(map(_claims, _read(path, Tokens(b"k" * 32))))
    return lambda: claims


def intake(path: Path) -> Callable[[], int]:
    """All that `rcm read` does but writing: files hashed and recognised, tokens, contracts, quarantine, ledger; let go."""
    contents = [content_of(delivery) for delivery in deliveries([path])]
    claims = 0
    for _, readings in read_portions(contents, ClientSettings(), Tokens(b"k" * 32), set()):
        for reading in readings:
            claims += sum(reading.tables[name].height for name in ("raw_remits", "raw_claims") if name in reading.tables)
    return lambda: claims


def _kept(path: Path, pseudonyms: Pseudonyms) -> Callable[[], int]:
    readings = list(_read(path, pseudonyms))
    return lambda: sum(map(_claims, readings))


def _read(path: Path, pseudonyms: Pseudonyms) -> Iterator[Reading]:
    """All tables, findings and rejects: a file block by block, the files of a folder together as far as they fit in a batch."""
    door = AllowListDoor(allow_list()["x12"], pseudonyms)
    if path.is_file():
        with path.open("rb") as file:
            yield from stream_x12(file.read, door)
        return
    batch: list[bytes] = []
    for file in sorted(path.iterdir()):
        batch.append(file.read_bytes())
        if sum(map(len, batch)) > BATCH_BYTES:
            yield read_x12(batch, door)
            batch = []
    yield read_x12(batch, door)


def _claims(reading: Reading) -> int:
    return reading.tables["raw_remits"].height + reading.tables["raw_claims"].height
