"""What commands tell: progress bars for people, nothing for pipes and logs; what every client's run came to, and what was read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rcm_pipeline.options import say

if TYPE_CHECKING:
    from assets.runs import ClientRun
    from rcm_pipeline.intake.export import Exported

_WHOLE, _READING, _STAGE = 100.0, 40.0, 5.0  # of a client's run: reading takes two fifths, each of a dozen stages a twentieth


@contextmanager
def progress_bar(label: str, total: int, *, in_bytes: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar that moves by the amount it is told, in bytes if asked; it vanishes when done."""
    done = DownloadColumn() if in_bytes else TextColumn("{task.percentage:>3.0f} %")
    with _bars(TextColumn("{task.description}"), BarColumn(), done, TimeElapsedColumn()) as bars:
        task = bars.add_task(label, total=max(total, 1))
        yield lambda amount: bars.advance(task, amount)


class RunProgress:
    """One view of all clients that run: a bar over all with the time left, and a line for each at work with its stage."""

    def __init__(self, bars: Progress, sizes: Mapping[str, int]) -> None:
        self._bars, self._sizes = bars, sizes
        self._all = bars.add_task(f"{len(sizes)} clients" if len(sizes) != 1 else next(iter(sizes)), total=_WHOLE * max(len(sizes), 1))
        self._lines: dict[str, TaskID] = {}
        self._done = dict.fromkeys(sizes, 0.0)

    def stage(self, client: str, name: str) -> None:
        """A client begins a stage of its run."""
        if client not in self._lines:
            self._lines[client] = self._bars.add_task(client, total=_WHOLE)
        self._bars.update(self._lines[client], description=f"{client}: {name}")
        self._move(client, _STAGE)

    def advance(self, client: str, amount: int) -> None:
        """So many bytes of its files are read."""
        self._move(client, _READING * amount / max(self._sizes.get(client, 0), 1))

    def finish(self, client: str) -> None:
        """A client is done, however it ended."""
        self._move(client, _WHOLE)
        if client in self._lines:
            self._bars.remove_task(self._lines.pop(client))

    def _move(self, client: str, by: float) -> None:
        step = min(by, _WHOLE - self._done.get(client, _WHOLE))
        self._done[client] = self._done.get(client, 0.0) + step
        self._bars.advance(self._all, step)
        if client in self._lines:
            self._bars.update(self._lines[client], completed=self._done[client])


@contextmanager
def run_progress(sizes: Mapping[str, int]) -> Iterator[RunProgress]:
    """The view of a run over these clients (name → bytes of its inbox); it vanishes when done."""
    with _bars(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()) as bars:
        yield RunProgress(bars, sizes)


def _bars(*columns: TextColumn | BarColumn | DownloadColumn | TimeElapsedColumn | TimeRemainingColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def print_runs(runs: "Sequence[ClientRun]", as_json: bool) -> None:
    """What every client's run read, on stderr, and where its pack lies, on stdout; or all of it as JSON."""
    if as_json:
        typer.echo(json.dumps([run.as_data() for run in runs], indent=1))
        return
    for run in runs:
        for line in run.narration():
            typer.echo(line, err=True)
    for run in runs:
        if run.pack:
            typer.echo(run.pack)


def explain_files(found: list[Any], settings: Any, unopened: list[str], save_map: Path | None) -> None:
    """Print how files would be understood, and write a map of their sheets to correct where one is wanted."""
    from rcm_pipeline.intake.contents import content_of
    from rcm_pipeline.intake.explain import explain, starter_maps
    from rcm_pipeline.publishing import write_in_place

    for delivery in found:
        for line in explain(content_of(delivery), settings):
            typer.echo(line)
    if save_map:
        maps = "\n".join(line for delivery in found for line in starter_maps(content_of(delivery), settings))
        write_in_place(save_map, maps.encode())
        say(f"{save_map}: correct it, then put it into the client's settings file; see docs/sheets.md")
    for reason in unopened:
        say(f"not opened: {reason}")


def print_read(done: "Exported", out: Path, as_json: bool) -> None:
    """Print what was read into which folder."""
    if as_json:
        shown = {"out": str(out), "rows": done.rows, "rejects": done.rejects, "reject_count": done.reject_count, "unopened": done.unopened}
        typer.echo(json.dumps(shown, indent=1))
        return
    for line in done.summary():
        say(line)
    typer.echo(str(out))
