"""The app on a fresh database, and those who call it: a script, a stranger, a browser."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from tests.api.callers import BASE, TOKEN, Browser
from tests.runbooks.workshop import Workshop, workshop_in
from tests.runbooks.world import World

from tocsin.api.app import create_app
from tocsin.events import Actor
from tocsin.main import House
from tocsin.playground.serving import free_port


@pytest.fixture
def app(house: House) -> FastAPI:
    return create_app(house.door())


@pytest.fixture
def workshop(house: House) -> Workshop:
    """A house whose actions work on boxes; an app is told of it by ``boxes.door_to``."""
    return workshop_in(house, World())


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody without a token."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
async def script(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A program with the bootstrap token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser that signed in with the bootstrap token."""
    async with Browser(app) as browser:
        await browser.sign_in(TOKEN)
        yield browser


@pytest.fixture
async def outsider(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser of a person without any role."""
    async with Browser(app) as browser:
        browser.be(Actor(kind="web", id="eve", name="Eve"))
        yield browser


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Where the app listens, for what only a real server does: streams."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells it no other way
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
