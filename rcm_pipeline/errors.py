"""The one family of errors, each with the exit code the `rcm` command ends with."""

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """Exit codes of `rcm`; the table in docs/cli.md is checked against this class."""

    OK = 0
    NEEDS_A_PERSON = 1
    USAGE = 2
    INPUT = 3
    SETTINGS = 4
    QUALITY = 5
    STORAGE = 6
    BUSY = 7
    INTERNAL = 70
    STOPPED = 130


class RcmError(Exception):
    """A message a person can act on: what, where, and the fix. Never holds a value read from a file."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix


class UsageError(RcmError):
    """The command line is wrong in a way that its parser does not see."""

    exit_code = ExitCode.USAGE


class InputError(RcmError):
    """Something named on the command line or found in the inbox cannot be read at all."""

    exit_code = ExitCode.INPUT


class SettingsError(RcmError):
    """A settings, key or reference file is missing, unsafe or wrong."""

    exit_code = ExitCode.SETTINGS


class QualityError(RcmError):
    """A blocking check failed, so nothing was published."""

    exit_code = ExitCode.QUALITY


class StorageError(RcmError):
    """The warehouse or a report could not be written; what was there before still stands."""

    exit_code = ExitCode.STORAGE


class BusyError(RcmError):
    """Another run holds this client's warehouse."""

    exit_code = ExitCode.BUSY


_KEPT_OUT = {  # messages of these name folders of the machine, or lines of a settings or key file
    ExitCode.USAGE: "the command line was wrong",
    ExitCode.INPUT: "something in the inbox cannot be read",
    ExitCode.SETTINGS: "a settings, key or code table file is wrong or unsafe",
    ExitCode.STORAGE: "the warehouse or a report could not be read or written",
}


def recorded(code: ExitCode, message: str) -> str:
    """What a pack, an event or a stale mark may hold of a failure; who ran it saw the whole."""
    return f"{_KEPT_OUT[code]}; rcm run says which and what to do" if code in _KEPT_OUT else message


def shown(error: Exception) -> tuple[str, ExitCode]:
    """What a person is told of an error, and the exit code: one of ours in its own words, any other by kind and place."""
    if isinstance(error, RcmError):
        return f"rcm: {error}" + (f"\n     {error.fix}" if error.fix else ""), error.exit_code
    if isinstance(error, OSError):  # its file name may be one of the inbox, so only the reason is said
        reason = error.strerror or type(error).__name__
        return f"rcm: a file or folder cannot be read or written: {reason}\n     check --home, --out and free space", ExitCode.STORAGE
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "unknown place"
    return f"rcm: internal error {type(error).__name__} at {place}; please report this line", ExitCode.INTERNAL
