"""What stands in front of every page served on this machine: another web page can neither read nor drive it.

A browser sends its requests to any port of this machine for any page that asks (cross-site requests), and a name server can make
another page's name point here (DNS rebinding). So the name asked for must be one of ours, a page that asks must be our own, and
whoever asks must hold the token that was printed when the server was started. No page may show ours in a frame.

A browser sends a cookie to every port of a machine. A server of somebody else's on this machine that a person opens is thus sent
the cookie; where a machine is shared, a reverse proxy with a sign-on of its own stands in front, see docs.
"""

import hmac
from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARAMETER = "token"
_READING = {"GET", "HEAD"}
_POLICY_VIOLATION = 1008  # of a web socket


class WebGuard:
    """An ASGI middleware. `origins` are the addresses pages may have, as http://127.0.0.1:3000, the first one our own.

    400 for a name that is not ours, 403 for another page's request, 405 for a query over GET, which a mere link could send, 401
    without the token: in the cookie that the printed address sets, or as a bearer.
    """

    def __init__(self, app: ASGIApp, *, token: str, origins: Sequence[str]) -> None:
        self._app, self._token = app, token
        self._origins = {origin.lower() for origin in origins}
        self._hosts = {urlsplit(origin).netloc.lower() for origin in origins}
        self._cookie = f"rcm_token_{urlsplit(origins[0]).port}"  # two servers of ours on one machine do not overwrite each other's

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or let through."""
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        method = scope.get("method", "GET")
        if headers.get("host", "").lower() not in self._hosts:
            return _refused(400, "this server does not go by that name")
        if not self._is_own_page(headers, is_reading=scope["type"] == "http" and method in _READING):
            return _refused(403, "another page asked for this")
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(PARAMETER, [""])[0]
        if scope["type"] == "http" and method == "GET" and given and self._is_token(given):
            return self._welcome(scope)
        if not self._is_token(cookie_parser(headers.get("cookie", "")).get(self._cookie, "")) and not self._is_token(
            headers.get("authorization", "").removeprefix("Bearer ")
        ):
            return _refused(401, "open the address that rcm printed when it started this server; it holds a token")
        if scope["type"] == "http" and method in _READING and scope["path"].rstrip("/").endswith("/graphql"):
            return _refused(405, "queries are sent by POST")
        return None

    def _is_own_page(self, headers: Headers, *, is_reading: bool) -> bool:
        """A browser names the page that asks in Origin, always where it changes something or opens a web socket; a script is none."""
        origin = headers.get("origin")
        if origin is not None:
            return origin.lower() in self._origins
        if is_reading:  # a link from elsewhere may be followed to a page; nothing of ours may be drawn into another
            is_followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
            return is_followed or headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        return headers.get("authorization", "").startswith("Bearer ")

    def _welcome(self, scope: Scope) -> Response:
        """The same address without the token, which goes on in a cookie that no page can read and no other page sends."""
        rest = {name: values for name, values in parse_qs(scope["query_string"].decode("latin-1")).items() if name != PARAMETER}
        answer = RedirectResponse(scope["path"].replace("//", "/") + ("?" + urlencode(rest, doseq=True) if rest else ""), 303)
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        answer.headers["referrer-policy"] = "no-referrer"
        return answer

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


def _unframed(send: Send) -> Send:
    """Every answer says that no page may show it in a frame."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["x-frame-options"] = "DENY"
            headers.append("content-security-policy", "frame-ancestors 'none'")  # of several policies each is kept
        await send(message)

    return answer


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(f"refused: {why}\n", status)
