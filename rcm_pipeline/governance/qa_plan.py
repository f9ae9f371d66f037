"""`rcm plan-qa`: draw a week's QA sample from the warehouse and log it, or give back the one that was drawn."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from rcm_pipeline.code_sets.values import diagnosis_codes, modifiers, procedures
from rcm_pipeline.coding.sampling.risk_reasons import RECENT_WEEKS, History
from rcm_pipeline.coding.sampling.sampling import default_seed, draw, frame
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import InputError, UsageError
from rcm_pipeline.settings import Home, load_client_settings
from rcm_pipeline.warehouse import append, file_codes, publish_warehouse, read
from rcm_pipeline.weeks import Week, anchor_stored

TABLE = "ops_qa_samples"
_LOG = "raw_coded_encounters"
_CLAIM = ("file_id", "claim_no")
_CODED = ("procedure_code", "code_qualifier", *(f"modifier_{n}_code" for n in range(1, 5)))
_DRAWN = ~pl.col("is_spare")


@dataclass(frozen=True)
class Plan:
    """A sample as logged (rows of ops_qa_samples), and whether this call drew it."""

    client: str
    sample: pl.DataFrame
    is_new: bool

    @property
    def sample_id(self) -> str:
        """Number of the sample."""
        return str(self.sample["sample_id"][0])

    @property
    def week(self) -> dt.date:
        """Monday of the frame."""
        week: dt.date = self.sample["week"][0]
        return week


def plan_qa(home: Home, client: str, today: dt.date, *, week: dt.date | None = None, seed: int | None = None, redraw: bool = False) -> Plan:
    """The sample of the charts coded in a week [default: the anchor week], as drawn before, else drawn now and logged.

    redraw: draw again, with a seed not used for this frame before; the newest sample of a week is the one in force, and all
    stay in the log. Raises UsageError for a seed that is not the logged one without `redraw`, or a redraw without a new one;
    InputError where nothing was coded in the week or it is not over; BusyError while another run has the warehouse.
    """
    if redraw and seed is None:
        raise UsageError("a redraw needs another seed", fix="name one with --seed N; the log keeps both samples")
    with open_warehouse(home.warehouse(client)) as connection:
        asked = _week(connection, client, week, today)
        logged = read(connection, TABLE)
        before = _in_force(logged, asked)
        if not redraw and before.height:
            _check_seed(before, seed)
            return Plan(client, before, is_new=False)
        qa = load_client_settings(home.settings, client).qa
        charts = frame(history(connection, Week(asked).sunday), logged, asked, qa)
        if charts.is_empty():
            raise _nothing(connection, client, asked)
        drawn = draw(charts, qa, asked, default_seed(client, asked) if seed is None else seed, today)
        if (logged["sample_id"] == drawn["sample_id"][0]).any():
            raise UsageError(f"the sample of seed {drawn['seed'][0]} is in the log already", fix="name a seed not used for this week")
        append(connection, TABLE, drawn)
        publish_warehouse(connection, home.warehouse(client))
    return Plan(client, drawn, is_new=True)


def history(connection: duckdb.DuckDBPyConnection, last: dt.date) -> History:
    """What the frame and its reasons are taken from, for a week that ends on `last`."""
    files = file_codes(connection)
    lines = read(connection, "raw_claim_lines", ("file_id", "claim_no", *_CODED, "service_from_date"), files)
    claims = read(connection, "raw_claims", ("file_id", "claim_no", "claim_token", "created_date"), files)
    codes = lines.join(claims, on=_CLAIM, how="inner").select(
        "claim_token", "procedure_code", pl.coalesce("created_date", "service_from_date").alias("used_date")
    )
    decided = ("answer_line_id", "lineage_id", "week", "is_first", "procedure_code", "disposition")
    denied = ("answer_line_id", "lineage_id", "is_initial", "root_cause")
    return History(
        encounters=read(connection, _LOG),
        reviews=read(connection, "core_qa_reviews"),
        lineages=read(connection, "core_claim_lineages", ("lineage_id", "claim_token", "coder_id")),
        lines=read(connection, "core_adjudicated_lines", decided),
        denials=read(connection, "core_denials", denied),
        codes=codes.unique(),
        changed=_changed(connection, lines, claims, last, files),
    )


def _changed(
    connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, claims: pl.DataFrame, last: dt.date, files: pl.Enum
) -> pl.DataFrame:
    """claim_token of claims with a code that its code set changed in the last 13 weeks (mart_code_set_changes)."""
    is_recent = pl.col("change_date").is_between(last - dt.timedelta(weeks=RECENT_WEEKS, days=-1), last)
    changes = read(connection, "mart_code_set_changes", ("system_code", "code", "change_date")).filter(is_recent)
    if changes.is_empty():
        return claims.select("claim_token").clear()
    diagnoses = read(connection, "raw_claim_diagnoses", (*_CLAIM, "qualifier_code", "diagnosis_code"), files)
    found = (procedures(lines), modifiers(lines), diagnosis_codes(diagnoses))
    carrying = pl.concat([part.select(*_CLAIM, "system_code", "code") for part in found]).join(
        changes, on=["system_code", "code"], how="semi"
    )
    return claims.join(carrying, on=_CLAIM, how="semi").select("claim_token").unique()


def by_coder(sample: pl.DataFrame) -> pl.DataFrame:
    """Per coder: specialty, charts of the frame, drawn at random, charts for risk to draw from, drawn for risk, spares, reasons."""
    is_random = pl.col("stratum_code") == "random"
    counts = {
        "chart_count": pl.col("frame_count").filter(is_random).max(),
        "random_count": (is_random & _DRAWN).sum(),
        "risk_chart_count": pl.col("frame_count").filter(~is_random).max().fill_null(0),
        "risk_count": (~is_random & _DRAWN).sum(),
        "spare_count": pl.col("is_spare").sum(),
    }
    drawn = sample.group_by("coder_id").agg(
        pl.col("specialty").drop_nulls().mode().sort().first(),
        *(count.cast(pl.Int64).alias(name) for name, count in counts.items()),
        pl.col("reason_code").filter(_DRAWN & (pl.col("reason_code") != "random")).unique().sort().alias("reasons"),
    )
    return drawn.sort("coder_id")


def as_values(plan: Plan) -> dict[str, Any]:
    """The plan as plain values, without a chart: number, week, seed, hash, and the sizes by coder."""
    coders = by_coder(plan.sample)
    facts = {name: plan.sample[name][0] for name in ("sample_id", "week", "planned_at", "seed", "frame_hash")}
    sums = {name: int(coders[name].sum()) for name in ("chart_count", "random_count", "risk_count", "spare_count")}
    return {"client": plan.client, "is_new": plan.is_new, **facts, **sums, "coders": coders.to_dicts()}


def plan_text(plan: Plan) -> Iterator[str]:
    """The plan in lines of text."""
    v = as_values(plan)
    what = "drawn now" if plan.is_new else f"as drawn on {v['planned_at']}"
    yield f"Sample {v['sample_id']} of the charts coded in the week of {v['week']}, {what}; seed {v['seed']}"
    yield (
        f"{v['random_count']:,} of {v['chart_count']:,} charts at random, {v['risk_count']:,} more for risk, "
        f"{v['spare_count']:,} spares, {len(v['coders'])} coders"
    )


def _week(connection: duckdb.DuckDBPyConnection, client: str, week: dt.date | None, today: dt.date) -> dt.date:
    anchor = anchor_stored(connection, today)
    found = week or (anchor.monday if anchor else None)
    if found is None:
        raise InputError(f"{client}: no week is complete yet", fix="load its remittances with rcm run, or name a week with --week")
    if Week.of(found).sunday >= today:
        raise InputError(f"{found}: this week is not over yet", fix="wait until Monday: charts still to be coded could not be drawn")
    return found


def _in_force(logged: pl.DataFrame, week: dt.date) -> pl.DataFrame:
    """The newest sample of a week: the log is in the order of drawing."""
    of_week = logged.filter(pl.col("week") == week)
    return of_week.filter(pl.col("sample_id") == pl.col("sample_id").last())


def _check_seed(sample: pl.DataFrame, seed: int | None) -> None:
    known = int(sample["seed"][0])
    if seed is not None and seed != known:
        raise UsageError(
            f"the sample of this week was drawn with seed {known}", fix="leave --seed out to get it again, or add --redraw to draw another"
        )


def _nothing(connection: duckdb.DuckDBPyConnection, client: str, week: dt.date) -> InputError:
    newest = read(connection, _LOG, ("coded_date",))["coded_date"].max()
    if not isinstance(newest, dt.date):
        return InputError(
            f"{client}: there is no coding log, so nobody knows which charts were coded, and by whom",
            fix="put one into the inbox (account, coder, coded date) and run rcm run",
        )
    return InputError(
        f"{client}: there is no chart to draw in the week of {week}: none was coded, or all are reviewed; the coding log ends on {newest}",
        fix="load the log of that week with rcm run, or name another with --week",
    )
