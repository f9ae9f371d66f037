"""The `rcm` command. It parses, calls and prints; data goes to stdout, narration to stderr. It owns no logic."""

import datetime as dt
import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rcm_pipeline.errors import ExitCode, InputError, RcmError, UsageError

if TYPE_CHECKING:
    from rcm_pipeline.governance.status import Summary
    from rcm_pipeline.intake.export import Exported
    from rcm_pipeline.settings import Home

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From a client's inbox of claims, remittances and QA sheets to a weekly governance pack.",
)

HomeOption = Annotated[Path, typer.Option("--home", envvar="RCM_HOME", help="Folder of warehouses, reports, keys and Dagster's records.")]
InboxOption = Annotated[
    Path | None, typer.Option("--inbox", envvar="RCM_INBOX", help="Folder with one folder per client [default: HOME/inbox].")
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", envvar="RCM_SETTINGS", help="Folder of client settings [default: HOME/settings].")
]
TodayOption = Annotated[str, typer.Option("--today", help="Judge as if it were this day (YYYY-MM-DD).", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DEFAULT_HOME = Path("var")


class Format(StrEnum):
    """File formats of `rcm read`."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


@app.command()
def run(
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    client: Annotated[list[str] | None, typer.Option("--client", help="Only this client; may be given again.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Compute and publish even when nothing is new.")] = False,
    today: TodayOption = "",
    as_json: JsonOption = False,
) -> None:
    """Load what is new in the inbox, compute everything, publish each client's weekly pack."""
    from rcm_pipeline.governance.status import summarise
    from rcm_pipeline.intake.inbox import clients_of, deliveries

    place, day = _home(home, inbox, settings), _day(today)
    found = {name: list(deliveries(places)) for name, places in clients_of(place.inbox).items() if not client or name in client}
    _require_clients(found, client, place)
    worst, summaries = ExitCode.OK, []
    for name, delivered in found.items():
        code = _run_client(place, name, delivered, day, again)
        summary = summarise(place, name) if place.warehouse(name).exists() else None
        unopened = sum(d.file_id is None for d in delivered)
        worst = max(worst, code, ExitCode.NEEDS_A_PERSON if unopened else ExitCode.OK)
        summaries.append((name, code, summary))
    worst = max(worst, _run_portfolio(place, day))
    _print_run(summaries, as_json)
    raise typer.Exit(worst)


@app.command()
def read(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files or folders: X12, CSV, TSV, XLSX, Parquet, .zip, .gz.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write the tables to.")] = None,
    form: Annotated[Format, typer.Option("--format", help="Format of the tables.")] = Format.PARQUET,
    explain: Annotated[bool, typer.Option("--explain", help="Only say which column of a sheet goes where and what is missing.")] = False,
    identified: Annotated[
        bool, typer.Option("--identified", help="Keep control numbers and file names: the tables then identify people.")
    ] = False,
    client: Annotated[str, typer.Option("--client", help="Client whose key and settings to use.")] = "read",
    home: HomeOption = DEFAULT_HOME,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read any X12 file, export, QA sheet or log into tables, one file per table. Files of any size are read in little memory."""
    from rcm_pipeline.intake.export import export, find_files
    from rcm_pipeline.privacy.keys import client_key
    from rcm_pipeline.privacy.tokens import Identified, Tokens
    from rcm_pipeline.settings import client_of, load_client_settings

    place, client = _home(home, None, settings), client_of(client)
    known = load_client_settings(place.settings, client)
    found, unopened = find_files(paths)
    if explain:
        _explain(found, known, unopened)
        return
    if out is None:
        raise UsageError("there is no folder to write the tables to", fix="name one with --out FOLDER, or ask --explain")
    pseudonyms = Identified() if identified else Tokens(client_key(place.keys, client))
    with _progress("Reading", sum(d.byte_count for d in found), in_bytes=True) as advance:
        done = export(found, known, pseudonyms, out, form.value, advance)
    done.unopened = unopened
    _print_read(done, out, as_json)
    kept = sum(n for table, n in done.rows.items() if table not in ("raw_files", "raw_rejects", "raw_findings", "raw_transactions"))
    if not kept or unopened:
        raise typer.Exit(ExitCode.INPUT)


@app.command()
def report(
    client: Annotated[str, typer.Argument(help="Client to report on.")],
    week: Annotated[str, typer.Option("--week", help="Monday of the week, as it stood then [default: the last complete week].")] = "",
    home: HomeOption = DEFAULT_HOME,
    settings: SettingsOption = None,
    today: TodayOption = "",
) -> None:
    """Publish a client's pack from the warehouse, for the last complete week or an earlier one."""
    from assets.factory import now
    from dashboards.publish import publish_week
    from rcm_pipeline.weeks import Week

    place = _home(home, None, settings)
    _require_warehouse(place, client)
    published = publish_week(place, client, Week(_monday(week)) if week else None, _day(today), now())
    print(published.folder / "governance_pack.html")


@app.command()
def ui(
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    port: Annotated[int, typer.Option("--port", help="Port on this machine.")] = 3000,
) -> None:
    """Open Dagster on localhost, with the inbox sensor and the Monday schedule switched on."""
    import os

    from assets.launch import prepare_dagster, register_clients
    from rcm_pipeline.intake.inbox import clients_of

    place = _home(home, inbox, settings)
    prepare_dagster(place)
    register_clients(sorted(clients_of(place.inbox)) if place.inbox.is_dir() else [])
    os.environ["RCM_AUTOMATION"] = "on"
    _say(f"Dagster is starting on http://127.0.0.1:{port} — stop it with Ctrl-C")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "rcm_pipeline.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


@app.command()
def status(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say how each client stands. Ends with exit code 1 when a person is needed."""
    from rcm_pipeline.governance.status import clients_with_warehouse, summarise

    place = _home(home, None, None)
    found = [summarise(place, client) for client in clients_with_warehouse(place)]
    if as_json:
        print(json.dumps([vars(summary) for summary in found], indent=1))
    for summary in [] if as_json else found:
        print(
            f"{summary.client}: last run {summary.last_run}; pack of week {summary.week or '–'}; {summary.file_count} files, "
            f"{summary.reject_count} not read, {summary.quarantined_count} rows set aside"
        )
        for trouble in summary.trouble:
            print(f"  needs a person: {trouble}")
        for note in summary.notes:
            print(f"  worth doing: {note}")
    if not found:
        _say(f"There is no warehouse in {place.root} yet; start with: rcm run --inbox DIR --home {place.root}")
    if not found or any(summary.trouble for summary in found):
        raise typer.Exit(ExitCode.NEEDS_A_PERSON)


@app.command()
def quarantine(
    client: Annotated[str, typer.Argument(help="Client to look at.")],
    names: Annotated[
        bool, typer.Option("--names", help="Find the files in the inbox by content and print their names, here only.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was not read and what was set aside: place, rule and what to do. Never a value."""
    from rcm_pipeline.intake.quarantine_listing import name_files, quarantine_listing

    place = _home(home, inbox, None)
    _require_warehouse(place, client)
    rows = quarantine_listing(place, client)
    if names:
        rows = name_files(rows, place, client)
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['file']}  {row['place']}  {row['rule']}: {row['reason']}")
    _say(f"{len(rows)} things to look at" if rows else "Nothing was set aside.")


@app.command()
def explain(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="Account number as the client writes it, claim token, or lineage.")],
    client: Annotated[str, typer.Option("--client", help="Client it belongs to; may be left out while there is only one.")] = "",
    page: Annotated[Path | None, typer.Option("--page", help="Write a page to this file as well.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Tell the whole life of a claim: what was sent, what each layer said, every rule that fired, who decides next."""
    from rcm_pipeline.governance.claim_history import explain_claim, printed

    place = _home(home, None, None)
    owner = _only_client(place, client)
    stories = explain_claim(place, owner, claim)
    if page:
        from dashboards.claims import claim_page

        page.write_text(claim_page(owner, stories), encoding="utf-8")
    if as_json:
        print(json.dumps([asdict(found) for found in stories], indent=1, default=str))
    else:
        print("\n\n".join(printed(found) for found in stories))


@app.command()
def worklist(
    out: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Workbook to write.")],
    client: Annotated[str, typer.Option("--client", help="Client whose worklist it is; may be left out while there is only one.")] = "",
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Put account numbers in, found in the inbox: the workbook then identifies people.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
) -> None:
    """Write the worklist of open denials for the floor, one sheet per queue, with or without account numbers."""
    from dashboards.worklist import write_worklist

    place = _home(home, inbox, None)
    count, named = write_worklist(place, _only_client(place, client), out, with_accounts=accounts)
    _say(f"{count:,} open denials" + (f", {named:,} with their account number; this file identifies people" if accounts else ""))
    print(out)


@app.command("plan-qa")
def plan_qa(
    client: Annotated[str, typer.Argument(help="Client whose charts to draw; may be left out while there is only one.")] = "",
    week: Annotated[str, typer.Option("--week", help="Monday of the coded charts [default: the last complete week].")] = "",
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**63 - 1, help="Seed of the draw [default: from client and week].")
    ] = None,
    redraw: Annotated[bool, typer.Option("--redraw", help="Draw again, with another --seed; both samples stay in the log.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Workbook to write [default: HOME/reports/CLIENT/qa_plan_SAMPLE.xlsx].")] = None,
    accounts: Annotated[
        bool,
        typer.Option("--accounts", help="Put account numbers in, found in the inbox: the workbook then identifies people; needs --out."),
    ] = False,
    page: Annotated[bool, typer.Option("--page", help="Write reports/CLIENT/qa_plan.html as well: what the plan can tell.")] = False,
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    today: TodayOption = "",
    as_json: JsonOption = False,
) -> None:
    """Draw the QA sample of a week's charts, at random and for risk, log it and write it for the auditors; or write the one of before."""
    from dashboards.qa_plan import write_plan_page, write_sample
    from rcm_pipeline.governance.qa_plan import as_values, told
    from rcm_pipeline.governance.qa_plan import plan_qa as drawn_plan

    if accounts and out is None:
        raise UsageError(
            "a workbook with account numbers does not belong among the reports", fix="say where to write it with --out FILE.xlsx"
        )
    place = _home(home, inbox, settings)
    name = _only_client(place, client)
    plan = drawn_plan(place, name, _day(today), week=_monday(week) if week else None, seed=seed, redraw=redraw)
    written, named = write_sample(place, plan, out, with_accounts=accounts)
    files = {"workbook": str(written)} | ({"page": str(write_plan_page(place, plan))} if page else {})
    if accounts:
        _say(f"{named:,} of {plan.sample.height:,} charts with their account number; this file identifies people")
    if as_json:
        print(json.dumps(as_values(plan) | files, indent=1, default=str))
    else:
        _say("\n".join(told(plan)))
        print("\n".join(files.values()))


@app.command()
def backtest(
    client: Annotated[str, typer.Argument(help="Client whose past to replay.")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, help="Complete weeks to replay, the last ones.")] = 52,
    page: Annotated[bool, typer.Option("--page", help="Write reports/CLIENT/backtest.html as well and print where it is.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Replay the spike detector over a client's own past: alarms by month, whether p is to be believed, what each alarm was."""
    from rcm_pipeline.governance.backtest import as_values, backtest_client, printed

    place = _home(home, None, None)
    _require_warehouse(place, client)
    found, payers = backtest_client(place, client, weeks)
    if found.week_count < weeks:
        _say(f"{client}: there are only {found.week_count} complete weeks, and all were replayed")
    written = None
    if page:
        from dashboards.backtest import write_backtest

        written = write_backtest(place, client, found, payers)
    if as_json:
        print(json.dumps(as_values(client, found) | ({"page": str(written)} if written else {}), indent=1, default=str))
    else:
        print(printed(found) + (f"\n\n{written}" if written else ""))


@app.command()
def keys(
    home: HomeOption = DEFAULT_HOME, client: Annotated[str, typer.Option("--client", help="Make this client's key if it has none.")] = ""
) -> None:
    """List the client keys by name and fingerprint; the key itself is never printed."""
    from rcm_pipeline.privacy.keys import client_key
    from rcm_pipeline.privacy.tokens import Tokens
    from rcm_pipeline.settings import client_of

    place = _home(home, None, None)
    if client:
        client_key(place.keys, client_of(client))
    for path in sorted(place.keys.glob("*.key")):
        print(f"{path.stem}  {Tokens(client_key(place.keys, path.stem)).key_id}  {path}")
    _say("Keep a copy of these files apart from the warehouse: without a key its tokens can never be matched again.")


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="Folder to write inbox, settings and truth to.")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, help="Weeks of remittances.")] = 26,
    scale: Annotated[float, typer.Option("--scale", min=0.01, help="Times the usual volume; 300 makes a million claims.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 20261123,
) -> None:
    """Make labelled sample data of any size, with the truth beside the inbox."""
    from rcm_pipeline.sample.generate import expected_claims, generate

    with _progress("Writing claims", expected_claims(weeks, scale)) as advance:
        counts = generate(out, weeks=weeks, seed=seed, scale=scale, progress=advance)
    for client, count in counts.items():
        _say(f"{client}: {count:,} claims")
    print(out / "inbox")


def main() -> None:
    """Entry point: our errors become a message and an exit code; anything else shows its kind and place, never a value."""
    try:
        app()
    except RcmError as error:
        _say(f"rcm: {error}" + (f"\n     {error.fix}" if error.fix else ""))
        sys.exit(error.exit_code)
    except OSError as error:  # its file name may be one of the inbox, so only the reason is said
        reason = error.strerror or type(error).__name__
        _say(f"rcm: a file or folder cannot be read or written: {reason}\n     check --home, --out and free space")
        sys.exit(ExitCode.STORAGE)
    except Exception as error:  # noqa: BLE001 - the message of an unknown error may quote a file
        frame = error.__traceback__
        while frame and frame.tb_next:
            frame = frame.tb_next
        place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "unknown place"
        _say(f"rcm: internal error {type(error).__name__} at {place}; please report this line")
        sys.exit(ExitCode.INTERNAL)


def _run_client(place: "Home", name: str, delivered: list[Any], day: dt.date, again: bool) -> ExitCode:
    from rcm_pipeline.governance.publications import is_current

    if not again and is_current(place, name, delivered, day):
        _say(f"{name}: nothing new")
        return ExitCode.OK
    from assets.launch import RunOutcome, launch, prepare_dagster, register_clients

    prepare_dagster(place)
    register_clients([name])
    with _progress(name, sum(d.byte_count for d in delivered), in_bytes=True) as advance:
        try:
            outcome = launch(place, name, today=day, progress=advance)
        except RcmError as error:
            outcome = RunOutcome(error.exit_code, f"{error} {error.fix}")
    if outcome.message:
        _say(f"rcm: {name}: {outcome.message}")
    return ExitCode(outcome.exit_code)


def _run_portfolio(place: "Home", day: dt.date) -> ExitCode:
    """After the clients: what those that allow it know together. Nothing where fewer than three do and none ever did."""
    from rcm_pipeline.privacy.suppression import MINIMUM_CLIENTS
    from rcm_pipeline.settings import consenting

    clients = consenting(place)
    if len(clients) < MINIMUM_CLIENTS and not place.portfolio.exists():
        return ExitCode.OK
    from assets.launch import launch_portfolio, prepare_dagster

    prepare_dagster(place)
    outcome = launch_portfolio(place, today=day)
    _say(f"portfolio: {outcome.message or f'weekly counts of {len(clients)} clients, read by their next runs'}")
    return ExitCode(outcome.exit_code)


def _print_run(summaries: list[tuple[str, ExitCode, "Summary | None"]], as_json: bool) -> None:
    if as_json:
        print(json.dumps([{"exit_code": int(code), **(vars(s) if s else {"client": name})} for name, code, s in summaries], indent=1))
        return
    for _, _, s in summaries:
        if s:
            _say(s.sentence)
            if s.reject_count or s.quarantined_count:
                _say(f"  what and where: rcm quarantine {s.client} --names")
    for _, code, s in summaries:
        if s and s.pack:
            stale = "" if code == ExitCode.OK else "  (the last good one; this run was not published)"
            print(f"{s.pack}{stale}")


def _explain(found: list[Any], settings: Any, unopened: list[str]) -> None:
    from rcm_pipeline.intake.contents import content_of
    from rcm_pipeline.intake.explain import explain

    for delivery in found:
        for line in explain(content_of(delivery), settings):
            print(line)
    for reason in unopened:
        _say(f"not opened: {reason}")


def _print_read(done: "Exported", out: Path, as_json: bool) -> None:
    if as_json:
        told = {"out": str(out), "rows": done.rows, "rejects": done.rejects, "reject_count": done.reject_count, "unopened": done.unopened}
        print(json.dumps(told, indent=1))
        return
    for line in done.told():
        _say(line)
    print(out)


def _home(home: Path, inbox: Path | None, settings: Path | None) -> "Home":
    from rcm_pipeline.settings import Home

    root = home.absolute()
    return Home(root, (inbox or root / "inbox").absolute(), (settings or root / "settings").absolute())


def _day(text: str) -> dt.date:
    if not text:
        return dt.datetime.now(dt.UTC).date()
    return _monday(text, any_day=True)


def _monday(text: str, *, any_day: bool = False) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not (any_day or day.weekday() == 0):
        raise InputError(f"{text}: not a {'date' if any_day else 'Monday'}", fix="write it as YYYY-MM-DD, such as 2026-11-16")
    return day


def _require_clients(found: dict[str, Any], wanted: list[str] | None, place: "Home") -> None:
    missing = [name for name in wanted or [] if name not in found]
    if missing:
        raise InputError(
            f"{place.inbox}: there is no folder for {', '.join(missing)}", fix="name a client as its folder is named, in lower case"
        )
    if not found:
        raise InputError(f"{place.inbox}: the inbox is empty", fix="put each client's files into a folder of its own")


def _require_warehouse(place: "Home", client: str) -> None:
    if not place.warehouse(client).exists():
        raise InputError(f"{client}: there is no warehouse of this client in {place.root}", fix="load its inbox first: rcm run")


def _only_client(place: "Home", client: str) -> str:
    from rcm_pipeline.governance.status import clients_with_warehouse

    known = clients_with_warehouse(place)
    if not client and len(known) != 1:
        raise UsageError("there is more than one client, or none", fix=f"name one of: {', '.join(known) or 'none is loaded'}")
    _require_warehouse(place, client or known[0])
    return client or known[0]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _progress(label: str, total: int, *, in_bytes: bool = False) -> Any:
    from rcm_pipeline.narration import progress_bar

    return progress_bar(label, total, in_bytes=in_bytes)
