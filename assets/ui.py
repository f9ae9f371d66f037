"""Dagster's page and daemon on this machine, the page behind the guard. Run by `rcm ui` as a process of its own."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster_webserver.app import create_app_from_workspace_process_context

from rcm_pipeline import __version__
from rcm_pipeline.options import say
from rcm_pipeline.web_guard import PARAMETER, WebGuard

_MODULE = "rcm_pipeline.definitions"
_PATIENCE = 10.0  # seconds the daemon has to end by itself


def serve(port: int, *, origins: Sequence[str], token: str, is_read_only: bool) -> None:
    """Serve until stopped. `origins` are further addresses a reverse proxy serves it under; without a `token` one is made."""
    secret = token or secrets.token_urlsafe(32)
    own = [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost")]
    target = ModuleTarget(_MODULE, attribute=None, working_directory=None, location_name=None)
    with (
        suppress(KeyboardInterrupt),
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, target, version=__version__, read_only=is_read_only, code_server_log_level="ERROR") as context,
        _daemon(),
    ):
        app = WebGuard(create_app_from_workspace_process_context(context), token=secret, origins=[*own, *origins])
        where = f"{own[0]}/" if token else f"{own[0]}/?{PARAMETER}={secret}"
        say(f"Dagster is at {where}\nThis address is for you alone. Stop it with Ctrl-C.")
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the daemon ends with it
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", server_header=False)


@contextmanager
def _daemon() -> Iterator[None]:
    """The process that sensors and schedules run in."""
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", _MODULE, "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as daemon:  # noqa: S603 - our own interpreter
        try:
            yield
        finally:
            daemon.terminate()
            try:
                daemon.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                daemon.kill()
