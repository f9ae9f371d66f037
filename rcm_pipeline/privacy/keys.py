"""Per-client keys: made once, kept outside the warehouse, refused when anyone else could read them."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from rcm_pipeline.errors import SettingsError

KEY_BYTES = 32


def client_key(folder: Path, client: str, *, may_create: bool = True) -> bytes:
    """The client's key, created on first use. Raises SettingsError when the file is missing, unsafe or damaged."""
    path = folder / f"{client}.key"
    if not path.exists():
        if not may_create:
            raise SettingsError(f"{path}: the key this warehouse was made with is gone", fix="restore it from your backup")
        _create(path)
    return _read(path)


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
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(KEY_BYTES) + "\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # another run made it a moment ago; its key is the one to use
            path.hardlink_to(fresh)


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(secret_of(path))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path}: this is not a key of {KEY_BYTES} bytes in hex", fix="restore it from your backup")
    return key
