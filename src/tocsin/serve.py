"""Runs what ``main`` built: the HTTP server, and a worker."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from tocsin.main import House
from tocsin.secrets import redact_text

logger = structlog.get_logger(__name__)
PAUSE = 1.0
"""Seconds between a worker that broke and the next one."""
WORKER_OPTIONS: dict[str, Any] = {
    "concurrency": 20,
    "fetch_job_polling_interval": 0.25,  # for jobs scheduled for later; those due now are told
    "abort_job_polling_interval": 30.0,
    "update_heartbeat_interval": 2.0,
    "stalled_worker_timeout": 30.0,
    "delete_jobs": "successful",
    "install_signal_handlers": False,
    "shutdown_graceful_timeout": 10.0,
}


async def work(house: House, stop: asyncio.Event, name: str = "worker") -> None:
    """Do jobs until ``stop``; what is at work then has ten seconds. A worker that breaks is replaced."""
    await house.tasks.recover()
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        worker = asyncio.create_task(house.queue.run_worker_async(name=name, **WORKER_OPTIONS))
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        [end] = await asyncio.gather(worker, return_exceptions=True)
        if not stop.is_set():
            # It slept so long that it was struck off the list, say.
            logger.error("worker_broke", error=redact_text(repr(end)), again=PAUSE)
            await asyncio.wait({stopping}, timeout=PAUSE)


class _Server(uvicorn.Server):
    """Leaves the signals to us: the worker has to hear of them too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def listen(app: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
    """Answer HTTP until ``stop``; ends with SystemExit when the port is taken."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


@asynccontextmanager
async def until_signalled() -> AsyncIterator[asyncio.Event]:
    """Yield an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
