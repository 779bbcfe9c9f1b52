"""Runs that a real worker carries out: two people start and approve them, and somebody follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.runbooks.world import ANA, BO
from tocsin.events import SYSTEM
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState
from tocsin.serve import work

Follow = Callable[[str, str], Awaitable[RunState]]
"""Waits until a run has a status."""


@asynccontextmanager
async def following(house: House) -> AsyncIterator[Follow]:
    """Let a worker work."""
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


async def publish(house: House, name: str, text: str) -> None:
    """Record and publish a runbook."""
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, text, f"{name}.yaml")
        await house.revisions.publish(session, SYSTEM, name, digest)


async def read(house: House, run_id: str) -> RunState:
    """Return a run."""
    async with house.database.transaction() as session:
        return await house.runs.read(session, ANA, run_id)


async def start(house: House, runbook: str, **inputs: str | int) -> str:
    """Ask for a run and return its id."""
    async with house.database.transaction() as session:
        return (await house.runs.start(session, ANA, RunRequest(runbook=runbook, inputs=dict(inputs)))).id


async def approve(house: House, state: RunState) -> None:
    """Say yes to the one step that asks."""
    [request] = [step.request for step in state.steps.values() if step.status == "awaiting_approval"]
    assert request is not None
    async with house.database.transaction() as session:
        await house.runs.approve(session, BO, state.id, request.digest)
