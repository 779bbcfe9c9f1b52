"""The server and the worker as processes: how they begin, and how they stop."""

import signal
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from tests.cli.shell import Shell
from tocsin.playground.serving import free_port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_server_says_where_it_is_and_stops_cleanly(tocsin: Shell, number: signal.Signals) -> None:
    port = free_port()
    with tocsin.process("serve", "--port", str(port)) as server:
        assert server.stderr is not None
        assert server.stderr.readline() == f"tocsin: serving http://127.0.0.1:{port}; Ctrl+C stops it\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
        server.send_signal(number)
        assert server.wait(30) == 0
        assert server.stderr.read() == "tocsin: stopped\n"


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_a_port_that_is_taken_is_one_line_and_exit_2(tocsin: Shell, taken: str) -> None:
    result = tocsin("serve", "--port", taken)
    said = f"cannot listen on 127.0.0.1:{taken}: Address already in use; choose another --port or --host"
    assert (result.exit_code, result.stderr) == (2, f"tocsin: {said}\n")


def test_a_worker_stops_cleanly(tocsin: Shell) -> None:
    with tocsin.process("worker") as worker:
        assert worker.stderr is not None
        assert worker.stderr.readline() == "tocsin: working; Ctrl+C stops it\n"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
