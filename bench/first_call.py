"""Webhook → the first action's call arrives at the other end."""

import asyncio
import time

from aiohttp import ClientSession

from bench.figures import Bench, Figure, spread
from bench.installation import installed
from bench.pages import send_page
from bench.receiver import receiving
from bench.runbooks import FIRST_CALL, FIRST_TITLE

PAUSE = 0.02
"""Seconds between a call and the next webhook: each finds a service that has nothing else to do."""


async def measure(bench: Bench) -> list[Figure]:
    """Send webhooks that a runbook in mode ``auto`` waits for, one after the other."""
    runs = 30 if bench.quick else 100
    async with receiving() as receiver, ClientSession() as http:
        with installed(bench.folder, FIRST_CALL, receiver=receiver.url) as at:
            bench.say(f"{runs + 1} webhooks, one after the other")
            seconds = []
            for number in range(runs + 1):
                began = time.perf_counter()
                await send_page(http, at, FIRST_TITLE, f"P{number}")
                seconds.append(await receiver.came(f"/first/P{number}") - began)
                await asyncio.sleep(PAUSE)
    very_first, *others = seconds
    return [
        *spread("webhook → first action's call", others, (25, 150)),
        Figure("the same, the very first after a start", very_first * 1000, "ms"),
    ]
