"""Work in processes of its own that is killed at one of its writes: for the scripts of tests, which say what a write is."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


class Writes:
    """Counts the writes of this process, and kills it at the deadly one."""

    def __init__(self) -> None:
        self.seen, self.deadly = 0, -1

    def note(self) -> None:
        self.seen += 1
        if self.seen == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], Any]) -> int:
    """Begin this work in a process of its own, and say which; its error is printed."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the script counts it as not well
            print(type(error).__name__, error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return child


def ended(child: int) -> int:
    """The exit code of a process, when it has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def not_survived(killed_at: Callable[[int], int], is_well: Callable[[int], bool], step: int, first: int) -> tuple[int, list[int]]:
    """Kill at every `step`-th write until there is none left: how many there are, nearly, and after which kills it was not well."""
    number, failures = first, []
    while code := killed_at(number):
        if code != -signal.SIGKILL or not is_well(number):
            failures.append(number)
        number += step
    return number, failures
