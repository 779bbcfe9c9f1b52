"""Fixtures for runs on a real database."""

import pytest

from tests.runbooks.workshop import Workshop, workshop_in
from tests.runbooks.world import World
from tocsin.main import House


@pytest.fixture
def workshop(house: House) -> Workshop:
    """A house whose actions work on boxes; nothing moves a run on by itself."""
    return workshop_in(house, World())
