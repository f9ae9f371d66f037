"""The `rcm` command. It parses, calls and prints; data goes to stdout, narration to stderr. It owns no logic."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rcm_pipeline.errors import ExitCode, UsageError, shown
from rcm_pipeline.options import (
    DEFAULT_HOME,
    Format,
    HomeOption,
    InboxOption,
    JsonOption,
    RevealOption,
    SettingsOption,
    TodayOption,
    day_of,
    home_of,
    keep_to_oneself,
    only_client,
    require_clients,
    require_warehouse,
    say,
    week_of,
)

if TYPE_CHECKING:
    from assets.runs import ClientRun

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From a client's inbox of claims, remittances and QA sheets to a weekly governance pack.",
)

keys_app = typer.Typer(help="Keys of clients: list them, or give one a new key.")
app.add_typer(keys_app, name="keys")


@app.command()
def run(
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    client: Annotated[list[str] | None, typer.Option("--client", help="Only this client; may be given again.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Compute and publish even when nothing is new.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Clients side by side [default: by cores and free memory].")] = None,
    today: TodayOption = "",
    as_json: JsonOption = False,
) -> None:
    """Load what is new in the inbox, compute everything, publish each client's weekly pack."""
    from assets.runs import run_clients, run_portfolio
    from rcm_pipeline.intake.inbox import clients_of
    from rcm_pipeline.narration import print_runs, run_progress
    from rcm_pipeline.stopping import stoppable

    folders, day = home_of(home, inbox, settings), day_of(today)
    found = {name: places for name, places in clients_of(folders.inbox).items() if not client or name in client}
    require_clients(folders.inbox, found, client or ())
    runs: list[ClientRun] = []
    try:
        with stoppable() as is_stopped:
            for one in run_clients(folders, found, day, is_forced=again, jobs=jobs, progress=run_progress, is_stopped=is_stopped):
                runs.append(one)
                if one.message:
                    say(f"rcm: {one.client}: {one.message}" if one.is_failed else f"{one.client}: {one.message}")
            code, message = run_portfolio(folders, day, is_stopped)
    except KeyboardInterrupt:
        say(f"stopped: {len(runs)} of {len(found)} clients were done; the last good packs of the others stand. Run again for the rest.")
        raise typer.Exit(ExitCode.STOPPED) from None
    runs.sort(key=lambda one: one.client)
    if message:
        say(f"portfolio: {message}")
    print_runs(runs, as_json)
    raise typer.Exit(max([code, *(one.exit_code for one in runs)]))


