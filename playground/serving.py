"""Run a practice server in a thread or as a child process, and wait until it answers."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import httpx2
import uvicorn
from fastapi import FastAPI

from tocsin.playground.tls import ServerCertificate, trusting

HOST = "127.0.0.1"
POLL_SECONDS = 0.02
TAIL_CHARACTERS = 2_000


class ServerDidNotStart(RuntimeError):
    """A practice server ended, or stayed silent, before it answered its first request."""


def free_port() -> int:
    """Find a TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def uvicorn_config(app: FastAPI, port: int, certificate: ServerCertificate | None = None) -> uvicorn.Config:
    """Set up uvicorn for a practice server: loopback only, quiet, over TLS if given a certificate."""
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=1,
        http="h11",  # an answer that is lost on purpose ends the connection; httptools would say 500
        ssl_certfile=None if certificate is None else str(certificate.chain),
        ssl_keyfile=None if certificate is None else str(certificate.key),
    )


class ServedApp:
    """An app of ours served from a thread of this process, from `start` to `stop`."""

    def __init__(self, app: FastAPI, port: int, certificate: ServerCertificate | None = None) -> None:
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://{HOST}:{port}"
        self._server = uvicorn.Server(uvicorn_config(app, port, certificate))
        self._thread = threading.Thread(target=self._server.run, name=f"serves {self.url}", daemon=True)

    def start(self, seconds: float = 10.0) -> None:
        """Start the thread and return once the server accepts connections.

        Raises ServerDidNotStart when it ends or stays silent.
        """
        self._thread.start()
        deadline = time.monotonic() + seconds
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise ServerDidNotStart(f"{self.url} did not start; its log above says why.")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask the server to end and wait for its thread."""
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Child:
    """A program run as a child process, with its output kept for the day it goes wrong."""

    def __init__(self, arguments: Sequence[str], *, log: Path | None = None) -> None:
        self._arguments = list(arguments)
        # Lives as long as the child.
        self._output = log.open("ab+") if log else tempfile.TemporaryFile()  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The child's process id. Raises ServerDidNotStart before it is launched."""
        return self._running().pid

    def launch(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the child, and wait for nothing."""
        self._process = subprocess.Popen(
            self._arguments,
            env=dict(os.environ if environment is None else environment),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def stop(self) -> None:
        """End the child: politely, then after 5 seconds by force."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._output.close()

    def kill(self) -> None:
        """End the child as a power cut would, with SIGKILL."""
        self._running().kill()
        self._running().wait()
        self._output.close()

    def freeze(self) -> None:
        """Stop the child's time; its connections stay open."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen child go on where it was."""
        self._running().send_signal(signal.SIGCONT)

    def last_words(self) -> str:
        """Return the end of the child's output."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")[-TAIL_CHARACTERS:]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerDidNotStart(f"{self._arguments} was never started.")
        return self._process


class ServedChild(Child):
    """A server run as a child process."""

    def __init__(
        self, arguments: Sequence[str], probe_url: str, *, ca_pem: Path | None = None, log: Path | None = None
    ) -> None:
        super().__init__(arguments, log=log)
        self._probe_url = probe_url
        self._ca_pem = ca_pem

    def start(self, seconds: float = 30.0, environment: Mapping[str, str] | None = None) -> None:
        """Start the child and return once `probe_url` answers, whatever the status below 500.

        Raises ServerDidNotStart, with the end of the child's output, when it ends or stays silent.
        """
        self.launch(environment)
        deadline = time.monotonic() + seconds
        with httpx2.Client(verify=trusting(self._ca_pem), trust_env=False, timeout=2.0) as client:
            # Another server may have the port: whoever ended did not answer.
            while self._ended or not self._answers(client):
                if self._ended or time.monotonic() > deadline:
                    self._give_up()
                time.sleep(POLL_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _ended(self) -> bool:
        return self._running().poll() is not None

    def _answers(self, client: httpx2.Client) -> bool:
        try:
            return client.get(self._probe_url).status_code < 500
        except httpx2.TransportError:
            return False

    def _give_up(self) -> NoReturn:
        words = self.last_words()
        self.stop()
        raise ServerDidNotStart(
            f"{self._arguments} did not answer at {self._probe_url}. Its last words:\n{words}"
        )
