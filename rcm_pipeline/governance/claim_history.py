"""The whole life of a claim as a list of events: what was sent, what each layer said, what was decided and why, what comes next."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl

from rcm_pipeline.claims.remits import ANSWER_LINE
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import InputError
from rcm_pipeline.governance.access import numbers_of
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.privacy.vault import ACCOUNT
from rcm_pipeline.redelivery import once
from rcm_pipeline.reference import reference
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import read_where

_ANSWERS = {"accepted": "accepted", "rejected": "turned back"}
_MARKS = {"is_first": "first decision", "is_current": "the decision that stands", "is_reversed": "taken back later", "is_pended": "pended"}
_CAUSE = (
    "root_cause", "owner", "evidence", "evidence_detail", "confidence", "review_reason", "is_initial", "is_retrospective",
    "expected_amount",
)  # fmt: skip
_VERDICTS = {"TA1": "interchange_verdict", "999": "transaction_verdict"}
_STEPS = {"1": "original", "7": "replacement", "8": "void"}


@dataclass(frozen=True)
class Event:
    """One thing that happened: when, in which layer, what, its particulars, the rules that fired, and where it is written."""

    date: dt.date | None
    layer: str
    what: str
    particulars: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    where: str = ""
    told_after: dt.date | None = None


@dataclass(frozen=True)
class Story:
    """The events of one lineage in order, where it stands, and who decides next."""

    lineage_id: str
    facts: dict[str, Any]
    events: list[Event]
    next_step: str


def lineages_of(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    """Lineages with one of these names: lineage_id or claim_token."""
    found = read_where(connection, "core_claim_lineages", "lineage_id", names)["lineage_id"].to_list()
    by_token = read_where(connection, "core_claim_lineages", "claim_token", names)["lineage_id"].to_list()
    return sorted({*found, *by_token})


def story(connection: duckdb.DuckDBPyConnection, lineage_id: str) -> Story:
    """Everything the warehouse knows of one lineage, in order."""
    facts = read_where(connection, "core_claim_lineages", "lineage_id", [lineage_id]).row(0, named=True)
    events = [
        *_sent(connection, lineage_id),
        *_answers(connection, lineage_id),
        *_reversals(connection, lineage_id),  # before the decisions of their day, as their corrections follow them
        *_decisions(connection, lineage_id),
        *_recoupments(connection, lineage_id),
        *_touches(connection, facts["claim_token"]),
        *_logged(connection, facts["claim_token"]),
    ]
    order = {"sent": 0, "L1": 1, "L2": 2, "L3": 3, "PLB": 4, "work": 5}
    ordered = sorted(events, key=lambda e: (e.date or e.told_after or dt.date.max, order[e.layer]))
    return Story(lineage_id, facts, ordered, _next(connection, facts))


def _sent(connection: duckdb.DuckDBPyConnection, lineage_id: str) -> Iterator[Event]:
    for r in read_where(connection, "core_claim_versions", "lineage_id", [lineage_id]).sort("version_no").iter_rows(named=True):
        kind = _STEPS.get(r["frequency_code"] or "1", f"frequency {r['frequency_code']}")
        to = f"to payer {r['payer_id'] or 'not named'} as {_sequence(r['sequence_code'])}"
        particulars = [to, f"{r['line_count']} lines, ${r['charge_amount']}"]
        if r["has_authorization"]:
            particulars.append("with an authorization number")
        where = _read_at(connection, r["version_id"], "claim")
        yield Event(r["sent_date"], "sent", f"Version {r['version_no']} sent ({kind})", particulars, [], where)


def _answers(connection: duckdb.DuckDBPyConnection, lineage_id: str) -> Iterator[Event]:
    """What TA1, 999 and 277CA said of the versions; a TA1 bears no date and is told after its version."""
    versions = read_where(connection, "core_claim_versions", "lineage_id", [lineage_id])
    sent = versions.select("version_id", "submission_id", "version_no", "sent_date")
    of_file = read_where(connection, "core_layer_events", "submission_id", versions["submission_id"].unique().to_list())
    of_file = of_file.filter(pl.col("layer_code") == "L1").drop("version_id").join(sent, on="submission_id")
    of_claim = read_where(connection, "core_layer_events", "version_id", versions["version_id"].to_list())
    of_claim = of_claim.filter(pl.col("layer_code") == "L2").join(sent.drop("submission_id"), on="version_id")
    for r in of_file.iter_rows(named=True):
        where = _read_at(connection, r["submission_id"], "", fact=_VERDICTS[r["source_code"]])
        yield _event_of(r, f"{r['source_code']}: file of version {r['version_no']} {_ANSWERS[r['outcome_code']]}", where)
    for r in of_claim.iter_rows(named=True):
        where = _read_at(connection, r["version_id"], "status", fact="claim_verdict")
        yield _event_of(r, f"277CA: version {r['version_no']} {_ANSWERS[r['outcome_code']]}", where)


def _event_of(r: dict[str, Any], what: str, where: str) -> Event:
    particulars = [f"status {r['reason_code']}"] if r["reason_code"] else []
    if r["root_cause"]:
        particulars.append(f"cause {r['root_cause']}; began in {r['stage_introduced']}, first to be seen in {r['stage_detectable']}")
    return Event(r["event_date"], r["layer_code"], what, particulars, [], where, r["event_date"] or r["sent_date"])


def _decisions(connection: duckdb.DuckDBPyConnection, lineage_id: str) -> Iterator[Event]:
    """Every claim payment that is no reversal, with its lines, their rules and the cause of each denial."""
    payments = read_where(connection, "core_adjudications", "lineage_id", [lineage_id]).filter(pl.col("kind") != "reversal")
    lines = read_where(connection, "core_adjudicated_lines", "lineage_id", [lineage_id])
    causes = read_where(connection, "core_denials", "lineage_id", [lineage_id]).select(*ANSWER_LINE, *_CAUSE)
    caused = lines.join(causes, on=ANSWER_LINE, how="left").sort(ANSWER_LINE)
    for r in payments.iter_rows(named=True):
        own = caused.filter(pl.col("answer_id") == r["answer_id"])
        paid = f"paid ${r['paid_amount']} of ${r['charge_amount']}"
        what = f"Payer {r['payer_id']} answers, CLP02 {r['status_code']}: {r['disposition']}, {paid}"
        marks = ", ".join(text for name, text in _MARKS.items() if r[name])
        particulars = [marks] if marks else []
        particulars += [line for row in own.iter_rows(named=True) for line in _line(row)]
        rules = [r["match_rule"], *own["line_match_rule"], *own["rule_id"], *(r["broken_rules"] or "").split(",")]
        yield Event(r["adjudication_date"], "L3", what, particulars, _rules(rules), _read_at(connection, r["answer_id"], "claim payment"))


def _line(r: dict[str, Any]) -> Iterator[str]:
    reason = "-".join(part for part in (r["group_code"], r["carc_code"]) if part)
    paid = f"paid ${r['paid_amount']} of ${r['charge_amount']}"
    text = f"line {r['line_no']} {r['procedure_code'] or ''}: {r['disposition']} by {r['rule_id']}, {paid}"
    yield text + (f", {reason} ${r['denied_amount']}" if reason else "")
    if r["root_cause"]:
        kind = "initial denial" if r["is_initial"] else "denied after it had been paid" if r["is_retrospective"] else "later denial"
        sure = f"{r['confidence']:.0%} sure, from {r['evidence']}" + (f" ({r['evidence_detail']})" if r["evidence_detail"] else "")
        yield f"  {kind}, cause {r['root_cause']}: {sure}; owner {r['owner']}; worth ${r['expected_amount']} if paid"
    if r["review_reason"]:
        yield f"  a person must decide: {r['review_reason'].replace('_', ' ')}"


def _reversals(connection: duckdb.DuckDBPyConnection, lineage_id: str) -> Iterator[Event]:
    for r in read_where(connection, "core_reversals", "lineage_id", [lineage_id]).iter_rows(named=True):
        original = _read_at(connection, r["original_answer_id"], "claim payment") or "nothing that is here"
        correction = _read_at(connection, r["correction_answer_id"], "claim payment") or "nothing yet"
        particulars = [f"takes back {original}", f"in its place: {correction}"]
        where, rules = _read_at(connection, r["answer_id"], "claim payment"), _rules([r["pair_rule"]])
        yield Event(r["adjudication_date"], "L3", f"Payer {r['payer_id']} reverses ${r['paid_amount']}", particulars, rules, where)


def _recoupments(connection: duckdb.DuckDBPyConnection, lineage_id: str) -> Iterator[Event]:
    for r in read_where(connection, "core_recoupments", "lineage_id", [lineage_id]).iter_rows(named=True):
        what = f"Payer {r['payer_id']} moves ${r['amount']} outside the claim: {r['kind'].replace('_', ' ')} (PLB {r['reason_code']})"
        yield Event(
            r["adjudication_date"], "PLB", what, [], [], _read_at(connection, r["payment_id"], "provider adjustment", r["adjustment_no"])
        )


def _touches(connection: duckdb.DuckDBPyConnection, token: str | None) -> Iterator[Event]:
    if token is None:
        return
    touches = once(read_where(connection, "raw_touches", "claim_token", [token]))
    for r in touches.iter_rows(named=True):
        where = _where(r["file_id"], "row", r["row_no"])
        yield Event(r["touched_date"], "work", f"Worked: {r['activity_code']}", [f"{r['minutes']} minutes"], [], where)


def _logged(connection: duckdb.DuckDBPyConnection, token: str | None) -> Iterator[Event]:
    """What people keep of the account beside the payer's files: denials logged, appeals, money posted. It decides nothing."""
    if token is None:
        return
    for r in once(read_where(connection, "raw_logged_denials", "claim_token", [token])).iter_rows(named=True):
        reason = "-".join(part for part in (r["group_code"], r["carc_code"]) if part) or "no reason we know"
        told = [_told("work", r["work_code"]), _told("appeal", r["appeal_outcome_code"]), _told("appeal due", r["due_date"])]
        told += [_told("appealed on", r["appeal_date"]), _told("recovered $", r["recovered_amount"])]
        what = f"Logged as denied: {reason}" + (f", ${r['denied_amount']}" if r["denied_amount"] is not None else "")
        yield Event(r["denied_date"], "work", what, [text for text in told if text], [], _where(r["file_id"], "row", r["row_no"]))
    for r in once(read_where(connection, "raw_appeals", "claim_token", [token])).iter_rows(named=True):
        told = [
            _told("outcome", r["appeal_outcome_code"]),
            _told("decided on", r["decided_date"]),
            _told("recovered $", r["recovered_amount"]),
        ]
        what = "Appealed" + (f", level {r['appeal_level_code']}" if r["appeal_level_code"] else "")
        day = r["appeal_date"] or r["decided_date"]
        yield Event(day, "work", what, [text for text in told if text], [], _where(r["file_id"], "row", r["row_no"]))
    for r in once(read_where(connection, "raw_postings", "claim_token", [token])).iter_rows(named=True):
        what = f"Posted: {(r['posting_code'] or 'entry').replace('_', ' ')} ${r['posted_amount']}"
        yield Event(r["posting_date"], "work", what, [], [], _where(r["file_id"], "row", r["row_no"]))


