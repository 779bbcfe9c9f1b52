"""People who start runs, approve them, and watch a worker do them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tocsin.events import Actor
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState
from tocsin.serve import work

ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
BO = Actor(kind="slack", id="U0BO", name="Bo", email="bo@acme.example")

Follow = Callable[[str, str], Awaitable[RunState]]
"""Wait until a run has a status."""


@asynccontextmanager
async def following(house: House) -> AsyncIterator[Follow]:
    """Let a worker work, and follow what it does."""
    stop = asyncio.Event()
    worker = asyncio.create_task(work(house, stop))

    async def until(run_id: str, status: str) -> RunState:
        async with asyncio.timeout(60):
            while (state := await read(house, run_id)).status != status:
                assert not state.over, f"{state.status}: {state.summary}"
                await asyncio.sleep(0.1)
        return state

    yield until
    stop.set()
    await worker


async def read(house: House, run_id: str) -> RunState:
    async with house.database.transaction() as session:
        return await house.runs.read(session, ANA, run_id)


async def start(house: House, runbook: str, **inputs: str | int) -> str:
    async with house.database.transaction() as session:
        return (await house.runs.start(session, ANA, RunRequest(runbook=runbook, inputs=dict(inputs)))).id


async def approve(house: House, state: RunState) -> None:
    [request] = [step.request for step in state.steps.values() if step.status == "awaiting_approval"]
    assert request is not None
    async with house.database.transaction() as session:
        await house.runs.approve(session, BO, state.id, request.digest)
