"""The gate: nobody passes whom it does not know, whatever they ask for. Deny by default."""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from tocsin.api.problems import problem
from tocsin.api.sessions import COOKIE, Session, Sessions
from tocsin.events import Actor
from tocsin.runbooks.schema import ADDRESS

OPEN = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json", "/slack/events", "/login", ADDRESS})
"""What anybody may call. Slack's requests and the webhooks are known by their signatures."""
OPEN_BELOW = ("/webhooks/", "/static/")
API = "/api/"
"""Below it, bearer tokens count and cookies do not; everywhere else it is the other way around."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_BOUNCE = '<!doctype html><meta http-equiv="refresh" content="0"><title>Tocsin</title>'


class Gate:
    """Finds out who is calling, before anything of the request is read."""

    def __init__(self, app: ASGIApp, sessions: Sessions, base_url: str) -> None:
        self._app = app
        self._sessions = sessions
        self._base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer 401; browsers are asked to sign in."""
        if scope["type"] == "websocket":
            return await WebSocketClose()(scope, receive, send)
        if scope["type"] != "http" or _is_open(scope["path"]):
            return await self._app(scope, receive, send)
        refusal = self._refusal(scope)
        return await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer for a stranger; None after writing down who it is."""
        caller = HTTPConnection(scope)
        if scope["path"].startswith(API):
            actor = self._sessions.actor(_bearer(caller.headers))
            if actor is None:
                return _no_token()
            scope.setdefault("state", {})["actor"] = actor
            return None
        session = self._sessions.read(caller.cookies.get(COOKIE, ""))
        if session is None:
            return _sign_in(scope, caller.headers)
        if scope["method"] not in SAFE and not from_here(caller.headers, self._base_url):
            return problem(403, "Forbidden", "this form was sent from another site; nothing was changed")
        scope.setdefault("state", {}).update(actor=session.actor, session=session)
        return None


def from_here(headers: Headers, base_url: str) -> bool:
    """Say whether a browser sent this from one of our own pages. Browsers name the origin of every POST."""
    origin = headers.get("origin", "")
    return origin == base_url or urlsplit(origin).netloc == headers.get("host", "-")


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_BELOW)


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _no_token() -> Response:
    told = "send a token of Tocsin's: `Authorization: Bearer …`; nothing was done"
    return problem(401, "Unauthorized", told, headers={"WWW-Authenticate": "Bearer"})


def _sign_in(scope: Scope, headers: Headers) -> Response:
    if scope["method"] != "GET":
        return problem(401, "Unauthorized", "your session is over: sign in again. Nothing was changed.")
    if headers.get("sec-fetch-site") == "cross-site":
        # A link on another site brings no SameSite=Strict cookie, even when there is one: come again.
        return HTMLResponse(_BOUNCE, status_code=401)
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", status_code=303)


async def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


async def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


TheActor = Annotated[Actor, Depends(_actor)]
TheSession = Annotated[Session, Depends(_session)]
