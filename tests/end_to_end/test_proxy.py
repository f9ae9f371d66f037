"""The shipped configuration of nginx: who is not signed on sees nothing, who is gets past the guard, another page gets nowhere."""

import contextlib
import http.client
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from rcm_pipeline.web_guard import WebGuard
from tests.conftest import ROOT
from tests.end_to_end.test_ui import free_port

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
pytestmark = pytest.mark.skipif(not (NGINX and shutil.which("openssl")), reason="needs nginx and openssl")
NAME, TOKEN = "rcm.example.org", "a-token-of-the-tests"


class SignOn(BaseHTTPRequestHandler):
    """Stands for the sign-on: who has its cookie is signed on."""

    def do_GET(self) -> None:
        self.send_response(202 if "signed_on=yes" in self.headers.get("Cookie", "") else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


async def cookies(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"the page; cookies: {request.headers.get('cookie', '')}")


def configuration(place: Path, port: int, page: int, sign_on: int) -> Path:
    """The shipped file with the ports and paths of this test, within a whole configuration."""
    shipped = (ROOT / "docs" / "proxy" / "rcm_ui.conf").read_text()
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "127.0.0.1:3000": f"127.0.0.1:{page}",
        "127.0.0.1:4180": f"127.0.0.1:{sign_on}",
        f"/etc/ssl/certs/{NAME}.pem": f"{place}/cert.pem",
        f"/etc/ssl/private/{NAME}.key": f"{place}/key.pem",
        "/etc/nginx/": f"{place}/",
    }
    for shipped_text, own in changes.items():
        assert shipped_text in shipped
        shipped = shipped.replace(shipped_text, own)
    (place / "rcm_ui.conf").write_text(shipped)
    (place / "rcm_ui_token.conf").write_text(f'proxy_set_header Authorization "Bearer {TOKEN}";\n')
    paths = "".join(f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off; pid {place}/nginx.pid; error_log {place}/error.log; events {{}} http {{ {paths} include {place}/rcm_ui.conf; }}"
    (place / "nginx.conf").write_text(whole)
    return place / "nginx.conf"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of nginx in front of the guard."""
    place = tmp_path_factory.mktemp("proxy")
    port, page = free_port(), free_port()
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    subprocess.run([*certificate, "-keyout", "key.pem", "-out", "cert.pem"], cwd=place, check=True, capture_output=True)
    app = WebGuard(Starlette(routes=[Route("/runs", cookies)]), token=TOKEN, origins=[f"http://127.0.0.1:{page}", f"https://{NAME}"])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=page, log_level="error"))
    with ThreadingHTTPServer(("127.0.0.1", 0), SignOn) as sign_on:
        for work in (server.run, sign_on.serve_forever):
            threading.Thread(target=work, daemon=True).start()
        nginx = subprocess.Popen([str(NGINX), "-p", str(place), "-c", str(configuration(place, port, page, sign_on.server_port))])
        until = time.monotonic() + 30
        while time.monotonic() < until and not (server.started and (place / "nginx.pid").exists()):
            time.sleep(0.05)
        yield port
        nginx.terminate()
        nginx.wait(30)
        server.should_exit = True
        sign_on.shutdown()


def ask(port: int, **headers: str) -> tuple[int, str]:
    """Status, and the address it leads to or what it says."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=30)) as connection:
        connection.request(
            "GET", "/runs?view=all", headers={"Host": NAME} | {name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location") or answer.read().decode()


def test_who_is_not_signed_on_is_led_to_the_sign_on(proxy: int) -> None:
    status, where = ask(proxy)
    assert status == 302
    assert where.endswith("/oauth2/sign_in?rd=/runs?view=all")
    assert ask(proxy, Authorization=f"Bearer {TOKEN}")[0] == 302, "the token of the page is no sign-on"


def test_who_is_signed_on_sees_the_page_and_the_page_no_cookie(proxy: int) -> None:
    assert ask(proxy, Cookie="signed_on=yes") == (200, "the page; cookies: ")


def test_the_guard_still_stands_behind_the_sign_on(proxy: int) -> None:
    assert ask(proxy, Cookie="signed_on=yes", Origin="https://evil.example")[0] == 403
    assert ask(proxy, Cookie="signed_on=yes", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403
    assert ask(proxy, Cookie="signed_on=yes", Host="evil.example")[0] == 400
