"""What arrived more than once, in another envelope, cut, in parts or re-issued: which copy of a claim counts.

A payment is payer, trace, day and amount; a batch of claims is its number and its day. Over all copies of one thing each
claim counts as often as the copy that has it most often. Order of arrival and file names decide nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.claims.payers import named_payer
from schemas.vocabulary.claims import COUNTED, PART, PIECE, REDELIVERY, REPLACED

TRANSACTION = ["file_id", "transaction_no"]
PLACE = ["file_id", "claim_no"]
_STANDING = [f"of_{name}" for name in TRANSACTION]
ROWS_OF_ANSWER = ("raw_remit_lines", "raw_adjustments", "raw_remarks")
ROWS_OF_VERSION = ("raw_claim_lines", "raw_claim_diagnoses", "raw_other_payers")
NOT_CLOSED = "envelope_not_closed"
HASH_BITS = 2**20  # what is left of 64 bits can be summed over a million rows of one claim
_NOT_CONTENT = ("file_id", "transaction_no", "claim_no", "segment_no", "adjustment_no", "remark_no")
_DAY = ["_payer", "trace_token", "_date"]
_BATCH = ["batch_token", "_date"]
Tables = dict[str, pl.LazyFrame]


@dataclass(frozen=True)
class Redeliveries:
    """One side, 835 or 837: places of the claims that do not count, and what each transaction is.

    `transactions`: file_id, transaction_no, delivery_code, and the transaction that stands for it (`of_file_id`,
    `of_transaction_no`); those that are the only one of their kind are not in it.
    """

    uncounted: pl.DataFrame
    transactions: pl.DataFrame

    @property
    def set_aside(self) -> pl.DataFrame:
        """file_id and transaction_no of those that another transaction stands for, or that count no more."""
        is_other = pl.struct(TRANSACTION) != pl.struct(pl.col(of).alias(name) for name, of in zip(TRANSACTION, _STANDING, strict=True))
        return self.transactions.filter(is_other | (pl.col("delivery_code") == REPLACED)).select(TRANSACTION)

    def at_standing(self, rows: pl.DataFrame) -> pl.DataFrame:
        """These rows, in their order, under the transaction that stands for theirs."""
        of = self.transactions.select(*TRANSACTION, *_STANDING)
        moved = rows.join(of, on=TRANSACTION, how="left", validate="m:1", maintain_order="left")
        return moved.with_columns(pl.coalesce(of, name).alias(name) for name, of in zip(TRANSACTION, _STANDING, strict=True)).drop(
            _STANDING
        )


def paid_again(payments: pl.DataFrame, tables: Tables, transactions: pl.DataFrame, cut: pl.DataFrame) -> Redeliveries:
    """Copies of payments. `cut` are the transactions whose file ends before they do.

    Where two copies say different things of the same claim, the payment was issued again: the later by production date
    (DTM 405), interchange and group number stands, whole.
    """
    named = payments.select(*TRANSACTION, *payment_fields())
    copies = _several(named, _DAY)
    if copies.is_empty():
        return _none(payments)
    claims = _contents(copies, tables, "raw_remits", ROWS_OF_ANSWER)
    claims = claims.with_columns(pl.col("status_code").eq("22").fill_null(False).alias("_reverses"))
    claims = _with_cut_ends(claims, cut)
    ordered = _in_order(copies, transactions, claims, cut)
    moved = tables["raw_provider_adjustments"].group_by(TRANSACTION).agg(pl.col("amount").sum().alias("_moved"))
    replaced = _issued_again(ordered, claims, moved.join(copies.lazy(), on=TRANSACTION, how="semi").collect())
    return _side(_Copies(ordered, claims, [*_DAY, "payment_amount"], replaced, is_payment=True))


def sent_again(transactions: pl.DataFrame, tables: Tables, cut: pl.DataFrame) -> Redeliveries:
    """Copies of batches of sent claims. A claim that differs in anything is a version of its own."""
    batches = transactions.filter(pl.col("transaction_set").str.starts_with("837")).select(
        *TRANSACTION, "batch_token", pl.coalesce("created_date", "group_date", "interchange_date").alias("_date")
    )
    sheets = (
        tables["raw_claims"]
        .select(*TRANSACTION, pl.lit(None, pl.String).alias("batch_token"), pl.lit(None, pl.Date).alias("_date"))
        .unique()
        .collect()
        .join(transactions, on=TRANSACTION, how="anti")
    )
    copies = _several(pl.concat([batches, sheets]), _BATCH)
    if copies.is_empty():
        return _none(transactions)
    claims = _with_cut_ends(_contents(copies, tables, "raw_claims", ROWS_OF_VERSION), cut)
    ordered = _in_order(copies, transactions, claims, cut)
    return _side(_Copies(ordered, claims, _BATCH, ordered.clear().select(TRANSACTION), is_payment=False))


def payment_fields() -> list[pl.Expr]:
    """What names a payment: `_payer` as it names itself, the trace, `_date` of the payment or of its production, days and amount."""
    return [
        pl.coalesce("payer_id", "payer_secondary_id", named_payer()).alias("_payer"),
        pl.col("trace_token"),
        pl.coalesce("payment_date", "production_date").alias("_date"),
        pl.col("production_date", "payment_amount"),
    ]


def _none(frame: pl.DataFrame) -> Redeliveries:
    files = frame.schema["file_id"]
    return Redeliveries(
        pl.DataFrame(schema={"file_id": files, "claim_no": pl.Int64}),
        pl.DataFrame(
            schema={
                "file_id": files,
                "transaction_no": pl.Int64,
                "delivery_code": pl.String,
                **dict(zip(_STANDING, (files, pl.Int64), strict=True)),
            }
        ),
    )


def _several(named: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Those of which there is more than one. Null equals null: what says nothing is told apart by its claims."""
    return named.filter(pl.struct(by).is_duplicated())


