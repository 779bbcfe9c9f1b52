"""Run a workspace in a thread of this process, for tests and for the demo."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tocsin.playground.slack.app import create_app
from tocsin.playground.slack.workspace import Workspace

_START_SECONDS = 15.0


@contextmanager
def hosted(workspace: Workspace, port: int = 0) -> Iterator[str]:
    """Serve the workspace on loopback and yield its address without a slash; port 0 takes a free one."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(workspace), log_level="warning", timeout_graceful_shutdown=1, http="h11"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="slack workspace")
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield address
        finally:
            server.should_exit = True
            thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise RuntimeError("the Slack workspace did not start; its log above says why")
        time.sleep(0.01)
