"""The files of a client's inbox: opened without following links, read once, named by the hash of their content."""

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from rcm_pipeline.errors import InputError, SettingsError, StorageError
from rcm_pipeline.publishing import write_in_place
from rcm_pipeline.settings import LOOSE_FILES_CLIENT, client_of

_IGNORED = (".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep")
# how programs name what they have not written whole yet: transfers (.filepart, .part), browsers, office locks
_UNFINISHED_ENDINGS = (".filepart", ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".writing", ".uploading", ".lock")
_UNFINISHED_STARTS = ("~$", ".~")
_LARGE = 1_000_000_000  # bytes: reading nothing but zeros takes a second a gigabyte
_SETTLED = 2_000_000_000  # nanoseconds: a file changed just now may change again within one tick of the file system's clock


@dataclass(frozen=True)
class Delivery:
    """One file of the inbox. `file_id` is None when it could not be opened; `reason` then says why.

    One that `is_unfinished` is still being delivered: it has no content yet, and waits for the next run.
    """

    path: Path
    file_id: str | None
    byte_count: int
    reason: str = ""
    is_unfinished: bool = False

    @property
    def is_unopened(self) -> bool:
        """It is there and cannot be opened: a person is needed."""
        return self.file_id is None and not self.is_unfinished


class GrowingError(OSError):
    """A file changed while it was read."""


def clients_of(inbox: Path) -> dict[str, list[Path]]:
    """Client → its folders and loose files. A file that lies outside any client's folder goes to the client `default`.

    Of a client with more than one folder all are listed; `one_client` says what to do about it.
    """
    if not inbox.is_dir():
        raise InputError(f"{inbox}: this inbox folder does not exist", fix="make it, or name another with --inbox")
    found: dict[str, list[Path]] = {}
    for entry in sorted(inbox.iterdir()):
        if entry.name in _IGNORED:
            continue
        is_folder = entry.is_dir() and not entry.is_symlink()
        client = client_of(entry.name) if is_folder else LOOSE_FILES_CLIENT
        found.setdefault(client, []).append(entry)
    return found


def places_of(inbox: Path, client: str) -> list[Path]:
    """The folder and loose files of one client; none where it has none. Raises SettingsError as `one_client` does."""
    return one_client(client, clients_of(inbox).get(client, []))


def one_client(client: str, places: list[Path]) -> list[Path]:
    """The places of a client as they are. Raises SettingsError where more than one of them is a folder."""
    folders = [place for place in places if place.is_dir() and not place.is_symlink()]
    if len(folders) > 1:
        names = " and ".join(folder.name for folder in folders)
        raise SettingsError(f"{folders[0].parent}: the folders {names} would be one client, {client}", fix="rename or merge them")
    return places


class KnownContents:
    """Which content each file of an inbox had when it was last read, told by the file's state and not by its name.

    A file whose device, inode, size, time of change and time of writing are as they were has the content it had: an inbox with
    nothing new is compared without being read. Kept beside the warehouse; without it everything is read again.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._before: dict[str, str] = {}
        self._now: dict[str, str] = {}
        if path is not None:
            try:
                self._before = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                self._before = {}

    def content_of(self, path: Path) -> tuple[str, int]:
        """Hash of the content and size. Raises OSError for what is no regular file or cannot be read, GrowingError for what is
        written while it is read."""
        with open_file(path) as source:
            status = os.fstat(source.fileno())
            state = f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
            digest = self._before.get(state) or hashlib.file_digest(source, "sha256").hexdigest()
            after = os.fstat(source.fileno())
        if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            raise GrowingError(f"{path.name} changed while it was read")
        if time.time_ns() - status.st_ctime_ns > _SETTLED:
            self._now[state] = digest
        return digest, status.st_size

    def save(self) -> None:
        """Keep what was found this time, for the next."""
        if self._path is not None and self._now != self._before:
            with suppress(StorageError):  # without it everything is read again, and a full disk is said by what must be written
                write_in_place(self._path, json.dumps(self._now).encode())


def deliveries(places: list[Path], known: KnownContents | None = None) -> Iterator[Delivery]:
    """Every file under these places, in a fixed order, with its content's hash; one that is `known` is not read."""
    contents = known or KnownContents()
    for path in files_under(places):
        if is_unfinished(path.name):
            yield Delivery(path, None, 0, is_unfinished=True)
            continue
        try:
            digest, size = contents.content_of(path)
        except GrowingError:
            yield Delivery(path, None, 0, is_unfinished=True)
            continue
        except OSError as error:
            yield Delivery(path, None, 0, _why(error))
            continue
        yield Delivery(path, digest, size)


def is_unfinished(name: str) -> bool:
    """Whether a file is named as programs name what they have not written whole yet."""
    return name.lower().endswith(_UNFINISHED_ENDINGS) or name.startswith(_UNFINISHED_STARTS)


def files_under(places: list[Path]) -> list[Path]:
    """Every file, in a fixed order. A folder that may not be listed stands for its files, so it is not passed over."""
    found: list[Path] = []
    for place in places:
        if not place.is_dir() or place.is_symlink():
            found.append(place)
            continue
        found += _walk(place)
    return sorted(path for path in found if path.name not in _IGNORED)


def _walk(place: Path) -> list[Path]:
    unlisted: list[Path] = []
    walk = os.walk(place, onerror=lambda error: unlisted.append(Path(error.filename)))
    found: list[Path] = []
    for folder, inner, names in walk:
        found += [Path(folder) / name for name in names]
        found += [Path(folder) / name for name in inner if (Path(folder) / name).is_symlink()]
    return found + unlisted


def open_file(path: Path) -> BufferedReader:
    """A regular file, open for reading. Raises OSError for anything else: links, and large files with holes."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise OSError("not a regular file")
    if status.st_size > _LARGE:
        if os.lseek(handle, 0, os.SEEK_HOLE) < status.st_size:
            os.close(handle)
            raise OSError(errno.EFBIG, "a large file that is not written whole")
        os.lseek(handle, 0, os.SEEK_SET)
    return os.fdopen(handle, "rb")


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "permission to read it is missing; give this user read access"
    if path_is_link(error):
        return "it is a link, and links are not followed; put the file itself into the inbox"
    if error.errno == errno.EFBIG:
        return "it claims to be over a gigabyte and holds stretches that were never written; deliver it again"
    return "it is no regular file, or the disk could not read it; deliver it again"


def path_is_link(error: OSError) -> bool:
    """True when opening failed because the path is a symbolic link (ELOOP)."""
    return error.errno == errno.ELOOP