def _told(what: str, value: object) -> str:
    return "" if value is None else f"{what}{'' if what.endswith('$') else ' '}{value}".replace("_", " ")


def _next(connection: duckdb.DuckDBPyConnection, facts: dict[str, Any]) -> str:
    """Who decides next, and until when."""
    listed = read_where(connection, "mart_worklist", "lineage_id", [facts["lineage_id"]])
    if listed.height:
        r = listed.row(0, named=True)
        until = f" until {r['deadline_date']}" if r["deadline_date"] else ""
        who = f"{r['owner']} ({r['rework_target']})".replace("_", " ")
        return f"{who}{until}: {r['next_step']} (rank {r['rank']} of the worklist)"
    waiting = {
        "rejected": "biller: correct what the rejection names and send the claim again",
        "unanswered": "payer: has not answered yet",
        "pended": "payer: holds it",
        "reversed": "payer: took its decision back and owes another",
    }
    return waiting.get(facts["status_code"], "nobody: nothing is open")


def _rules(ids: Sequence[str | None]) -> list[str]:
    """Each rule once, with its sentence."""
    known = dict(reference("rules").select("rule_id", "applies_when").iter_rows())
    return [f"{rule}: {known[rule]}" for rule in dict.fromkeys(ids) if rule in known]


def _where(file_id: str | None, what: str, number: int | None) -> str:
    return "" if file_id is None else f"file {file_id[:12]}" + (f", {what} {number}" if number is not None else "")


