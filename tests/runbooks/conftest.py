"""Fixtures for runs on a real database."""

from collections.abc import AsyncIterator

import pytest

from tests.runbooks.bell import Bell
from tests.runbooks.following import Follow, following
from tests.runbooks.workshop import Workshop, workshop_in
from tests.runbooks.world import World
from tocsin.events import SYSTEM
from tocsin.incidents.lifecycle import Declaration
from tocsin.main import House


@pytest.fixture
def workshop(house: House) -> Workshop:
    """A house whose actions work on boxes; nothing moves a run on by itself."""
    return workshop_in(house, World())


@pytest.fixture
async def follow(house: House) -> AsyncIterator[Follow]:
    """Wait until a run has a status, while a worker works."""
    async with following(house) as until:
        yield until


@pytest.fixture
async def bell(workshop: Workshop) -> Bell:
    """An incident, and what rings for it."""
    async with workshop.database.transaction() as session:
        wanted = Declaration(title="Checkout is down", service="checkout")
        incident = await workshop.house.lifecycle.declare(session, SYSTEM, wanted)
    return Bell(workshop, incident)
