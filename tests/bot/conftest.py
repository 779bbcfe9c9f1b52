"""Fixtures of the bot's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.stage import Stage, opened


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A workspace, the bot in it over HTTP, a worker, and a fresh database."""
    async with opened(database_url, tmp_path) as built:
        yield built
