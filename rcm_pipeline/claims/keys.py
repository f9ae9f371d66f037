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


def with_identities(frame: pl.DataFrame, answers: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Identities in place of keys: claim_key gives answer_id, original_claim_key original_answer_id, version_claim_key version_id.

    `answers` and `versions` have claim_key and the identity; a frame of sent claims (with version_no) gets version_id for its
    own key.
    """
    named = frame
    for key in [name for name in frame.columns if name.endswith("claim_key")]:
        prefix = key.removesuffix("claim_key")
        is_sent = prefix == "version_" or (not prefix and "version_no" in frame.columns)
        table, identity = (versions, "version_id") if is_sent else (answers, "answer_id")
        name = identity if prefix in ("", "version_") else f"{prefix}{identity}"
        if name not in named.columns:
            ids = table.select(pl.col("claim_key").alias(key), pl.col(identity).alias(name))
            named = named.join(ids, on=key, how="left", validate="m:1", maintain_order="left")
    return named
