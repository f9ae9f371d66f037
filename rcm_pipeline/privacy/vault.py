"""The vault of a client: which account and payer claim numbers its tokens stand for, sealed with a key of its own, opened on demand."""

import hashlib
import io
import os
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rcm_pipeline.errors import StorageError
from rcm_pipeline.privacy.keys import Keys, derived
from rcm_pipeline.privacy.tokens import key_id, renewed_text
from rcm_pipeline.publishing import write_in_place

ACCOUNT, PAYER_NUMBER = "pcn", "icn"  # domains of tokens: the client's own number of a claim, and the payer's
_DOMAINS = (ACCOUNT, PAYER_NUMBER)
_MOST = 200_000  # numbers held in memory before they are sealed
_DIGITS = 8  # of a block's number, in its name
_NONCE = 12  # bytes, as AES-GCM wants them; drawn anew for every block


class Vault:
    """Blocks of (domain, token, number) in a folder, each sealed by AES-256-GCM and only ever added to.

    What is noted is sealed before the rows it stands behind are committed: a token without its number could not be told from one
    that never had any, a number without rows harms nobody.
    """

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder, self._keys = folder, keys
        self._noted: list[pl.DataFrame] = []

    def note(self, domain: str, values: list[bytes], tokens: list[bytes]) -> None:
        """Hold what these tokens stand for until `seal`; of other domains nothing."""
        if domain not in _DOMAINS or not values:
            return
        numbers = [value.decode("utf-8", "replace").strip() for value in values]
        named = {"token": [token.hex() for token in tokens], "number": numbers}
        self._noted.append(pl.DataFrame(named).select(pl.lit(domain).alias("domain"), "token", "number"))
        if sum(frame.height for frame in self._noted) >= _MOST:
            self.seal()

    def seal(self) -> None:
        """Write what was noted as a block. Raises StorageError."""
        if self._noted:
            noted, self._noted = pl.concat(self._noted), []
            self._write(noted)

    def numbers(self, domain: str, tokens: pl.Series) -> pl.DataFrame:
        """token and number of these tokens, as they were first written. Raises StorageError for a block that cannot be opened."""
        wanted = tokens.drop_nulls().unique().implode()
        empty = pl.DataFrame(schema={"token": pl.String, "number": pl.String})
        found = [
            self._opened(path).filter((pl.col("domain") == domain) & pl.col("token").is_in(wanted)).select("token", "number")
            for path in self._paths()
        ]
        return pl.concat([empty, *found]).unique("token", keep="first", maintain_order=True)

    def renew(self) -> None:
        """Seal every block of an older key anew, its tokens made anew under the keys after it; one that is of the newest stays."""
        for path in self._paths():
            if later := self._keys[self._key_place(path) + 1 :]:
                block = self._opened(path)
                self._write(block.with_columns(renewed_text(later, block["token"])))
                path.unlink()

    def _key_place(self, path: Path) -> int:
        """Which of the keys this block was sealed with."""
        sealed_with = path.suffix.removeprefix(".")
        place = next((at for at, key in enumerate(self._keys) if key_id(key) == sealed_with), None)
        if place is None:
            raise StorageError(f"{path}: this block of the vault was sealed with another key", fix="restore that key from your backup")
        return place

    def _write(self, block: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        block.write_ipc(buffer, compression="zstd")
        nonce, name = os.urandom(_NONCE), key_id(self._keys[-1])
        sealed = nonce + _cipher(self._keys[-1]).encrypt(nonce, buffer.getvalue(), name.encode())
        number = 1 + max((int(path.name[:_DIGITS]) for path in self._paths()), default=0)
        write_in_place(self._folder / f"{number:0{_DIGITS}}-{hashlib.sha256(sealed).hexdigest()[:16]}.{name}", sealed)

    def _paths(self) -> list[Path]:
        """Blocks in the order in which they were sealed."""
        return sorted(path for path in self._folder.glob("*.*") if not path.name.startswith(".")) if self._folder.is_dir() else []

    def _opened(self, path: Path) -> pl.DataFrame:
        key = self._keys[self._key_place(path)]
        sealed = path.read_bytes()
        try:
            plain = _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], key_id(key).encode())
        except InvalidTag:
            plain = b""
        if not plain:
            raise StorageError(f"{path}: this block of the vault is damaged", fix="restore it from your backup")
        return pl.read_ipc(io.BytesIO(plain))


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(derived(key, b"rcm vault"))
