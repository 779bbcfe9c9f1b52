"""The door of the Web API: arguments, tokens, faults, limits, and the ledger of calls."""

import asyncio
import json
from collections.abc import Mapping
from json import JSONDecodeError

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import RateLimited, SlackError
from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.methods.table import APP_TOKEN_METHODS, METHODS
from tocsin.playground.slack.records import LedgerEntry
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.shapes import Json, as_object
from tocsin.playground.slack.stage import Stage


class HungUp(Response):
    """No answer at all: the connection is reset, as when a machine in between dies."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Abort uvicorn's transport, which only its own receive callable knows."""
        cycle = getattr(receive, "__self__", None)
        transport = getattr(cycle, "transport", None)
        if transport is not None:  # uvloop's is none of asyncio's own
            transport.abort()
            await receive()


def routes(stage: Stage) -> APIRouter:
    """Route /api/<method>, GET and POST alike, as Slack does."""
    router = APIRouter()

    @router.api_route("/api/{method}", methods=["GET", "POST"])
    async def call_method(method: str, request: Request) -> Response:
        try:
            args = await _arguments(request)
            _authenticate(stage.workspace.settings, method, _token(request, args))
        except SlackError as refusal:
            return JSONResponse(refusal.body())
        args.pop("token", None)
        return await _with_fault(stage, Call(method, args))

    return router


async def _with_fault(stage: Stage, call: Call) -> Response:
    fault = stage.faults.take(call.method)
    if fault is None:
        return _perform(stage, call)
    if fault.after_effect:
        _perform(stage, call, answered=False)
        await asyncio.sleep(fault.delay)
        return _spoilt(fault)
    await asyncio.sleep(fault.delay)
    if not fault.spoils:
        return _perform(stage, call)
    _record(stage, call, fault.error or f"http_{fault.status}")
    return _spoilt(fault)


def _spoilt(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == 429 or fault.error == "ratelimited":
        return _too_many(fault.retry_after or 1)
    if fault.status:
        return PlainTextResponse("upstream trouble", status_code=fault.status, headers=headers)
    if fault.error:
        return JSONResponse({"ok": False, "error": fault.error}, headers=headers)
    return HungUp()


def _too_many(retry_after: int) -> Response:
    headers = {"Retry-After": str(retry_after)}
    return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)


def _perform(stage: Stage, call: Call, *, answered: bool = True) -> Response:
    workspace = stage.workspace
    try:
        if workspace.settings.rate_limits:
            stage.limits.spend(call)
        body: Json = {"ok": True, **METHODS[call.method](workspace, call)}
    except RateLimited as early:
        _record(stage, call, "ratelimited")
        return _too_many(early.retry_after)
    except SlackError as refusal:
        body = refusal.body()
    entry = _record(stage, call, str(body.get("error", "")), answered=answered)
    return JSONResponse(body, headers={"X-Slack-Req-Id": f"{entry.seq:08x}"})


def _record(stage: Stage, call: Call, error: str, *, answered: bool = True) -> LedgerEntry:
    """Write the call into the ledger; one without an error took effect."""
    calls = stage.workspace.calls
    entry = LedgerEntry(len(calls) + 1, stage.workspace.now(), call.method, call.args, error, answered)
    calls.append(entry)
    return entry


async def _arguments(request: Request) -> Json:
    """Read arguments from the query, a form or a JSON body; the body wins."""
    query: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        return query | _json(await request.body())
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form()
        return query | {key: value for key, value in form.items() if isinstance(value, str)}
    return query


def _json(body: bytes) -> Json:
    if not body:
        return {}
    try:
        return as_object(json.loads(body))
    except JSONDecodeError:
        raise SlackError("invalid_json") from None


def _token(request: Request, args: Mapping[str, object]) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else str(args.get("token", ""))


def _authenticate(settings: Settings, method: str, token: str) -> None:
    if method not in METHODS:
        raise SlackError("unknown_method", extra={"req_method": method})
    if method == "api.test":
        return
    if not token:
        raise SlackError("not_authed")
    if token not in (settings.bot_token, settings.app_token):
        raise SlackError("invalid_auth")
    if (token == settings.app_token) != (method in APP_TOKEN_METHODS):
        raise SlackError("not_allowed_token_type")
