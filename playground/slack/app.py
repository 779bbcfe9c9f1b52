"""Put the workspace behind HTTP and WebSocket doors."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from json import JSONDecodeError

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tocsin.playground.slack import answers, webapi
from tocsin.playground.slack.delivery import Delivery
from tocsin.playground.slack.errors import NoSuchThing, SlackError
from tocsin.playground.slack.faults import Faults
from tocsin.playground.slack.limits import Limits
from tocsin.playground.slack.page.routes import page_routes
from tocsin.playground.slack.practice import (
    Pulse,
    acting_routes,
    breaking_routes,
    speaking_routes,
    watching_routes,
)
from tocsin.playground.slack.shapes import as_object
from tocsin.playground.slack.sockets import Sockets
from tocsin.playground.slack.stage import Stage
from tocsin.playground.slack.workspace import Workspace
from tocsin.trust import trusting


def create_app(workspace: Workspace) -> FastAPI:
    """Build the application around a workspace; run it with uvicorn, one process, one loop."""
    # Delivery bounds every request itself.
    client = httpx2.AsyncClient(verify=trusting(None), trust_env=False, timeout=None)
    sockets = Sockets(workspace)
    stage = Stage(workspace, Delivery(workspace, sockets, client), sockets, Faults(), Limits(workspace.now))
    pulse = Pulse()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workspace.on_event.append(stage.delivery.enqueue)
        workspace.on_change.append(pulse.beat)
        yield
        workspace.on_event.remove(stage.delivery.enqueue)
        workspace.on_change.remove(pulse.beat)
        await stage.delivery.cancel()
        await client.aclose()

    async def learn_address(connection: HTTPConnection) -> None:
        workspace.address = str(connection.base_url).replace("ws", "http", 1)

    app = FastAPI(title="Slack, to practise", lifespan=lifespan, dependencies=[Depends(learn_address)])
    app.add_exception_handler(NoSuchThing, _not_found)
    app.add_exception_handler(SlackError, _refused)
    for router in (
        webapi.routes(stage),
        file_routes(workspace),
        answer_routes(stage),
        acting_routes(stage),
        speaking_routes(stage),
        watching_routes(stage, pulse),
        breaking_routes(stage),
        page_routes(),
    ):
        app.include_router(router)
    return app


def file_routes(workspace: Workspace) -> APIRouter:
    """Route the addresses that the files' methods hand out."""
    router = APIRouter()

    @router.post("/upload/v1/{file_id}")
    async def upload(file_id: str, request: Request) -> Response:
        stored = workspace.files.get(file_id)
        content = await request.body()
        if stored is None or len(content) != stored.length:
            return PlainTextResponse("no such upload, or not the length that was promised", status_code=400)
        stored.content = content
        return PlainTextResponse(f"OK - {len(content)}")

    @router.get("/files/{file_id}/{name}")
    async def download(file_id: str, name: str) -> Response:
        stored = workspace.files.get(file_id)
        if stored is None or stored.content is None:
            return PlainTextResponse("no such file", status_code=404)
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(stored.content, media_type="application/octet-stream", headers=headers)

    return router


def answer_routes(stage: Stage) -> APIRouter:
    """Route the response_urls that payloads carry, and the sockets that apps.connections.open gives."""
    router = APIRouter()
    workspace = stage.workspace

    @router.post("/response/{token}")
    async def respond(token: str, request: Request) -> Response:
        try:
            body = as_object(json.loads(await request.body()))
        except JSONDecodeError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, status_code=400)
        try:
            answers.apply(workspace, answers.redeem(workspace, token), body)
        except SlackError as refusal:
            status = 404 if refusal.code.endswith("_url") else 400
            return JSONResponse(refusal.body(), status_code=status)
        return PlainTextResponse("ok")

    @router.websocket("/socket")
    async def socket(websocket: WebSocket, ticket: str = "") -> None:
        await stage.sockets.serve(websocket, ticket)

    return router


async def _not_found(_: Request, trouble: Exception) -> Response:
    return JSONResponse({"ok": False, "error": str(trouble)}, status_code=404)


async def _refused(_: Request, trouble: Exception) -> Response:
    return JSONResponse({"ok": False, "error": str(trouble)}, status_code=409)
