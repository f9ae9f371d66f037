"""Progress on stderr: a bar for people, nothing for pipes and logs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress_bar(label: str, total: int, *, in_bytes: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar that moves by the amount it is told, in bytes if asked; it vanishes when done."""
    console = Console(stderr=True)
    done = DownloadColumn() if in_bytes else TextColumn("{task.percentage:>3.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), done, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=max(total, 1))
        yield lambda amount: bar.advance(task, amount)
