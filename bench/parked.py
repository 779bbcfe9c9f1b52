"""Runs that wait for people: what they cost, and how fast one goes on."""

import asyncio
import time

from aiohttp import ClientSession

from bench.figures import Bench, Figure, Target, median
from bench.installation import Installation, installed
from bench.receiver import Receiver, receiving
from bench.rest import approve, digest_asked, start_run
from bench.runbooks import APPROVED_CALL

REAL = 20
"""Runs that the service itself brings to their approval; the others are copies of one of them."""
SETTLE = 3.0
"""Seconds until what was begun is over."""

COPIES = "(select md5(%(run)s || n) as id from generate_series(1, %(copies)s) n) as copy"
COPY = (
    f"""
    insert into run
    select made.* from run one, {COPIES}, jsonb_populate_record(one, jsonb_build_object('id', copy.id)) made
    where one.id = %(run)s
    """,
    f"""
    insert into event
    select made.* from event one, {COPIES}, jsonb_populate_record(one, jsonb_build_object(
        'position', nextval('event_position_seq'), 'stream', 'run/' || copy.id, 'run_id', copy.id)) made
    where one.run_id = %(run)s
    """,
    f"""
    insert into procrastinate_jobs
    select made.* from procrastinate_jobs one, {COPIES}, jsonb_populate_record(one, jsonb_build_object(
        'id', nextval('procrastinate_jobs_id_seq'),
        'queueing_lock', replace(one.queueing_lock, %(run)s, copy.id),
        'args', one.args || jsonb_build_object('run_id', copy.id))) made
    where one.args ->> 'run_id' = %(run)s and one.status = 'todo'
    """,
    "analyze",
)
"""A run as it waits: its row, its events, and the alarm for when nobody answers."""


async def measure(bench: Bench) -> list[Figure]:
    """Weigh the service with no run in it and with very many that wait, then let some of them go on."""
    runs, seconds = (1_000, 5.0) if bench.quick else (10_000, 10.0)
    async with receiving() as receiver:
        with installed(bench.folder, APPROVED_CALL, receiver=receiver.url) as at:
            async with ClientSession(headers=at.headers) as http:
                await _go_on(http, at, receiver, await _park(http, at, ["warm"]))
                waiting = await _park(http, at, [f"r{number}" for number in range(REAL)])
                await asyncio.sleep(SETTLE)
                bench.say(f"{REAL} runs wait: {seconds:.0f} s of rest")
                memory, few = at.memory, await _busy(at, seconds)
                _copy(at, next(iter(waiting.values())), runs - REAL)
                await asyncio.sleep(SETTLE)
                bench.say(f"{runs:,} runs wait: {seconds:.0f} s of rest")
                many, grown = await _busy(at, seconds), at.memory - memory
                bench.say(f"{REAL} approvals")
                delays = await _go_on(http, at, receiver, waiting)
    return [
        Figure(f"memory of {runs:,} parked runs", grown, "MB", Target(5)),
        Figure(f"CPU of the service with {REAL} parked runs, at rest", few, "%"),
        Figure(f"CPU of the service with {runs:,} parked runs, at rest", many, "%", Target(2)),
        Figure("approval → next action's call, p50", median(delays) * 1000, "ms", Target(50)),
    ]


async def _park(http: ClientSession, at: Installation, keys: list[str]) -> dict[str, str]:
    """Start a run for each key; return their ids once they wait for people."""
    runs = {key: await start_run(http, at, "bench-approved-call", key=key) for key in keys}
    for run_id in runs.values():
        while await digest_asked(http, at, run_id) is None:  # noqa: ASYNC110  # in another process
            await asyncio.sleep(0.05)
    return runs


async def _go_on(
    http: ClientSession, at: Installation, receiver: Receiver, runs: dict[str, str]
) -> list[float]:
    """Approve the runs one by one; return the seconds from the approval to the call."""
    delays = []
    for key, run_id in runs.items():
        digest = await digest_asked(http, at, run_id)
        assert digest is not None
        began = time.perf_counter()
        await approve(http, at, run_id, digest)
        delays.append(await receiver.came(f"/approved/{key}") - began)
        await asyncio.sleep(0.05)
    return delays


async def _busy(at: Installation, seconds: float) -> float:
    """Return the percentage of one core that the service uses."""
    before = at.cpu
    await asyncio.sleep(seconds)
    return (at.cpu - before) / seconds * 100


def _copy(at: Installation, run_id: str, copies: int) -> None:
    with at.database() as database:
        for statement in COPY:
            database.execute(statement, {"run": run_id, "copies": copies} if "%" in statement else None)
