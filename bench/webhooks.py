"""Webhook → durable 202: at 200 a second, and as many as it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from aiohttp import ClientSession, TCPConnector

from bench.figures import Bench, Figure, Target, spread
from bench.installation import Installation, installed
from bench.pages import send_page

RATE = 200
CONNECTIONS = 32
TITLE = "Latency of the search is high"
STORED = "select count(*) from event where type = 'delivery_received'"

Send = Callable[[], Awaitable[int]]
"""Sends one webhook and returns the status of the answer."""


async def measure(bench: Bench) -> list[Figure]:
    """Send pages that nobody has heard of: every one opens an incident, which is the dearest case."""
    seconds = 3 if bench.quick else 10
    with installed(bench.folder) as at:
        async with ClientSession(connector=TCPConnector(limit=0)) as http:
            warm = await _at_most(_sender(http, at), 1)
            bench.say(f"{RATE} webhooks a second, for {seconds} s")
            latencies, steady = await _at_rate(_sender(http, at), seconds)
        bench.say(f"as many as it takes over {CONNECTIONS} connections, for {seconds} s")
        async with ClientSession() as http:
            began, before = time.perf_counter(), at.cpu
            hard = await _at_most(_sender(http, at), seconds)
            took, cpu = time.perf_counter() - began, at.cpu - before
        taken = [*warm, *steady, *hard].count(202)
        lost = taken - at.count(STORED)
    return [
        *spread(f"webhook → 202 at {RATE}/s", latencies, (5, 50)),
        Figure(
            f"webhooks taken, {CONNECTIONS} connections", hard.count(202) / took, "/s", Target(1000, "higher")
        ),
        Figure("CPU of the service for each of them", cpu / len(hard) * 1000, "ms"),
        Figure("webhooks not answered 202", len(warm) + len(steady) + len(hard) - taken, "", Target(0)),
        Figure("webhooks answered 202 and not in the log", lost, "", Target(0)),
    ]


def _sender(http: ClientSession, at: Installation) -> Send:
    return lambda: send_page(http, at, TITLE, uuid4().hex)


async def _at_rate(send: Send, seconds: float) -> tuple[Sequence[float], Sequence[int]]:
    """Send on time, whether or not the answers keep up; a latency counts from when it was due."""
    began = time.perf_counter()

    async def one(due: float) -> tuple[float, int]:
        await asyncio.sleep(began + due - time.perf_counter())
        status = await send()
        return time.perf_counter() - began - due, status

    answers = await asyncio.gather(*(one(number / RATE) for number in range(int(seconds * RATE))))
    return [latency for latency, _ in answers], [status for _, status in answers]


async def _at_most(send: Send, seconds: float) -> Sequence[int]:
    """Send the next one over a connection as soon as the last one is answered; return the statuses."""
    end = time.perf_counter() + seconds
    statuses: list[int] = []

    async def keep_sending() -> None:
        while time.perf_counter() < end:
            statuses.append(await send())

    await asyncio.gather(*(keep_sending() for _ in range(CONNECTIONS)))
    return statuses
