"""The bytes of a block, held once and looked at in several ways."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rcm_pipeline.x12.buffer.bytewise import PADDING, Bytes, Offsets, Words, aligned, first_bytes, words_at


@dataclass(frozen=True)
class Source:
    """Canonical bytes with PADDING spare bytes at both ends."""

    raw: bytes

    @classmethod
    def of(cls, parts: "list[bytes]") -> "Source":
        """The parts end to end."""
        return cls(bytes(PADDING) + b"".join(parts) + bytes(PADDING + 8))

    @cached_property
    def buffer(self) -> Bytes:
        """The bytes as an array."""
        return np.frombuffer(self.raw, dtype=np.uint8)

    @cached_property
    def aligned(self) -> Words:
        """The bytes as machine words."""
        return aligned(self.buffer)

    def words(self, start: Offsets, length: Offsets) -> Words:
        """The first eight bytes from each start on, zero beyond the length."""
        return first_bytes(words_at(self.aligned, start), length)
