"""Ctrl-C and SIGTERM stop the whole run, whatever handler a library has put in the way when they come."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_STOPPING = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Gives what tells whether a person or the system asked to stop since. SIGTERM raises KeyboardInterrupt, as Ctrl-C does.

    Dagster catches both while it executes and ends its own run alone; Python writes the number of every signal to a socket besides.
    """
    numbers, ours = socket.socketpair()
    numbers.setblocking(False)
    ours.setblocking(False)
    asked: set[int] = set()

    def is_stopped() -> bool:
        with suppress(BlockingIOError):
            asked.update(_STOPPING & set(numbers.recv(4096)))
        return bool(asked)

    before = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield is_stopped
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.set_wakeup_fd(before)
        numbers.close()
        ours.close()