def _contents(copies: pl.DataFrame, tables: Tables, claims: str, children: Sequence[str]) -> pl.DataFrame:
    """The claims of these transactions with `_content`, a hash over all they hold, whatever the file says around them."""
    named = copies.lazy()
    own = tables[claims].join(named.select(TRANSACTION), on=TRANSACTION, how="semi").collect()
    whole = content_of(own, tables, children)
    return own.join(copies, on=TRANSACTION, how="inner", suffix="_of_copy").with_columns(whole)


def content_of(claims: pl.DataFrame, tables: Tables, children: Sequence[str]) -> pl.Series:
    """A hash per claim over its own fields and all of its rows in these tables, in the order of `claims`."""
    hashed = claims.select(*PLACE, _hash(claims.columns).alias("_content"))
    places = hashed.select(PLACE).lazy()
    for name in children:
        rows = tables[name].join(places, on=PLACE, how="semi").collect()
        summed = rows.select(*PLACE, _hash(rows.columns).alias(name)).group_by(PLACE).agg(pl.col(name).sum())
        hashed = hashed.join(summed, on=PLACE, how="left", validate="1:1", maintain_order="left")
    return hashed.select(pl.struct("_content", *children).hash().alias("_content")).to_series()


def _hash(columns: Sequence[str]) -> pl.Expr:
    return pl.struct(name for name in columns if name not in _NOT_CONTENT).hash() // HASH_BITS


def _with_cut_ends(claims: pl.DataFrame, cut: pl.DataFrame) -> pl.DataFrame:
    """Marks the last claim of a transaction that is cut: what it says is not all it would have said."""
    ends = claims.join(cut, on=TRANSACTION, how="semi").group_by(TRANSACTION).agg(pl.col("claim_no").max())
    marked = claims.join(ends.with_columns(pl.lit(True).alias("_is_cut")), on=[*TRANSACTION, "claim_no"], how="left", maintain_order="left")
    return marked.with_columns(pl.col("_is_cut").fill_null(False))


