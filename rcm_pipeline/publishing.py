"""Write beside, then rename: a reader sees what was there before or the whole of what is new, never half."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rcm_pipeline.errors import StorageError

_WRITING = ".writing-"  # and the number of the process, of a hidden file beside the one it is to replace
_LONGEST = 7  # digits of the largest number a process can have, 2^22


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A name to write under, which takes the place of `path` at the end; what fails leaves what was there, and nothing beside it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = _fresh(path)
    try:
        yield fresh
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _fresh(path: Path) -> Path:
    return path.with_name(f".{path.name}{_WRITING}{os.getpid()}")


def sweep(folder: Path) -> None:
    """Remove what processes that are gone were writing under this folder when they ended; called by who holds the folder's lock.

    What bears the number of this process is left of another that had it before, as in a container that was started anew.
    """
    for left in folder.rglob(f".*{_WRITING}*"):
        number = left.name.removesuffix(".wal").rpartition(_WRITING)[2]  # DuckDB writes a log beside a database
        is_ours = number.isascii() and number.isdigit() and len(number) <= _LONGEST and (left.is_symlink() or left.is_file())
        if is_ours and (int(number) == os.getpid() or not _is_alive(int(number))):
            left.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """While it lasts, another process that comes here waits."""
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def write_in_place(path: Path, content: bytes) -> None:
    """Put this content under a name at once. Raises StorageError; what was there before then still stands."""
    failed = ""
    try:
        with beside(path) as fresh:
            write_durably(fresh, content)
    except OSError as error:
        failed = error.strerror or type(error).__name__
    if failed:
        raise StorageError(
            f"{path}: it could not be written ({failed}); one before it still stands", fix="check space and permissions of that folder"
        )


def switch_link(link: Path, target: Path) -> None:
    """Point a link at another folder, in one step."""
    fresh = _fresh(link)
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.relative_to(link.parent))
    fresh.replace(link)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
