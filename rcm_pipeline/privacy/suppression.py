"""What may be shown of several clients together: how much must stand behind a sum, and how it is rounded."""

import hashlib

import polars as pl

MINIMUM_CLAIMS = 11  # CMS cell size policy: no cell of 1 to 10
MINIMUM_CLIENTS = 3  # with two, each could subtract itself and read the other
LEAST_REST = 0.1  # of the largest client's claims, those of all but the two largest: the second could else tell the largest from the sum
ROUNDED_TO = 5  # counts that leave the house, as OpenSAFELY rounds them
ROUNDING_VARIANCE = ROUNDED_TO**2 / 6  # of a count rounded up or down by chance, over all remainders


def is_few(clients: pl.Expr, claims: pl.Expr, over: list[str]) -> pl.Expr:
    """Whether so few clients or claims stand behind a cell, or one client so much alone, that it tells of one of them."""
    largest, two = claims.max().over(over), claims.top_k(2).sum().over(over)
    total = claims.sum().over(over)
    return (total < MINIMUM_CLAIMS) | (clients < MINIMUM_CLIENTS) | (total - two < LEAST_REST * largest)


def rounded(table: pl.DataFrame, cell: list[str], columns: list[str], key: bytes) -> pl.DataFrame:
    """These columns at a multiple of five, up or down by a chance that makes the mean right; the same cell and key always alike."""
    names = table.select(pl.concat_str([pl.col(name).cast(pl.String) for name in cell], separator="\x1f")).to_series().to_list()
    for column in columns:
        starts = hashlib.blake2b(column.encode(), key=key, digest_size=8)
        chances = pl.Series([_chance(starts.copy(), name) for name in names], dtype=pl.Float64)
        up = (table[column].cast(pl.Float64) / ROUNDED_TO + chances).floor() * ROUNDED_TO
        table = table.with_columns(up.cast(table.schema[column]).alias(column))
    return table


def _chance(digest: "hashlib.blake2b", name: str) -> float:
    digest.update(name.encode())
    return int.from_bytes(digest.digest(), "big") / 2**64
