"""Per-client keys: made once, kept outside the warehouse, refused when anyone else could read them; older ones stay with the new."""

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from rcm_pipeline.errors import SettingsError
from rcm_pipeline.publishing import beside

KEY_BYTES = 32
Keys = tuple[bytes, ...]  # of one client, oldest first: a token is made with each in turn


def client_keys(folder: Path, client: str, *, may_create: bool = True) -> Keys:
    """The client's keys, the first created on first use. Raises SettingsError when the file is missing, unsafe or damaged.

    A key that systemd hands over (LoadCredential=<client>.key) comes before one in the folder.
    """
    if (given := _given(client)) is not None:
        return _read(given)
    path = folder / f"{client}.key"
    if not path.exists():
        if not may_create:
            raise SettingsError(
                f"{path}: the key this warehouse was made with is gone, and no other matches its pseudonyms",
                fix="restore it from your backup; without one, move the warehouse away and run again over the whole inbox",
            )
        _create(path)
    return _read(path)


def add_key(folder: Path, client: str) -> Keys:
    """The client's keys with a new one. Raises SettingsError where they are not a file of this folder."""
    if _given(client) is not None:
        raise SettingsError(f"{client}: its keys come from systemd, where this cannot add one", fix="rotate where their file lies")
    path, keys = folder / f"{client}.key", (*client_keys(folder, client, may_create=False), secrets.token_bytes(KEY_BYTES))
    with beside(path) as fresh:
        _write(fresh, keys)
    return keys


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose alone, from a client's key."""
    return hashlib.blake2b(purpose, key=key, digest_size=KEY_BYTES).digest()


def _given(client: str) -> Path | None:
    """The key that systemd hands over, where it does."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder or "") / f"{client}.key"
    return path if folder and path.exists() else None


def secret_of(path: Path) -> str:
    """The text of a file that only its owner can read. Raises SettingsError for any other."""
    try:
        status = os.lstat(path)
    except OSError:
        raise SettingsError(f"{path}: this file of a secret cannot be read", fix="name the file that holds it") from None
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or status.st_uid != os.getuid():
        raise SettingsError(f"{path}: this key can be read by others, or is not yours", fix=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def _create(path: Path) -> None:
    """Whole or not at all: a run killed in between leaves no half key that would stop every run after it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    with TemporaryDirectory(dir=path.parent, prefix=".making-") as folder:
        fresh = Path(folder) / path.name
        _write(fresh, (secrets.token_bytes(KEY_BYTES),))
        with suppress(FileExistsError):  # another run made it a moment ago; its key is the one to use
            path.hardlink_to(fresh)


def _write(path: Path, keys: Keys) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write("".join(f"{key.hex()}\n" for key in keys))
        out.flush()
        os.fsync(out.fileno())


def _read(path: Path) -> Keys:
    try:
        keys = tuple(bytes.fromhex(line) for line in secret_of(path).splitlines())
    except ValueError:
        keys = ()
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise SettingsError(f"{path}: these are not keys of {KEY_BYTES} bytes in hex, one a line", fix="restore it from your backup")
    return keys
