"""The guard in front of every page we serve: who may ask, from where, by which name."""

import asyncio

import pytest

from rcm_pipeline.web_guard import WebGuard

OWN = "http://127.0.0.1:3000"
TOKEN = "secret"
COOKIE = {"cookie": f"rcm_token_3000={TOKEN}"}


def answer(kind: str, method: str = "GET", path: str = "/runs", query: str = "", **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers; 0 where the application behind the guard was reached."""
    sent: list[dict] = []

    async def behind(_scope: object, _receive: object, send) -> None:
        await send({"type": "http.response.start" if kind == "http" else "reached", "status": 0, "headers": []})

    async def receive() -> dict:
        return {"type": "http.request"}

    async def send(message: dict) -> None:
        sent.append(message)

    named = {"host": "127.0.0.1:3000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": kind, "path": path, "query_string": query.encode(), "headers": [(n.encode(), v.encode("latin-1")) for n, v in named.items()],
        **({"method": method} if kind == "http" else {}),
    }  # fmt: skip
    asyncio.run(WebGuard(behind, token=TOKEN, origins=[OWN, "https://rcm.example.org"])(scope, receive, send))
    first = sent[0]
    return first.get("status", first.get("code", -1)), {name.decode(): value.decode() for name, value in first.get("headers", [])}


def status(kind: str, **given: str) -> int:
    return answer(kind, **given)[0]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (COOKIE, 0),
        ({"authorization": f"Bearer {TOKEN}"}, 0),
        ({}, 401),
        ({"cookie": "rcm_token_3000=other"}, 401),
        ({"cookie": f"rcm_token_3001={TOKEN}"}, 401),
        ({"cookie": f"a[0]={{x}}; bad; =y; é=1; rcm_token_3000={TOKEN}"}, 0),
        ({"query": "token=other"}, 401),
        (COOKIE | {"host": "evil.example"}, 400),
        (COOKIE | {"host": "127.0.0.1:3001"}, 400),
        (COOKIE | {"host": "rcm.example.org"}, 0),
        (COOKIE | {"origin": "https://evil.example"}, 403),
        (COOKIE | {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
        (COOKIE | {"sec_fetch_site": "same-site", "sec_fetch_mode": "cors"}, 403),
        (COOKIE | {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 0),
        (COOKIE | {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, 0),
        (COOKIE | {"sec_fetch_site": "same-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}, 403),
        (COOKIE | {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "object"}, 403),
        (COOKIE | {"path": "/graphql", "query": "query=mutation{x}"}, 405),
        (COOKIE | {"path": "/graphql/"}, 405),
        (COOKIE | {"method": "POST", "path": "/graphql"}, 403),
        (COOKIE | {"method": "POST", "path": "/graphql", "origin": OWN}, 0),
        (COOKIE | {"method": "DELETE", "origin": "null"}, 403),
        ({"authorization": f"Bearer {TOKEN}", "method": "POST", "path": "/graphql"}, 0),
    ],
)
def test_who_may_ask(given: dict[str, str], wanted: int) -> None:
    assert status("http", **given) == wanted


def test_the_printed_address_sets_a_cookie_and_leaves_no_token_behind() -> None:
    code, headers = answer("http", path="/runs", query="view=all&token=secret")
    assert (code, headers["location"]) == (303, "/runs?view=all")
    assert {"HttpOnly", "SameSite=strict"} <= set(headers["set-cookie"].split("; "))
    assert answer("http", path="//evil.example/", query="token=secret")[1]["location"] == "/evil.example/"


def test_no_page_may_show_ours_in_a_frame() -> None:
    _, headers = answer("http", **COOKIE)
    assert (headers["x-frame-options"], headers["content-security-policy"]) == ("DENY", "frame-ancestors 'none'")


def test_a_web_socket_is_opened_by_our_own_page_alone() -> None:
    assert status("websocket", **COOKIE, origin=OWN) == 0
    assert status("websocket", **COOKIE, origin="https://evil.example") == 1008
    assert status("websocket", **COOKIE) == 1008
    assert status("websocket", origin=OWN) == 1008
