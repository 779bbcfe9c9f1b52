"""The twin's HTTP surface: who asks, what for, and the answer."""

import asyncio
import json
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from tocsin.playground.cluster.kubeconfig import ADMIN_TOKEN, BOT_TOKEN, BOT_USER
from tocsin.playground.cluster.logs import LogUnavailableError, read_log
from tocsin.playground.cluster.objects import Json, utcnow
from tocsin.playground.cluster.twin.api import Target
from tocsin.playground.cluster.twin.evictions import evict
from tocsin.playground.cluster.twin.kinds import EVENT, EVENT_V1, READ_ONLY
from tocsin.playground.cluster.twin.ledger import Fault, Mutation
from tocsin.playground.cluster.twin.patches import apply_patch
from tocsin.playground.cluster.twin.refusals import (
    Refusal,
    bad_request,
    forbidden,
    unauthorized,
    unknown_format,
    wrong_method,
)
from tocsin.playground.cluster.twin.requests import (
    MUTATING,
    is_dry,
    list_query,
    log_query,
    target_of,
    verb_of,
    whole_number,
)
from tocsin.playground.cluster.twin.views import VERSION, discovery, object_list, seen_as
from tocsin.playground.cluster.twin.watching import Watch, watch_lines
from tocsin.playground.cluster.twin.world import World

USERS = {ADMIN_TOKEN: "admin", BOT_TOKEN: BOT_USER}
"""The tokens of the practice kubeconfig: `admin` may do all, `tocsin` nothing, as nobody granted it any."""

WATCH_SECONDS = 1_800.0


def build_app(world: World) -> FastAPI:
    """Serve a world: the Kubernetes API under its own paths, and /practice for tests."""
    app = FastAPI(openapi_url=None, lifespan=lambda _: world.running())

    @app.get("/practice/mutations")
    async def mutations() -> list[Mutation]:
        return world.ledger.mutations

    @app.post("/practice/fault", status_code=204)
    async def plant(fault: Fault) -> None:
        world.ledger.plant(fault)

    @app.post("/practice/reset", status_code=204)
    async def reset() -> None:
        world.reset()

    @app.get("/readyz")
    @app.get("/livez")
    @app.get("/healthz")
    async def healthy() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def kubernetes(request: Request) -> Response:
        try:
            return await _answer(world, request)
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.code, refusal.headers)

    return app


async def _answer(world: World, request: Request) -> Response:
    path = request.url.path
    if path == "/version":
        return JSONResponse(VERSION)
    user = _user(request)
    if (found := discovery(path)) is not None:
        return JSONResponse(found)
    target = target_of(path)
    verb = verb_of(request, target)
    if user != "admin":
        raise forbidden(target.kind, user, verb, (target.namespace, target.name))
    body = await _json_body(request)
    fault = world.ledger.fault_for(verb, path)
    if fault is None:
        return _perform(world, request, target, body)
    if fault.after_effect:
        answer = _perform(world, request, target, body)
        await asyncio.sleep(fault.delay)
        return answer if fault.status is None else _failure(fault)
    await asyncio.sleep(fault.delay)
    return _perform(world, request, target, body) if fault.status is None else _failure(fault)


def _user(request: Request) -> str:
    """Tell who asks. Without a token it is the admin: kubectl sends none over plain HTTP."""
    scheme, _, token = request.headers.get("Authorization", f"Bearer {ADMIN_TOKEN}").partition(" ")
    if scheme != "Bearer" or token not in USERS:
        raise unauthorized()
    return USERS[token]


async def _json_body(request: Request) -> Any:
    raw = await request.body()
    if not raw:
        return {}
    if "json" not in request.headers.get("Content-Type", "json"):
        raise unknown_format()
    try:
        return json.loads(raw)
    except ValueError as error:
        raise bad_request(f"the request's body is not JSON: {error}") from error


def _perform(world: World, request: Request, target: Target, body: Any) -> Response:
    verb = verb_of(request, target)
    if verb not in MUTATING:
        return _read(world, request, target)
    if target.kind in READ_ONLY or (verb == "create") == bool(
        target.name and target.subresource != "eviction"
    ):
        raise wrong_method()
    dry = is_dry(request)
    answer = _mutate(world, request, target, body)
    if not dry:
        world.ledger.record(verb, request.url.path, body, request.headers.get("User-Agent", ""))
    return JSONResponse(answer, 201 if verb == "create" else 200)


def _mutate(world: World, request: Request, target: Target, body: Any) -> Json:
    api, dry = world.api, is_dry(request)
    if request.method == "PATCH":
        content_type = request.headers.get("Content-Type", "").partition(";")[0]
        current = _current(world, target)
        return _put(world, target, apply_patch(content_type, current, body), dry)
    if not isinstance(body, dict):
        raise bad_request("the request's body is not a JSON object")
    if target.subresource == "eviction":
        return evict(api, target, body, dry=dry)
    if request.method == "POST":
        return api.create(target, body, dry=dry)
    if request.method == "PUT":
        return _put(world, target, body, dry)
    grace = whole_number(request.query_params.get("gracePeriodSeconds"))
    return api.delete(target, body if grace is None else {**body, "gracePeriodSeconds": grace}, dry=dry)


def _put(world: World, target: Target, body: Json, dry: bool) -> Json:
    put = world.api.rescale if target.subresource == "scale" else world.api.replace
    return put(target, body, dry=dry)


def _current(world: World, target: Target) -> Json:
    if target.subresource == "scale":
        return world.api.scale_of(target)
    return world.store.get(target.kind, target.namespace, target.name)


def _read(world: World, request: Request, target: Target) -> Response:
    if verb_of(request, target) == "watch":
        return _watch(world, request, target)
    stored = target._replace(kind=EVENT) if target.kind == EVENT_V1 else target
    if target.subresource == "log":
        return _log(world, request, target)
    if target.name:
        return JSONResponse(seen_as(target.kind, _current(world, stored)))
    return JSONResponse(_page(world, request, target))


def _log(world: World, request: Request, target: Target) -> Response:
    try:
        return PlainTextResponse(read_log(_current(world, target), log_query(request), utcnow()))
    except LogUnavailableError as error:
        raise bad_request(str(error)) from error


def _page(world: World, request: Request, target: Target) -> Json:
    kind, query = target.kind, list_query(request, target.kind)
    stored = world.store.all(EVENT if kind == EVENT_V1 else kind, target.namespace)
    items = [found for found in (seen_as(kind, item) for item in stored) if query.takes(found)]
    ahead = [found for found in items if _place(found) > query.after] if query.after else items
    page = ahead[: query.limit] if query.limit else ahead
    return object_list(kind, page, world.store.version, _place(page[-1]) if len(page) < len(ahead) else "")


def _place(found: Json) -> str:
    return f"{found['metadata'].get('namespace', '')}/{found['metadata']['name']}"


def _watch(world: World, request: Request, target: Target) -> Response:
    query = request.query_params
    seconds = whole_number(query.get("timeoutSeconds"))
    watch = Watch(
        target,
        list_query(request, target.kind),
        whole_number(query.get("resourceVersion")),
        WATCH_SECONDS if seconds is None else float(seconds),
    )
    return StreamingResponse(watch_lines(world.store, watch), media_type="application/json")


def _failure(fault: Fault) -> Response:
    status = fault.status or 500
    refusal = Refusal(status, "InternalError", f"a practised failure: {status}")
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return JSONResponse(refusal.body(), status, headers)
