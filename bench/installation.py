"""A Tocsin to measure: ``tocsin serve`` as people run it, on an embedded PostgreSQL of its own."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg.abc import Query

from bench.plugin import install_plugin
from tocsin.db import Embedded
from tocsin.playground.serving import HOST, ServedChild, free_port

TOKEN = "token-of-the-benchmark"
SECRET = "webhook-secret-of-the-benchmark"


@dataclass(frozen=True)
class Installation:
    """A Tocsin that runs."""

    url: str
    folder: Path
    process: psutil.Process

    @property
    def headers(self) -> Mapping[str, str]:
        """What the REST API wants to see."""
        return {"Authorization": f"Bearer {TOKEN}"}

    @property
    def memory(self) -> float:
        """MB of the service: resident, its PostgreSQL's not counted."""
        return float(self.process.memory_info().rss) / 1e6

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the service has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Yield a connection to its database."""
        embedded = Embedded(self.folder / "data")
        try:
            with psycopg.connect(embedded.url, autocommit=True) as connection:
                yield connection
        finally:
            embedded.stop()

    def count(self, query: Query) -> int:
        """Return the one number that a query asks for."""
        with self.database() as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def installed(folder: Path, *runbooks: str, receiver: str = "http://127.0.0.1:9") -> Iterator[Installation]:
    """Start Tocsin in the folder, again where it was before, and stop it.

    It has these runbooks besides its own, and their calls go to ``receiver``.
    """
    (folder / "runbooks").mkdir(exist_ok=True)
    for number, text in enumerate(runbooks):
        (folder / "runbooks" / f"{number}.yaml").write_text(text, encoding="utf-8")
    (folder / "tocsin.yaml").write_text(
        f'connections:\n  "http:bench": {{ base_url: "{receiver}", allow_private: true }}\n', encoding="utf-8"
    )
    port = free_port()
    url = f"http://{HOST}:{port}"
    words = [sys.executable, "-m", "tocsin", "serve", "--port", str(port)]
    child = ServedChild(words, f"{url}/readyz", log=folder / "tocsin.log")
    child.start(environment=_environment(folder, url))
    try:
        yield Installation(url, folder, psutil.Process(child.pid))
    finally:
        child.stop()


def _environment(folder: Path, url: str) -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return {
        **inherited,
        "PYTHONPATH": install_plugin(folder / "plugin"),
        "TOCSIN_CONFIG": str(folder / "tocsin.yaml"),
        "TOCSIN_DATA_DIR": str(folder / "data"),
        "TOCSIN_BASE_URL": url,
        "TOCSIN_BOOTSTRAP_TOKEN": TOKEN,
        "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS": SECRET,
        "TOCSIN_RUNBOOKS": str(folder / "runbooks"),
        "TOCSIN_LOG_LEVEL": "WARNING",
    }
