"""`rcm ui`: a launch from Dagster's own server materialises the same assets, on this machine only."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rcm_pipeline.governance.publications import PAGE
from tests.conftest import ROOT, is_group_there
from tests.end_to_end.hashes import table_hashes
from tests.spec.engine import remittance

pytestmark = pytest.mark.xdist_group("ui")  # one server for all

TOKEN = "a-token-of-the-tests"
CLAIMS = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40\nCLP*A2*1*100*0*0*CI*I2\nSVC*HC:99213*100*0\nCAS*CO*197*100"
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename ... on LaunchRunSuccess { run { runId } } } }"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, query: str, **variables: object) -> dict:
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["data"]


def wait_for(attempt, seconds: int):
    """The first truthy answer of an attempt, or a failure."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := attempt():
                return found
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError("waited too long")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    tmp_path = tmp_path_factory.mktemp("ui")
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    (inbox / "r.835").write_bytes(remittance(CLAIMS))
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "rcm_pipeline",
        "ui",
        "--home",
        str(tmp_path / "home"),
        "--inbox",
        str(tmp_path / "inbox"),
        "--port",
        str(port),
        "--token-file",
        str(tmp_path / "token"),
    ]
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("RCM_", "DAGSTER_"))}
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(lambda: ask(port, "{ version }"), 120)
        yield port, tmp_path
    finally:
        process.terminate()
        process.wait(30)
        wait_for(lambda: not is_group_there(process.pid), 30)  # its daemon and code servers end with it


def test_a_launch_from_the_ui_materialises_the_same_assets(server: tuple[int, Path]) -> None:
    port, place = server
    location = ask(port, "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } } }")
    [entry] = location["workspaceOrError"]["locationEntries"]
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation"
    place_of = {"repositoryName": "__repository__", "repositoryLocationName": entry["name"]}
    query = "query($s: RepositorySelector!) { sensorsOrError(repositorySelector: $s) { ... on Sensors { results { name sensorState { status } } } } }"
    sensors = ask(port, query, s=place_of)
    states = {r["name"]: r["sensorState"]["status"] for r in sensors["sensorsOrError"]["results"]}
    assert states == {"inbox_sensor": "RUNNING", "stale_pack_sensor": "RUNNING"}
    selector = place_of | {"jobName": "weekly_pack"}
    params = {
        "selector": selector,
        "mode": "default",
        "runConfigData": "{}",
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "acme"}]},
    }
    run_id = ask(port, LAUNCH, p=params)["launchRun"]["run"]["runId"]
    status = wait_for(lambda: _ended(port, run_id), 300)
    assert status == "SUCCESS"
    assert (place / "home" / "reports" / "acme" / "latest" / PAGE).is_file()
    hashes = table_hashes(place / "home" / "warehouse" / "acme" / "published.duckdb")
    assert {"raw_remits", "core_denials", "mart_denial_rates", "ops_publications"} <= set(hashes)
    assert not list((place / "home" / "dagster").rglob("*.pickle"))
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex((socket.gethostbyname(socket.gethostname()), port)) != 0 or socket.gethostbyname(
            socket.gethostname()
        ).startswith("127.")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/graphql", {}, 403),
        ("POST", "/graphql", {"Authorization": "Bearer another"}, 401),
        ("GET", "/graphql?query=mutation%7BdeleteRun(runId%3A%22x%22)%7B__typename%7D%7D", {"Authorization": f"Bearer {TOKEN}"}, 405),
        ("POST", "/graphql", {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}, 403),
        ("POST", "/graphql", {"Cookie": f"rcm_token_PORT={TOKEN}"}, 403),
        ("GET", "/runs", {"Authorization": f"Bearer {TOKEN}", "Host": "evil.example:80"}, 400),
        ("GET", "/server_info", {"Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
def test_another_page_cannot_drive_it(server: tuple[int, Path], method: str, path: str, headers: dict[str, str], status: int) -> None:
    body = b'{"query": "{ version }"}' if method == "POST" else None
    headers = {name: value.replace("PORT", str(server[0])) for name, value in headers.items()}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server[0], timeout=30)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        with connection.getresponse() as answer:
            assert answer.status == status


def _ended(port: int, run_id: str) -> str:
    answer = ask(port, "query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }", r=run_id)
    status = answer["runOrError"]["status"]
    return status if status in ("SUCCESS", "FAILURE", "CANCELED") else ""