_COPIES = {
    "redelivery": "again",
    "part": "a part of it",
    "replaced": "replaced by a later issue",
}


def _read_at(
    connection: duckdb.DuckDBPyConnection, fact_id: str | None, what: str, number: int | None = None, *, fact: str | None = None
) -> str:
    """Every place a thing was read in, the one that counts first, and what the others are; nothing for what is not here.

    `fact` is asked for by its kind where two kinds share an identity.
    """
    places = read_where(connection, "core_deliveries", "fact_id", [fact_id] if fact_id else [])
    is_wanted = pl.col("fact_code") == fact if fact else ~pl.col("fact_code").str.ends_with("_verdict")
    ordered = places.filter(is_wanted).sort(pl.col("delivery_code").is_in(list(_COPIES)), "file_id", "transaction_no", "claim_no")
    named = []
    for r in ordered.iter_rows(named=True):
        place = _where(r["file_id"], what, number or r["claim_no"] or None)
        copy = _COPIES.get(r["delivery_code"])
        named.append(f"{place} ({copy})" if copy else place)
    return "; ".join(named)


def _sequence(code: str) -> str:
    return {"P": "primary", "S": "secondary", "T": "tertiary"}.get(code, code)


def explain_claim(home: Home, client: str, claim: str) -> list[Story]:
    """The stories of every lineage the claim names: one account number may stand for several visits and payers.

    The account number is turned into its token with the client's key and goes no further. Raises InputError, which does
    not repeat it, when nothing is found.
    """
    token = Tokens(*client_keys(home.keys, client, may_create=False)).token(ACCOUNT, pl.Series([claim]))[0]
    with open_warehouse(home.published(client), read_only=True) as connection:
        found = lineages_of(connection, [claim, token])
        stories = [story(connection, lineage) for lineage in found]
    if not stories:
        raise InputError(
            f"{client}: there is no claim of that number, token or lineage",
            fix="write the account number as the client's claims do; rcm status says what was loaded",
        )
    return stories


