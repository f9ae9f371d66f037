"""What is delivered, as something to read from: a stream that can be opened again, known by the hash of its bytes."""

import builtins
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from rcm_pipeline.errors import InputError
from rcm_pipeline.intake.inbox import Delivery, open_file

CHUNK = 1 << 20
HEAD_BYTES = 65_536
Read = Callable[[int], bytes]


@dataclass(frozen=True)
class Content:
    """The bytes of one file, or of one member of an archive. `archive_id` is the file_id of that archive."""

    file_id: str
    byte_count: int
    opened: Callable[[], BinaryIO] = field(repr=False)
    archive_id: str | None = None

    def head(self) -> builtins.bytes:
        """The first bytes, enough to tell what it is."""
        with self._open() as stream:
            return stream.read(HEAD_BYTES)

    def bytes(self) -> builtins.bytes:
        """All bytes. Raises InputError when they are not the ones that were hashed."""
        with self.stream() as read:
            parts = []
            while part := read(CHUNK):
                parts.append(part)
        return b"".join(parts)

    @contextmanager
    def stream(self) -> Iterator[Read]:
        """`read(size)` over all bytes. Raises InputError at the end when they are not the ones that were hashed."""
        digest = hashlib.sha256()
        with self._open() as stream:

            def read(size: int) -> builtins.bytes:
                part = stream.read(size)
                digest.update(part)
                return part

            yield read
        if digest.hexdigest() != self.file_id:
            raise _changed()

    def _open(self) -> BinaryIO:
        is_gone = False
        try:
            return self.opened()
        except OSError:
            is_gone = True
        assert is_gone
        raise _changed()


def _changed() -> InputError:
    return InputError("a file of the inbox changed while it was read; nothing of its batch was loaded", fix="run again when it is complete")


def content_of(delivery: Delivery) -> Content:
    """The content of a file of the inbox that could be opened."""
    assert delivery.file_id is not None
    return Content(delivery.file_id, delivery.byte_count, lambda: open_file(delivery.path))


def content_of_bytes(raw: bytes, archive_id: str | None = None) -> Content:
    """Bytes in memory as a content."""
    return Content(hashlib.sha256(raw).hexdigest(), len(raw), lambda: io.BytesIO(raw), archive_id)
