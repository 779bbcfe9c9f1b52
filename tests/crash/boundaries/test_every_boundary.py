"""kill -9 at every event of a run, before and after it is committed: how the run ends, and what was done."""

import pytest

from tests.crash.boundaries.campaign import Campaign, Wounds
from tests.crash.boundaries.conftest import Muster
from tests.crash.boundaries.plants import PLANTS

pytestmark = pytest.mark.timeout(3600)
PATIENCE = 60.0
"""Seconds in which something has to happen; a dead worker's jobs are taken over after three or four."""


async def boundaries(
    campaign: Campaign, every: int = 1, kinds: tuple[str, ...] = ("before", "after")
) -> list[tuple[int, str]]:
    """Return every nth death that a run can meet."""
    length = (await campaign.undisturbed()).version
    return [(version, kind) for version in range(2, length + 1) for kind in kinds][::every]


@pytest.mark.long
async def test_a_run_ends_as_ever_wherever_a_worker_dies(muster: Muster) -> None:
    campaign = muster(1)
    deaths = await boundaries(campaign, every=20)
    assert (await campaign.play(deaths, PATIENCE), campaign.deaths) == (Wounds(), len(deaths))


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 3])
async def test_a_run_ends_as_ever_at_every_boundary(muster: Muster, workers: int) -> None:
    campaign = muster(workers)
    deaths = await boundaries(campaign)
    assert (await campaign.play(deaths, PATIENCE), campaign.deaths) == (Wounds(), len(deaths))


@pytest.mark.long
async def test_a_worker_that_slept_too_long_changes_nothing(muster: Muster) -> None:
    campaign = muster(3)
    deaths = await boundaries(campaign, every=5, kinds=("freeze",))
    assert await campaign.play(deaths, PATIENCE) == Wounds()


@pytest.mark.long
@pytest.mark.parametrize("plant", PLANTS)
async def test_a_mistake_is_found(muster: Muster, plant: str) -> None:
    campaign = muster(3, plant)
    deaths = await boundaries(campaign, every=7, kinds=("before", "after", "freeze"))
    assert await campaign.play(deaths, 30) != Wounds()
