"""Process start → ready, and what an idle service weighs."""

import asyncio
import time
from pathlib import Path

from bench.figures import Bench, Figure, Target, median
from bench.installation import installed

IDLE = 5.0
"""Seconds after which a service that nobody uses is weighed."""


async def measure(bench: Bench) -> list[Figure]:
    """Start the service on an empty folder, then again where its database is."""
    starts = 2 if bench.quick else 4
    bench.say("the very first one")
    first = _start(bench.folder)
    bench.say(f"{starts} more")
    again = [_start(bench.folder) for _ in range(starts)]
    bench.say(f"{IDLE:.0f} s of rest")
    with installed(bench.folder) as at:
        await asyncio.sleep(IDLE)
        memory = at.memory
    return [
        Figure("process start → /readyz, its PostgreSQL started too", median(again), "s", Target(2.5)),
        Figure("the very first start, which makes the database", first, "s"),
        Figure(f"memory of the service, idle for {IDLE:.0f} s", memory, "MB", Target(150)),
    ]


def _start(folder: Path) -> float:
    """Return the seconds until the service is ready."""
    began = time.perf_counter()
    with installed(folder):
        return time.perf_counter() - began
