"""What the engine costs: steps that do nothing, so that nothing but the engine is left."""

import asyncio
from itertools import pairwise

from aiohttp import ClientSession

from bench.figures import Bench, Figure, Target, median
from bench.installation import Installation, installed
from bench.rest import start_run
from bench.runbooks import nothing

BEGUN = """
    select extract(epoch from recorded_at)::float from event
    where type = 'step_started' and run_id = %s order by position
"""
COURSE = """
    select extract(epoch from max(recorded_at) - min(recorded_at))::float from event
    where run_id = any(%s) and type in ('run_requested', 'step_started', 'run_finished')
"""
OVER = "select count(*) from run where id = any(%s) and finished_at is not null"
LONG, SHORT = 100, 10
"""Steps of a runbook."""


async def measure(bench: Bench) -> list[Figure]:
    """Run one long runbook, then many short ones; the log says when each step began."""
    runs = 50 if bench.quick else 200
    with installed(bench.folder, nothing("bench-long", LONG), nothing("bench-short", SHORT)) as at:
        async with ClientSession(headers=at.headers) as http:
            await all_over(at, [await start_run(http, at, "bench-short")])
            bench.say(f"one run of {LONG} steps")
            long = await start_run(http, at, "bench-long")
            await all_over(at, [long])
            bench.say(f"{runs} runs of {SHORT} steps")
            before = at.cpu
            short = await asyncio.gather(*(start_run(http, at, "bench-short") for _ in range(runs)))
            await all_over(at, list(short))
            cpu = at.cpu - before
        with at.database() as database:
            begun = [row[0] for row in database.execute(BEGUN, [long])]
            whole = database.execute(COURSE, [[long]]).fetchone()
            many = database.execute(COURSE, [list(short)]).fetchone()
    assert whole is not None
    assert many is not None
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    return [
        Figure("engine, step to step in one run, p50", median(gaps) * 1000, "ms", Target(3)),
        Figure("engine, the whole run by its steps", whole[0] / LONG * 1000, "ms"),
        Figure("steps over many runs", runs * SHORT / many[0], "/s", Target(800, "higher")),
        Figure("CPU of the service for each of them", cpu / (runs * SHORT) * 1000, "ms"),
    ]


async def all_over(at: Installation, runs: list[str]) -> None:
    """Wait until every one of the runs is over."""
    with at.database() as database:
        while database.execute(OVER, [runs]).fetchone() != (len(runs),):  # noqa: ASYNC110  # in another process
            await asyncio.sleep(0.1)
