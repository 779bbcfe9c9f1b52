"""A real Redis of the tests' own, where Debian's redis-server is installed."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from tests.actions.kube import CANARY
from tocsin.playground.serving import HOST, Child, free_port


@dataclass(frozen=True)
class Keyspace:
    """The server. Its password is the canary."""

    url: str
    client: redis.Redis

    def fill(self, prefix: str, count: int) -> None:
        """Write keys ``prefix0``, ``prefix1``…"""
        self.client.mset({f"{prefix}{number}": "x" for number in range(count)})

    def count(self, pattern: str) -> int:
        """Count the keys that match."""
        return sum(1 for _ in self.client.scan_iter(match=pattern, count=1000))


@contextmanager
def serving_redis(folder: Path, *options: str) -> Iterator[Keyspace]:
    """Run a server that keeps nothing on disk; skip the test where there is no redis-server."""
    program = shutil.which("redis-server")
    if program is None:
        # Optional, so that Python and make are all that a contributor needs; `.ci/run` brings it.
        pytest.skip("There is no redis-server here. On Debian: apt-get install redis-server.")
    port = free_port()
    where = ["--bind", HOST, "--port", str(port), "--dir", str(folder), "--requirepass", CANARY]
    child = Child([program, *where, "--save", "", "--appendonly", "no", *options])
    child.launch()
    client = redis.Redis(host=HOST, port=port, password=CANARY)
    try:
        _await(client)
        yield Keyspace(f"redis://{HOST}:{port}/0", client)
    finally:
        client.close()
        child.stop()


def _await(client: redis.Redis) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            assert time.monotonic() < deadline, "redis-server did not answer within 10 s"
            time.sleep(0.02)
        else:
            return
