"""Fixtures for runs on a real database."""

from collections.abc import AsyncIterator

import pytest

from tests.runbooks.following import Follow, following
from tests.runbooks.workshop import Workshop, workshop_in
from tests.runbooks.world import World
from tocsin.main import House


@pytest.fixture
def workshop(house: House) -> Workshop:
    """A house whose actions work on boxes; nothing moves a run on by itself."""
    return workshop_in(house, World())


@pytest.fixture
async def follow(house: House) -> AsyncIterator[Follow]:
    """A worker works, and the test waits for what it does."""
    async with following(house) as until:
        yield until
