"""``tocsin serve`` and ``tocsin worker``."""

import asyncio
import socket
from typing import Annotated

import typer

from tocsin.cli.opening import opened
from tocsin.cli.printing import aside
from tocsin.errors import BadSetting
from tocsin.serve import listen, until_signalled, work

LOOK_EVERY = 0.05
"""Seconds between two looks whether the server answers yet."""


async def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Do jobs in this process too.")] = True,
) -> None:
    """Answer HTTP and Slack, and do jobs.

    SIGTERM and SIGINT stop it cleanly: jobs at work have ten seconds, and are taken up again by another
    worker when that is not enough.

    Example: `tocsin serve --host 0.0.0.0 --port 8080`
    """
    _check_free(host, port)
    async with opened(serving=True) as house, until_signalled() as stop:
        app = house.app()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listen(app, host, port, stop))
            slack = tasks.create_task(house.listen_to_slack())
            if worker:
                tasks.create_task(work(house, stop, "serve"))
            await _announce(host, port, stop)
            await house.warm_up()
            await stop.wait()
            slack.cancel()
    aside().print("tocsin: stopped")


async def worker(
    name: Annotated[str, typer.Option(help="How it is called in the queue's tables.")] = "worker",
) -> None:
    """Do jobs, beside whoever else does.

    Example: `tocsin worker --name eu-1`
    """
    async with opened(serving=True) as house, until_signalled() as stop:
        aside().print("tocsin: working; Ctrl+C stops it")
        await house.warm_up()
        await work(house, stop, name)
    aside().print("tocsin: stopped")


def _check_free(host: str, port: int) -> None:
    """Raise BadSetting when nobody can listen there; the server itself would only exit."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]  # Python adds the address, which we say ourselves
        mend = "choose another --port or --host"
        raise BadSetting(f"cannot listen on {host}:{port}: {why}; {mend}") from error


async def _announce(host: str, port: int, stop: asyncio.Event) -> None:
    """Say where it is, once it answers there."""
    while not stop.is_set():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(LOOK_EVERY)
            continue
        writer.close()
        aside().print(f"tocsin: serving http://{_shown(host)}:{port}; Ctrl+C stops it")
        return


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