def revealed(home: Home, client: str, stories: Sequence[Story]) -> str:
    """Account and payers' numbers of these claims, from the vault, a line each."""
    lines = []
    for token in dict.fromkeys(found.facts["claim_token"] for found in stories):
        account, payers = numbers_of(home, client, token)
        lines.append(f"{token}: account {account or 'not in the vault'}; payers' numbers {', '.join(payers) or 'none'}")
    return "\n".join(lines)


def printed(story: Story) -> str:
    """A story as text: a heading, one paragraph per event, and who decides next."""
    facts = story.facts
    head = [
        f"Lineage {story.lineage_id}",
        f"  {facts['status_code'].replace('_', ' ')}; payer {facts['payer_id'] or 'unknown'}; charge ${facts['charge_amount']}; "
        f"versions sent {facts['version_count']}, answers {facts['answer_count']}" + ("; a crossover" if facts["is_crossover"] else ""),
    ]
    body = [line for event in story.events for line in _event(event)]
    return "\n".join([*head, *body, f"  next: {story.next_step}"])


def _event(event: Event) -> list[str]:
    where = f"  [{event.where}]" if event.where else ""
    lines = [f"  {event.date or 'day unknown'}  {event.what}{where}"]
    lines += [f"      {text}" for text in event.particulars]
    return lines + [f"      rule {rule}" for rule in event.rules]
