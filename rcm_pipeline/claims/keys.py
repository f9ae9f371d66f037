"""One number for file and ordinal of a claim: inside the core every join, sort and group is by it."""

import polars as pl

_FILES = 2**32


def with_claim_key(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `claim_key` from file_id (an Enum of all files) and claim_no; it sorts as the two do. Null where claim_no is."""
    code = pl.col("file_id").to_physical().cast(pl.Int64)
    return frame.with_columns((code * _FILES + pl.col("claim_no")).alias("claim_key"))


def file_of(key: str, files: pl.Enum) -> pl.Expr:
    """The file of a claim key."""
    return (pl.col(key) // _FILES).cast(pl.UInt32).cat.to(files)


def number_of(key: str) -> pl.Expr:
    """The claim's ordinal in its file."""
    return pl.col(key) % _FILES


def with_places(frame: pl.DataFrame, files: pl.Enum) -> pl.DataFrame:
    """Add file_id and claim_no for every key: claim_key gives these, original_claim_key original_file_id and so on."""
    added = []
    for name in frame.columns:
        if name.endswith("claim_key") and name.removesuffix("claim_key") + "claim_no" not in frame.columns:
            prefix = name.removesuffix("claim_key")
            added += [file_of(name, files).alias(f"{prefix}file_id"), number_of(name).alias(f"{prefix}claim_no")]
    return frame.with_columns(added)
