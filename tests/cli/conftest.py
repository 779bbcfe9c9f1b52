"""A shell whose settings name a fresh database, and a shop that runbooks may call."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.actions.servers import Site, serving
from tests.cli import samples
from tests.cli.shell import Shell


@pytest.fixture(autouse=True)
def _the_logging_of_pytest() -> Iterator[None]:
    """A command sends the log lines of its process to stderr; the tests' own go back where they went."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def running_shop() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def shop(running_shop: Site) -> Site:
    running_shop.forget()
    running_shop.answers("/say", 200, b"heard")
    return running_shop


@pytest.fixture
def tocsin(database_url: str, shop: Site, tmp_path: Path) -> Shell:
    config = tmp_path / "tocsin.yaml"
    config.write_text(
        "services: { checkout: { name: Checkout, severity: sev2 } }\n"
        f"connections:\n  http:shop: {{ kind: http, base_url: {shop.url!r}, allow_private: true }}\n"
    )
    return Shell({"TOCSIN_DATABASE_URL": database_url, "TOCSIN_CONFIG": str(config)})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with every sample, each in a file of its name."""
    folder = tmp_path / "runbooks"
    folder.mkdir()
    for name in ("CALLS", "ASKS", "ASKS_ANOTHER", "DEPENDS", "UNKNOWN_SYSTEM", "BROKEN"):
        (folder / f"{name.lower()}.yaml").write_text(getattr(samples, name))
    return folder
