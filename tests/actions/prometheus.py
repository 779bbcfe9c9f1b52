"""A real Prometheus, and a service that it scrapes."""

import base64
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Site, serving
from tocsin.connections import PrometheusConnection
from tocsin.playground.serving import HOST, ServedChild, free_port

PROGRAM = shutil.which("prometheus")
USER = "tocsin"
HASHED = "$2b$04$n8vIrZIW.Ca9W1JLvl6VouuorZstPBVNUOXdGO0nJl1U67fAGcHeq"
"""bcrypt of CANARY, by the cheapest of its costs."""
CONFIG = """
global: {{ scrape_interval: 300ms, scrape_timeout: 300ms }}
scrape_configs:
  - {{ job_name: shop, static_configs: [{{ targets: ["{target}"] }}] }}
"""
WEB_CONFIG = f'basic_auth_users: {{ {USER}: "{HASHED}" }}\n'


class Prometheus:
    """The server; ``metrics`` is what it scrapes, by name and labels: a number, text, or what gives one."""

    def __init__(self, port: int, exporter: Site) -> None:
        self.url = f"http://{HOST}:{port}"
        self.metrics: dict[str, float | str | Callable[[], float]] = {}
        exporter.routes["/metrics"] = lambda _: Answer(200, {"content-type": "text/plain"}, self._exposed())

    def connection(self, password: str = CANARY, path: str = "") -> PrometheusConnection:
        """Return a connection to it."""
        headers = {"Authorization": SecretStr(authorization(password))}
        return PrometheusConnection(base_url=f"{self.url}{path}", headers=headers, allow_private=True)

    def ask(self, query: str) -> list[dict[str, object]]:
        """Return the series that a query finds; none where it does not answer."""
        headers = {"Authorization": authorization(CANARY)}
        answer = httpx2.get(f"{self.url}/api/v1/query", params={"query": query}, headers=headers)
        found: list[dict[str, object]] = answer.json()["data"]["result"] if answer.is_success else []
        return found

    def expose(self, name: str, value: float | str | Callable[[], float]) -> None:
        """Let a metric be scraped, and wait until it can be asked for."""
        self.metrics[name] = value
        self.until(name)

    def until(self, query: str) -> None:
        """Wait until a query finds something."""
        deadline = time.monotonic() + 20
        while not self.ask(query):
            assert time.monotonic() < deadline, f"Prometheus finds nothing for {query}"
            time.sleep(0.05)

    def _exposed(self) -> bytes:
        values = {name: value() if callable(value) else value for name, value in self.metrics.items()}
        return "".join(f"{name} {value}\n" for name, value in values.items()).encode()


def authorization(password: str) -> str:
    """Return the header of a user who gives this password."""
    return f"Basic {base64.b64encode(f'{USER}:{password}'.encode()).decode()}"


@contextmanager
def running(folder: Path) -> Iterator[Prometheus]:
    """Run Prometheus with its state in a folder; skip the test where it is not installed."""
    if PROGRAM is None:
        # Optional, so that Python and make are all that a contributor needs; `.ci/run` brings it.
        pytest.skip("There is no Prometheus here. On Debian: apt-get install prometheus.")
    with serving() as exporter:
        port = free_port()
        (folder / "web.yml").write_text(WEB_CONFIG)
        (folder / "prometheus.yml").write_text(CONFIG.format(target=exporter.url.removeprefix("http://")))
        arguments = [
            *(
                PROGRAM,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--web.config.file={folder / 'web.yml'}",
            ),
            *(f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={HOST}:{port}"),
        ]
        with ServedChild(arguments, f"http://{HOST}:{port}/-/ready"):
            prometheus = Prometheus(port, exporter)
            prometheus.until("up == 1")
            yield prometheus