@app.command()
def read(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files or folders: X12, spreadsheets, exports, .zip, .gz.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write the tables to.")] = None,
    form: Annotated[Format, typer.Option("--format", help="Format of the tables.")] = Format.PARQUET,
    explain: Annotated[
        bool, typer.Option("--explain", help="Only say which column of a sheet goes where and what is missing. Shows headings and cells.")
    ] = False,
    save_map: Annotated[Path | None, typer.Option("--save-map", help="Write a map of the sheets to correct, for the settings.")] = None,
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
    from rcm_pipeline.narration import explain_files, print_read, progress_bar
    from rcm_pipeline.privacy.keys import client_keys
    from rcm_pipeline.privacy.tokens import Identified, Tokens
    from rcm_pipeline.settings import client_of, load_client_settings

    folders, client = home_of(home, None, settings), client_of(client)
    known = load_client_settings(folders.settings, client)
    found, unopened = find_files(paths)
    if explain or save_map:
        explain_files(found, known, unopened, save_map)
        return
    if out is None:
        raise UsageError("there is no folder to write the tables to", fix="name one with --out FOLDER, or ask --explain")
    pseudonyms = Identified() if identified else Tokens(*client_keys(folders.keys, client))
    with progress_bar("Reading", sum(d.byte_count for d in found), in_bytes=True) as advance:
        done = export(found, known, pseudonyms, out, form.value, advance)
    done.unopened = unopened
    print_read(done, out, as_json)
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
    from assets.resources import now
    from dashboards.publish import publish_week
    from rcm_pipeline.governance.publications import PAGE

    folders = home_of(home, None, settings)
    require_warehouse(folders, client)
    print(publish_week(folders, client, week_of(week), day_of(today), now()).folder / PAGE)


@app.command()
def ui(
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    port: Annotated[int, typer.Option("--port", help="Port on this machine.")] = 3000,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show runs; start and delete none.")] = False,
    origin: Annotated[list[str] | None, typer.Option("--origin", help="Address a reverse proxy serves it under, https://….")] = None,
    token_file: Annotated[Path | None, typer.Option("--token-file", help="File with the token the proxy sends, for you alone.")] = None,
) -> None:
    """Open Dagster on localhost, with the inbox sensor and the Monday schedule switched on."""
    from assets.launch import session
    from rcm_pipeline.intake.inbox import clients_of
    from rcm_pipeline.privacy.keys import secret_of

    folders = home_of(home, inbox, settings)
    token = secret_of(token_file) if token_file else ""
    with session(folders, day_of("")) as dagster:
        dagster.register(sorted(clients_of(folders.inbox)) if folders.inbox.is_dir() else [])
    os.environ["RCM_AUTOMATION"] = "on"
    say("Dagster is starting; its address follows")
    from assets.ui import serve

    serve(port, origins=origin or (), token=token, is_read_only=read_only)


@app.command()
def status(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say how each client stands. Ends with exit code 1 when a person is needed."""
    from rcm_pipeline.governance.status import clients_with_warehouse, summarise

    folders = home_of(home)
    found = [summarise(folders, client) for client in clients_with_warehouse(folders)]
    if as_json:
        print(json.dumps([vars(summary) for summary in found], indent=1))
    for summary in [] if as_json else found:
        print(*summary.lines, sep="\n")
    if not found:
        say(f"There is no warehouse in {folders.root} yet; start with: rcm run --inbox DIR --home {folders.root}")
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

    folders = home_of(home, inbox)
    require_warehouse(folders, client)
    rows = quarantine_listing(folders, client)
    if names:
        rows = name_files(rows, folders, client)
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['file']}  {row['place']}  {row['rule']}: {row['reason']}")
    say(f"{len(rows)} things to look at" if rows else "Nothing was set aside.")


@app.command()
def explain(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="Account number as the client writes it, claim token, or lineage.")],
    client: Annotated[str, typer.Option("--client", help="Client it belongs to; may be left out while there is only one.")] = "",
    page: Annotated[Path | None, typer.Option("--page", help="Write a page to this file as well.")] = None,
    reveal: RevealOption = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Tell the whole life of a claim: what was sent, what each layer said, every rule that fired, who decides next."""
    from rcm_pipeline.governance.claim_history import explain_claim, printed, revealed

    folders = home_of(home)
    owner = only_client(folders, client)
    stories = explain_claim(folders, owner, claim)
    if reveal:
        say(revealed(folders, owner, stories))
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
    reveal: RevealOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Write the worklist of open denials for the floor, one sheet per queue, with or without account numbers."""
    from dashboards.worklist import write_worklist

    folders = home_of(home)
    count, named = write_worklist(folders, only_client(folders, client), out, with_accounts=reveal)
    say(f"{count:,} open denials" + (f", {named:,} with their account number; this file identifies people" if reveal else ""))
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
    reveal: RevealOption = False,
    page: Annotated[bool, typer.Option("--page", help="Write reports/CLIENT/qa_plan.html as well: what the plan can tell.")] = False,
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    today: TodayOption = "",
    as_json: JsonOption = False,
) -> None:
    """Draw the QA sample of a week's charts, at random and for risk, log it and write it for the auditors; or write the one of before."""
    from dashboards.qa_plan import write_plan_page, write_sample
    from rcm_pipeline.governance.qa_plan import as_values, plan_text
    from rcm_pipeline.governance.qa_plan import plan_qa as drawn_plan

    if reveal and out is None:
        raise UsageError("account numbers do not belong among the reports", fix="say where to write them with --out FILE.xlsx")
    folders = home_of(home, inbox, settings)
    name, asked = only_client(folders, client), week_of(week)
    plan = drawn_plan(folders, name, day_of(today), week=asked.monday if asked else None, seed=seed, redraw=redraw)
    written, named = write_sample(folders, plan, out, with_accounts=reveal)
    files = {"workbook": str(written)} | ({"page": str(write_plan_page(folders, plan))} if page else {})
    if reveal:
        say(f"{named:,} of {plan.sample.height:,} charts with their account number; this file identifies people")
    if as_json:
        print(json.dumps(as_values(plan) | files, indent=1, default=str))
    else:
        say("\n".join(plan_text(plan)))
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

    folders = home_of(home)
    require_warehouse(folders, client)
    found, payers = backtest_client(folders, client, weeks)
    if found.week_count < weeks:
        say(f"{client}: there are only {found.week_count} complete weeks, and all were replayed")
    written = None
    if page:
        from dashboards.backtest import write_backtest

        written = write_backtest(folders, client, found, payers)
    if as_json:
        print(json.dumps(as_values(client, found) | ({"page": str(written)} if written else {}), indent=1, default=str))
    else:
        print(printed(found) + (f"\n\n{written}" if written else ""))


@keys_app.callback(invoke_without_command=True)
def keys(
    context: typer.Context,
    home: HomeOption = DEFAULT_HOME,
    client: Annotated[str, typer.Option("--client", help="Make this client's key if it has none.")] = "",
) -> None:
    """List the client keys by name and fingerprint; the key itself is never printed."""
    if context.invoked_subcommand:
        return
    from rcm_pipeline.privacy.keys import client_keys
    from rcm_pipeline.privacy.tokens import key_id
    from rcm_pipeline.settings import client_of

    folders = home_of(home)
    if client:
        client_keys(folders.keys, client_of(client))
    for path in sorted(folders.keys.glob("*.key")):
        print(f"{path.stem}  {key_id(client_keys(folders.keys, path.stem)[-1])}  {path}")
    say("Keep a copy of these files apart from the warehouse: without a key its tokens can never be matched again.")


@keys_app.command("rotate")
def rotate(
    client: Annotated[str, typer.Argument(help="Client to give a new key.")],
    home: HomeOption = DEFAULT_HOME,
    inbox: InboxOption = None,
    settings: SettingsOption = None,
    today: TodayOption = "",
) -> None:
    """Give a client a new key, make every token anew under it, and run. Stopped in between, the same command goes on."""
    from assets.launch import alone
    from rcm_pipeline.governance.access import rotate_keys
    from rcm_pipeline.intake.inbox import clients_of

    folders = home_of(home, inbox, settings)
    require_clients(folders.inbox, {name: places for name, places in clients_of(folders.inbox).items() if name == client}, [client])
    with alone(folders, client):
        rotate_keys(folders, client)
    say(f"{client}: every token is made anew; keep a copy of the key file as it is now. Its tables and pack follow.")
    run(home, inbox, settings, [client], again=True, today=today)


@app.command()
def access(client: Annotated[str, typer.Argument(help="Client whose access log to show.")], home: HomeOption = DEFAULT_HOME) -> None:
    """Say who opened the client's vault, when and for how many claims. Exit code 6 where the log was changed."""
    from rcm_pipeline.governance.access import access_entries

    for at, person, action, count in access_entries(home_of(home), client).select("at", "person", "action_code", "token_count").iter_rows():
        print(f"{at:%Y-%m-%d %H:%M:%S} UTC  {person}  {action}  {count:,} claims")


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="Folder to write inbox, settings and truth to.")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, help="Weeks of remittances.")] = 26,
    scale: Annotated[float, typer.Option("--scale", min=0.01, help="Times the usual volume; 300 makes a million claims.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 20261123,
) -> None:
    """Make labelled sample data of any size, with the truth beside the inbox."""
    from rcm_pipeline.narration import progress_bar
    from rcm_pipeline.sample.generate import expected_claims, generate

    with progress_bar("Writing claims", expected_claims(weeks, scale)) as advance:
        counts = generate(out, weeks=weeks, seed=seed, scale=scale, progress=advance)
    for client, count in counts.items():
        say(f"{client}: {count:,} claims")
    print(out / "inbox")


def main() -> None:
    """Entry point: an error becomes a message and an exit code, and never shows a value."""
    keep_to_oneself()
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the message of an unknown error may quote a file
        message, code = shown(error)
        say(message)
        sys.exit(code)