def _in_order(copies: pl.DataFrame, transactions: pl.DataFrame, claims: pl.DataFrame, cut: pl.DataFrame) -> pl.DataFrame:
    """Copies by what they are: whole ones first, then the larger, then the later issued, then by what they hold."""
    production = "production_date" if "production_date" in copies.columns else "_date"
    envelopes = transactions.select(
        *TRANSACTION, "receiver_id", "interchange_date", "interchange_time", pl.col("group_control_id").cast(pl.Int64, strict=False)
    )
    sums = claims.group_by(TRANSACTION).agg(pl.len().alias("_claims"), (pl.col("_content") // HASH_BITS).sum().alias("_sum"))
    joined = (
        copies.join(envelopes, on=TRANSACTION, how="left")
        .join(sums, on=TRANSACTION, how="left")
        .join(cut.with_columns(pl.lit(True).alias("_is_cut")), on=TRANSACTION, how="left")
    )
    issued = joined.sort(production, "interchange_date", "interchange_time", "group_control_id", "_sum", *TRANSACTION, nulls_last=False)
    filled = issued.with_columns(
        pl.int_range(pl.len()).alias("_issued"), pl.col("_claims").cast(pl.Int64).fill_null(0), pl.col("_is_cut").fill_null(False)
    )
    return filled.sort("_is_cut", -pl.col("_claims"), -pl.col("_issued"))


def _issued_again(copies: pl.DataFrame, claims: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """Copies that a later one contradicts: it names a claim of theirs, and says something else of it or pays another sum.

    Not where the copies together add up to what was paid and none does alone: then they are pieces of one payment.
    """
    traced = copies.filter(pl.col("trace_token").is_not_null()).select(*TRANSACTION, "_issued", "payment_amount")
    key = [*_DAY, "claim_token", "icn_token", "_reverses"]
    told = claims.filter(~pl.col("_is_cut") & pl.any_horizontal(pl.col("claim_token", "icn_token").is_not_null()))
    said = told.group_by(*key, *TRANSACTION).agg((pl.col("_content") // HASH_BITS).sum().alias("_said"))
    facts = said.join(traced, on=TRANSACTION)
    differs = (pl.col("_said").n_unique() > 1) | (pl.col("payment_amount").n_unique() > 1)
    disputed = facts.filter(differs.over(key)).join(_made_up(copies, claims, moved), on=TRANSACTION, how="anti")
    if disputed.is_empty():
        return copies.clear().select(TRANSACTION)
    other = disputed.select(
        *key, pl.col("_said").alias("_other"), pl.col("payment_amount").alias("_other_amount"), pl.col("_issued").alias("_later")
    )
    is_other = (pl.col("_said") != pl.col("_other")) | (pl.col("payment_amount") != pl.col("_other_amount")).fill_null(False)
    pairs = disputed.join(other, on=key, nulls_equal=True).filter(is_other & (pl.col("_issued") < pl.col("_later")))
    against: dict[int, set[int]] = {}
    for early, late in pairs.select("_issued", "_later").unique().iter_rows():
        against.setdefault(early, set()).add(late)
    stands: set[int] = set(disputed["_issued"]) - against.keys()
    gone: list[int] = []
    for early in sorted(against, reverse=True):  # one that is itself replaced replaces nothing
        if against[early] & stands:
            gone.append(early)
        else:
            stands.add(early)
    replaced = copies.filter(pl.col("_issued").is_in(gone))
    # a cut copy of what was replaced is replaced with it
    payments = [*_DAY, "payment_amount"]
    standing = copies.filter(~pl.col("_issued").is_in(gone) & ~pl.col("_is_cut")).select(payments).unique()
    ends = copies.filter("_is_cut").join(standing, on=payments, how="anti", nulls_equal=True)
    ends = ends.join(replaced.select(payments).unique(), on=payments, how="semi", nulls_equal=True)
    return pl.concat([replaced, ends]).select(TRANSACTION).unique()


def _made_up(copies: pl.DataFrame, claims: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """Copies that add up to BPR02 only together: their claims, each content once, less what was moved outside claims."""
    payment = [*_DAY, "payment_amount"]
    sums = claims.group_by(TRANSACTION).agg(pl.col("paid_amount").sum().alias("_paid"))
    each = copies.join(sums, on=TRANSACTION, how="left").join(moved, on=TRANSACTION, how="left")
    alone = pl.col("_paid").fill_null(0) - pl.col("_moved").fill_null(0) == pl.col("payment_amount")
    distinct = claims.unique([*payment, "_content"]).group_by(payment).agg(pl.col("paid_amount").sum().alias("_together"))
    judged = each.with_columns(
        alone.fill_null(False).any().over(payment).alias("_is_whole"), pl.col("_moved").max().over(payment).fill_null(0).alias("_moved")
    )
    joined = judged.join(distinct, on=payment, how="left", nulls_equal=True)
    return joined.filter(~pl.col("_is_whole") & (pl.col("_together") - pl.col("_moved") == pl.col("payment_amount"))).select(TRANSACTION)


@dataclass(frozen=True)
class _Copies:
    """All copies of one side, in order, with their claims; `by` is what makes them copies of one thing.

    `replaced` are those of them that a later issue stands for as a whole.
    """

    ordered: pl.DataFrame
    claims: pl.DataFrame
    by: list[str]
    replaced: pl.DataFrame
    is_payment: bool

    @property
    def standing(self) -> pl.DataFrame:
        return self.ordered.join(self.replaced, on=TRANSACTION, how="anti").with_row_index("_rank")


def _side(copies: _Copies) -> Redeliveries:
    """Each claim as often as the copy that has it most often, from the first copies that have it."""
    claims = copies.claims
    place = copies.standing.select(*TRANSACTION, *(name for name in copies.by if name not in claims.columns), "_rank")
    own = claims.drop("_is_cut").join(place, on=TRANSACTION)
    ends = claims.filter("_is_cut").select(PLACE)
    numbered = own.sort("_rank", "claim_no").with_columns(pl.int_range(pl.len()).over(*TRANSACTION, "_content").alias("_nth"))
    whole = numbered.join(ends, on=PLACE, how="anti")
    counted = whole.unique([*copies.by, "_content", "_nth"], keep="first", maintain_order=True)
    if ends.height:
        counted = pl.concat([counted, _lone_ends(numbered.join(ends, on=PLACE, how="semi"), whole, copies)])
    uncounted = claims.select(PLACE).join(counted.select(PLACE), on=PLACE, how="anti")
    return Redeliveries(uncounted, _roles(copies, counted))


def _lone_ends(ends: pl.DataFrame, whole: pl.DataFrame, copies: _Copies) -> pl.DataFrame:
    """Claims that a file is cut in and no other copy has whole."""
    key = [*copies.by, "claim_token", *(("icn_token", "_reverses") if copies.is_payment else ())]
    named = ends.join(whole.select(key).unique(), on=key, how="anti", nulls_equal=True)
    return named.unique(key, keep="first", maintain_order=True)


def _roles(copies: _Copies, counted: pl.DataFrame) -> pl.DataFrame:
    """What each copy is: counted (alone), a piece (with others), a redelivery, a part of another, or replaced."""
    by = copies.by
    held = copies.claims.group_by(TRANSACTION).agg(pl.len().alias("_held"), (pl.col("_content") // HASH_BITS).sum().alias("_all"))
    used = counted.group_by(TRANSACTION).agg(pl.len().alias("_used"))
    sized = (
        copies.standing.select(*TRANSACTION, *by, "receiver_id", "_rank")
        .join(held, on=TRANSACTION, how="left")
        .join(used, on=TRANSACTION, how="left")
        .with_columns(pl.col("_held", "_used").fill_null(0), pl.col("_all").fill_null(0))
        .with_columns(((pl.col("_used") > 0) | (pl.col("_rank") == pl.col("_rank").min().over(by))).alias("_counts"))
    )
    # pieces of a payment make it up; of a batch only those sent to one receiver
    is_apart = pl.lit(not copies.is_payment) & (pl.col("delivery_code") == PIECE)
    together = pl.struct(*by, pl.when(is_apart).then("receiver_id").alias("_to"))
    named = (
        sized.sort("_rank")
        .with_columns(_role(by).alias("delivery_code"))
        .with_columns(pl.col(name).first().over(together).alias(of) for name, of in zip(TRANSACTION, _STANDING, strict=True))
    )
    gone = copies.replaced.select(
        *TRANSACTION,
        pl.lit(REPLACED).alias("delivery_code"),
        *(pl.col(name).alias(of) for name, of in zip(TRANSACTION, _STANDING, strict=True)),
    )
    return pl.concat([named.select(*TRANSACTION, "delivery_code", *_STANDING), gone])


def _role(by: Sequence[str]) -> pl.Expr:
    counts = pl.col("_counts")
    is_several = (pl.col("_used") > 0).sum().over(by) > 1
    is_equal = counts.any().over([*by, "_all", "_held"])
    return (
        pl.when(counts & is_several)
        .then(pl.lit(PIECE))
        .when(counts)
        .then(pl.lit(COUNTED))
        .when(is_equal)
        .then(pl.lit(REDELIVERY))
        .otherwise(pl.lit(PART))
    )
