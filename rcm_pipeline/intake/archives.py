"""What is packed in a .zip or .gz, read as a stream within limits. Nothing is ever unpacked to disk, so no name can lead astray."""

import gzip
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from rcm_pipeline.intake.contents import CHUNK, Content

MAX_MEMBERS = 10_000
MAX_UNPACKED = 8_000_000_000
MAX_RATIO = 200
_FREE_BYTES = 10_000_000  # below this, any ratio will do
_MODE_SHIFT = 16
_DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)


@dataclass
class Unpacked:
    """The members of an archive, and what was not read of it: rule and reason."""

    members: list[Content] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


class _TooMuchError(Exception):
    """An archive unpacks to more than is allowed."""


@contextmanager
def unpack(archive: Content, format_code: str) -> Iterator[Unpacked]:
    """Every member of an archive with the hash of its content, readable until the end of the block.

    Never raises on what the archive holds.
    """
    found, budget = Unpacked(), _Budget(archive.byte_count)
    with ExitStack() as opened:
        places = _zip_members(archive, found, opened) if format_code == "zip" else iter([("the file in it", _gzip_member(archive))])
        for name, opener in places:
            try:
                digest, size = _measure(opener, budget)
            except _TooMuchError:
                found.refused.append(("archive_too_large", "the archive unpacks to more than is allowed; send its files in smaller ones"))
                break
            except _DAMAGE:
                found.refused.append(("archive_damaged", f"{name} is cut, damaged or encrypted; ask the sender for it again"))
                continue
            found.members.append(Content(digest, size, opener, archive.file_id))
        yield found


class _Budget:
    """How much more an archive may unpack to."""

    def __init__(self, packed: int) -> None:
        self._left = min(MAX_UNPACKED, max(_FREE_BYTES, packed * MAX_RATIO))

    def spend(self, size: int) -> None:
        """Raises _TooMuchError when there is not that much left."""
        self._left -= size
        if self._left < 0:
            raise _TooMuchError


def _measure(opened: Callable[[], BinaryIO], budget: _Budget) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with opened() as stream:
        while part := stream.read(CHUNK):
            budget.spend(len(part))
            digest.update(part)
            size += len(part)
    return digest.hexdigest(), size


def _zip_members(archive: Content, found: Unpacked, opened: ExitStack) -> Iterator[tuple[str, Callable[[], BinaryIO]]]:
    try:
        packed = opened.enter_context(zipfile.ZipFile(opened.enter_context(archive.opened())))
        members = packed.infolist()
    except _DAMAGE:
        found.refused.append(("archive_damaged", "the archive is cut or damaged; ask the sender for it again"))
        return
    if len(members) > MAX_MEMBERS:
        found.refused.append(("archive_too_large", f"the archive holds more than {MAX_MEMBERS:,} files; send them in several"))
        return
    for number, member in enumerate(members, start=1):
        if member.is_dir():
            continue
        if stat.S_ISLNK(member.external_attr >> _MODE_SHIFT):
            found.refused.append(("archive_link", f"file {number} of the archive is a link, and links are not followed"))
            continue
        yield f"file {number} of the archive", partial(_open_member, packed, member)


def _open_member(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return packed.open(member)  # type: ignore[return-value]


def _gzip_member(archive: Content) -> Callable[[], BinaryIO]:
    return lambda: _Gzip(archive.opened())  # type: ignore[return-value]


class _Gzip(gzip.GzipFile):
    """A gzip stream that closes the file below it, too."""

    def __init__(self, below: BinaryIO) -> None:
        self._below = below
        super().__init__(fileobj=below, mode="rb")

    def close(self) -> None:
        """Close both."""
        super().close()
        self._below.close()
