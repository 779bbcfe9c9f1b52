"""Fixtures of the bot's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.stage import Stage, opened, organise


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """A workspace, the bot in it over HTTP, a worker, and a fresh database."""
    async with opened(database_url, organise()) as built:
        yield built
