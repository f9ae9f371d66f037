"""Keyed pseudonyms: keyed BLAKE2b of a value under a client's key, in a domain, so that only equal things match."""

import hashlib
from collections.abc import Callable
from typing import Protocol

import polars as pl

from rcm_pipeline.privacy.keys import Keys, derived

TOKEN_HEX_DIGITS = 32
Tokeniser = Callable[[list[bytes]], bytes]
Heard = Callable[[str, list[bytes], list[bytes]], None]
_BYTES = TOKEN_HEX_DIGITS // 2
_REMEMBERED = 100_000
_SPACES = (b" ", b"\t", b"\n", b"\r", b"\x0b", b"\x0c")


class Pseudonyms(Protocol):
    """Turns identifying values into what may be stored."""

    @property
    def key_id(self) -> str:
        """Public name of the key, stored beside the rows it made."""

    def token(self, domain: str, text: pl.Series) -> pl.Series:
        """One pseudonym per value; null stays null."""

    def tokeniser(self, domain: str) -> Tokeniser | None:
        """What makes the pseudonyms of UTF-8 values, end to end; None when values stay as they are."""


class Tokens:
    """Sixteen bytes of keyed BLAKE2b (RFC 7693) over the trimmed, upper-cased value, under a key derived for the domain.

    The tokens of one client cannot be matched with another's (each has its own key), nor across domains.
    They are derived from the person's data, so under 45 CFR 164.514(c) they stay PHI and never leave the client.
    With a client's `later` keys each token is made anew of the one before, so that tokens of the time before a key can be renewed
    without what they stand for. `heard` is told of every value as it is first met: domain, values as they are written, tokens.
    """

    def __init__(self, key: bytes, *later: bytes, heard: Heard | None = None) -> None:
        self._key, self._later, self._heard = key, later, heard
        self._known: dict[str, dict[bytes, bytes]] = {}

    @property
    def key_id(self) -> str:
        """Short public name of the newest key, stored beside the rows it made."""
        return key_id(self._later[-1] if self._later else self._key)

    @property
    def older_key_id(self) -> str:
        """The name the key had in version 0.5, whose tokens were made otherwise and match none of now."""
        return hashlib.sha256(b"rcm key id\0" + self._key).hexdigest()[:12]

    def token(self, domain: str, text: pl.Series) -> pl.Series:
        """One pseudonym per distinct value; null stays null."""
        values = text.drop_nulls().unique(maintain_order=True)
        joined = self.tokeniser(domain)([value.encode() for value in values]).decode()
        hexadecimal = [joined[at : at + TOKEN_HEX_DIGITS] for at in range(0, len(joined), TOKEN_HEX_DIGITS)]
        return text.replace_strict(values, pl.Series(hexadecimal, dtype=pl.String), default=None, return_dtype=pl.String)

    def tokeniser(self, domain: str) -> Tokeniser:
        """What makes the pseudonyms of UTF-8 values of a domain, end to end; a value met before is not hashed again."""
        key = derived(self._key, b"rcm token domain\0" + domain.encode())
        known = self._known.setdefault(domain, {})

        def tokens(values: list[bytes]) -> bytes:
            if len(known) + len(values) > _REMEMBERED:
                known.clear()
            unknown = list(set(values).difference(known))
            made = renewed(self._later, _digests(key, _normal(unknown)))
            known.update(zip(unknown, made, strict=True))
            if self._heard:
                self._heard(domain, unknown, made)
            return b"".join(map(known.__getitem__, values)).hex().encode()

        return tokens


def key_id(key: bytes) -> str:
    """Short public name of a key."""
    return hashlib.blake2b(b"rcm key id", key=key, digest_size=6).hexdigest()


def renewed(later: Keys, tokens: list[bytes]) -> list[bytes]:
    """Tokens made anew under each of the client's later keys in turn."""
    for key in later:
        tokens = _digests(derived(key, b"rcm token renewed"), tokens)
    return tokens


def renewed_text(later: Keys, tokens: pl.Series) -> pl.Series:
    """The same of tokens as they stand in tables, in hexadecimal digits."""
    return pl.Series(tokens.name, [token.hex() for token in renewed(later, [bytes.fromhex(token) for token in tokens])], dtype=pl.String)


class Identified:
    """Leaves values as they are, for someone who reads their own files and asked for it by name."""

    @property
    def key_id(self) -> str:
        """Says that no key was used."""
        return "identified"

    def token(self, domain: str, text: pl.Series) -> pl.Series:  # noqa: ARG002 - same call as Tokens
        """The value itself, trimmed; domains are kept apart by their columns."""
        return text.str.strip_chars()

    def tokeniser(self, domain: str) -> None:
        """Values stay as they are."""


def _normal(values: list[bytes]) -> list[bytes]:
    """Trimmed and in upper case; plain values all at once."""
    joined = b"\0".join(values)
    if joined.isascii() and joined.count(b"\0") == len(values) - 1 and not any(space in joined for space in _SPACES):
        upper = joined.upper()
        return values if upper == joined else upper.split(b"\0")
    return [value.decode().strip().upper().encode() for value in values]


def _digests(key: bytes, values: list[bytes]) -> list[bytes]:
    """The keyed hash of each value; the state that has taken in the key is made once and copied."""
    start = hashlib.blake2b(key=key, digest_size=_BYTES).copy
    found = []
    for value in values:
        digest = start()
        digest.update(value)
        found.append(digest.digest())
    return found
