"""The shipped code tables: read, checked against their recorded hashes, and named by one version."""

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rcm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import polars as pl

_DATES = ("valid_from", "valid_to")


@cache
def reference(name: str) -> "pl.DataFrame":
    """A code table such as carc or root_causes. Empty cells are null; valid_from and valid_to are dates.

    Raises SettingsError when the file differs from the hash in manifest.toml: a changed rule must be a visible change.
    """
    import polars as pl  # here, so that the hash alone can be asked for cheaply

    file = f"{name}.tsv"
    content = files("schemas.reference").joinpath(file).read_bytes()
    _check(file, content)
    frame = pl.read_csv(content, separator="\t", infer_schema=False, quote_char=None)
    return frame.with_columns(pl.col(c).str.to_date("%Y-%m-%d") for c in _DATES if c in frame.columns)


@cache
def reference_hash() -> str:
    """One short name for the state of all code tables; stands on every row whose cause was taken from them."""
    hashes = "".join(str(entry["sha256"]) for _, entry in sorted(_manifest().items()))
    return hashlib.sha256(hashes.encode()).hexdigest()[:12]


@cache
def _manifest() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("schemas.reference").joinpath("manifest.toml").read_text(encoding="utf-8"))


def _check(file: str, content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if _manifest()[file]["sha256"] != found:
        raise SettingsError(
            f"schemas/reference/{file}: this code table is not the one recorded in manifest.toml",
            fix=f"if the change is meant, set its sha256 there to {found} and give it a new version",
        )
