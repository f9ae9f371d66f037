"""Nothing phones home: a whole run tries no name look-up and no connection, and keeps no usage log."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rcm_pipeline.governance.publications import PAGE
from tests.conftest import ROOT
from tests.spec.engine import remittance

WATCH = """
import os, socket
def _note(*args):
    with open(os.environ["WATCH_LOG"], "a") as log:
        log.write(repr(args) + "\\n")
    raise OSError("no network in this test")
socket.getaddrinfo = _note
socket.gethostbyname = _note
_connect = socket.socket.connect
def connect(self, address):
    return _connect(self, address) if self.family == socket.AF_UNIX else _note(address)
socket.socket.connect = connect
socket.socket.connect_ex = connect
"""


def test_a_run_makes_no_connection_and_no_look_up(tmp_path: Path) -> None:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    (inbox / "r.835").write_bytes(remittance("CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40"))
    log = tmp_path / "log.txt"
    variables = os.environ | {"PYTHONPATH": str(tmp_path / "watch"), "WATCH_LOG": str(log)}
    probe = [sys.executable, "-c", "import socket\ntry:\n    socket.create_connection(('example.invalid', 80))\nexcept OSError:\n    pass"]
    subprocess.run(probe, env=variables, check=True)
    assert "example.invalid" in log.read_text(), "the watch itself works"
    log.unlink()
    command = [sys.executable, "-m", "rcm_pipeline", "run", "--inbox", str(tmp_path / "inbox"), "--home", str(tmp_path / "home")]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not log.exists(), log.read_text()
    assert not (tmp_path / "home" / "dagster" / "logs").exists(), "Dagster keeps its usage log there when telemetry is on"
    config = (tmp_path / "home" / "dagster" / "dagster.yaml").read_text()
    assert "telemetry: {enabled: false}" in config
    assert "NoOpComputeLogManager" in config


UNSHARE = shutil.which("unshare")
HAS_NAMESPACES = bool(UNSHARE) and subprocess.run([UNSHARE, "-rn", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not HAS_NAMESPACES, reason="needs network namespaces of a user")
def test_a_run_without_any_network_publishes_a_pack(tmp_path: Path) -> None:
    """In a namespace of its own there is no route, and not even a loopback that is up."""
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    (inbox / "r.835").write_bytes(remittance("CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40"))
    command = [sys.executable, "-m", "rcm_pipeline", "run", "--inbox", str(tmp_path / "inbox"), "--home", str(tmp_path / "home")]
    done = subprocess.run([str(UNSHARE), "-rn", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "reports" / "acme" / "latest" / PAGE).is_file()
