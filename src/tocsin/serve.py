"""Runs what ``main`` built: the HTTP server, and a worker."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from tocsin.main import House

WORKER_OPTIONS = {
    "concurrency": 20,
    "fetch_job_polling_interval": 0.25,  # jobs scheduled for later are found by looking; those due now are told
    "abort_job_polling_interval": 30.0,
    "update_heartbeat_interval": 2.0,
    "stalled_worker_timeout": 30.0,
    "delete_jobs": "successful",
    "install_signal_handlers": False,
    "shutdown_graceful_timeout": 10.0,
}


async def work(house: House, stop: asyncio.Event, name: str = "worker") -> None:
    """Do jobs until ``stop``; what is at work then has ten seconds."""
    worker = asyncio.create_task(house.queue.run_worker_async(name=name, **WORKER_OPTIONS))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def listen(app: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
    """Answer HTTP until ``stop``; ends with SystemExit when the port is taken."""
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
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
