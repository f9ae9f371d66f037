"""What commands have in common: their shared options, and how a folder, a day or a client on the command line is understood."""

import datetime as dt
import os
import resource
import sys
from collections.abc import Collection
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from rcm_pipeline.errors import InputError, UsageError
from rcm_pipeline.settings import Home
from rcm_pipeline.weeks import Week

HomeOption = Annotated[Path, typer.Option("--home", envvar="RCM_HOME", help="Folder of warehouses, reports, keys and Dagster's records.")]
InboxOption = Annotated[
    Path | None, typer.Option("--inbox", envvar="RCM_INBOX", help="Folder with one folder per client [default: HOME/inbox].")
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", envvar="RCM_SETTINGS", help="Folder of client settings [default: HOME/settings].")
]
TodayOption = Annotated[str, typer.Option("--today", help="Judge as if it were this day (YYYY-MM-DD).", show_default=False)]
RevealOption = Annotated[
    bool, typer.Option("--reveal", help="Put account numbers in, from the vault: that is logged, and what comes out identifies people.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DEFAULT_HOME = Path("var")


class Format(StrEnum):
    """File formats of `rcm read`."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


def say(text: str) -> None:
    """Narration goes to stderr, so that stdout holds data alone."""
    typer.echo(text, err=True)


def keep_to_oneself() -> None:
    """What this process writes is its owner's alone, it leaves no core dump, and it can print the name of any folder."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # memory holds what is never to be written
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def home_of(home: Path, inbox: Path | None = None, settings: Path | None = None) -> Home:
    """The folders of this call."""
    root = home.absolute()
    return Home(root, (inbox or root / "inbox").absolute(), (settings or root / "settings").absolute())


def day_of(text: str) -> dt.date:
    """The day named, else today. Raises InputError."""
    if not text:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{text}: not a date", fix="write it as YYYY-MM-DD, such as 2026-11-16")


def week_of(text: str) -> Week | None:
    """The week of the Monday named; None where none is. Raises InputError."""
    if not text:
        return None
    try:
        return Week(dt.date.fromisoformat(text))
    except ValueError:
        pass
    raise InputError(f"{text}: not a Monday", fix="write it as YYYY-MM-DD, such as 2026-11-16")


def require_warehouse(home: Home, client: str) -> None:
    """Raises InputError for a client that was never run."""
    if not home.published(client).exists():
        raise InputError(f"{client}: there is no warehouse of this client in {home.root}", fix="load its inbox first: rcm run")


def only_client(home: Home, client: str) -> str:
    """The client named, else the only one there is. Raises UsageError or InputError."""
    from rcm_pipeline.governance.status import clients_with_warehouse

    known = clients_with_warehouse(home)
    if not client and len(known) != 1:
        raise UsageError("there is more than one client, or none", fix=f"name one of: {', '.join(known) or 'none is loaded'}")
    require_warehouse(home, client or known[0])
    return client or known[0]


def require_clients(inbox: Path, clients: Collection[str], wanted: Collection[str]) -> None:
    """Raises InputError for a client named that has no folder, and for an empty inbox."""
    missing = [name for name in wanted if name not in clients]
    if missing:
        raise InputError(f"{inbox}: there is no folder for {', '.join(missing)}", fix="name a client as its folder is named, in lower case")
    if not clients:
        raise InputError(f"{inbox}: the inbox is empty", fix="put each client's files into a folder of its own")
