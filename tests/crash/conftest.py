"""Fixtures of the crash campaign: one town, and for each test its first day."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.drill import Drill, drilled
from tocsin.playground.town import Addresses, Town


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """A town with the cluster's twin, on ports of its own."""
    # Not under pytest's own folder: every pytest that starts closes that to PostgreSQL's user.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-crash-"))
    with Town(folder, print, real_cluster=False, at=Addresses.free()) as built:
        yield built
    shutil.rmtree(folder)


@pytest.fixture
def drill(town: Town) -> Iterator[Drill]:
    """A story that has not begun."""
    with drilled(town) as begun:
        yield begun
