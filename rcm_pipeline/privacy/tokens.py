"""Keyed pseudonyms: HMAC-SHA-256 of a value under a client's key, in a domain, so that only equal things match."""

import hashlib
import hmac
from typing import Protocol

import polars as pl

TOKEN_HEX_DIGITS = 32


class Pseudonyms(Protocol):
    """Turns identifying values into what may be stored."""

    @property
    def key_id(self) -> str:
        """Public name of the key, stored beside the rows it made."""

    def token(self, domain: str, text: pl.Series) -> pl.Series:
        """One pseudonym per value; null stays null."""


class Tokens:
    """First 128 bits of HMAC-SHA-256 over the trimmed, upper-cased value, under a key derived for the domain.

    The tokens of one client cannot be matched with another's (each has its own key), nor across domains.
    They are derived from the person's data, so under 45 CFR 164.514(c) they stay PHI and never leave the client.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @property
    def key_id(self) -> str:
        """Short public name of the key, stored beside the rows it made."""
        return hashlib.sha256(b"rcm key id\0" + self._key).hexdigest()[:12]

    def token(self, domain: str, text: pl.Series) -> pl.Series:
        """One pseudonym per distinct value; null stays null."""
        key = hmac.digest(self._key, b"rcm token domain\0" + domain.encode(), "sha256")
        normal = text.str.strip_chars().str.to_uppercase()
        values = normal.drop_nulls().unique(maintain_order=True)
        hashed = [hmac.digest(key, value.encode(), "sha256").hex()[:TOKEN_HEX_DIGITS] for value in values]
        return normal.replace_strict(values, pl.Series(hashed, dtype=pl.String), default=None, return_dtype=pl.String)


class Identified:
    """Leaves values as they are, for someone who reads their own files and asked for it by name."""

    @property
    def key_id(self) -> str:
        """Says that no key was used."""
        return "identified"

    def token(self, domain: str, text: pl.Series) -> pl.Series:  # noqa: ARG002 - same call as Tokens
        """The value itself, trimmed; domains are kept apart by their columns."""
        return text.str.strip_chars()
