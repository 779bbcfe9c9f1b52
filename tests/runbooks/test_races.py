"""People who decide at the same time, too late, or about what is not so any more: one decision, or none."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.runbooks.workshop import Workshop, asked_of
from tests.runbooks.world import ANA, BO, put, runbook
from tocsin.access import Access
from tocsin.errors import Conflict, Forbidden, StaleStream
from tocsin.events import Actor
from tocsin.events import run as events
from tocsin.runbooks.commands import Runs
from tocsin.runbooks.state import RunState

CHIDI = Actor(kind="slack", id="U0CHIDI", name="Chidi", email="chidi@acme.example")
ONE = runbook(put("one", "a", 1, approve="{ from: ['*'] }"))
TWO = runbook(put("one", "a", 1, approve="{ from: ['*'], count: 2 }"))
Deciding = Callable[[], Coroutine[Any, Any, RunState]]


@pytest.fixture
async def asking(workshop: Workshop) -> RunState:
    """A run of Ana's that asks for one approval."""
    return await workshop.go(ONE)


async def at_once(*deciding: Deciding) -> list[str]:
    """Let people decide at the same time, each as a door does; return what each was told."""
    return await asyncio.gather(*map(_told, deciding))


async def _told(deciding: Deciding) -> str:
    for _ in range(3):
        try:
            await deciding()
        except StaleStream:
            continue  # a door reads again, and decides again
        except Conflict as error:
            return str(error)
        return "decided"
    return "stale"


async def decisions(workshop: Workshop, state: RunState) -> int:
    kinds = events.ApprovalGiven | events.ApprovalRejected
    return sum(isinstance(entry.event, kinds) for entry in await workshop.entries(state.id))


async def test_a_double_click_decides_once(workshop: Workshop, asking: RunState) -> None:
    def click() -> Coroutine[Any, Any, RunState]:
        return workshop.approve(asking.id, asked_of(asking))

    told = await at_once(click, click)
    assert (told.count("decided"), await decisions(workshop, asking)) == (1, 1)


async def test_of_two_approvers_at_once_one_decides(workshop: Workshop, asking: RunState) -> None:
    told = await at_once(
        lambda: workshop.approve(asking.id, asked_of(asking), BO),
        lambda: workshop.approve(asking.id, asked_of(asking), CHIDI),
    )
    assert (told.count("decided"), await decisions(workshop, asking)) == (1, 1)


async def test_of_a_yes_and_a_no_at_once_one_holds(workshop: Workshop, asking: RunState) -> None:
    told = await at_once(
        lambda: workshop.approve(asking.id, asked_of(asking), BO),
        lambda: workshop.reject(asking.id, asked_of(asking), "no", CHIDI),
    )
    assert (told.count("decided"), await decisions(workshop, asking)) == (1, 1)


async def test_where_two_are_needed_two_at_once_both_count(workshop: Workshop) -> None:
    asking = await workshop.go(TWO)
    told = await at_once(
        lambda: workshop.approve(asking.id, asked_of(asking), BO),
        lambda: workshop.approve(asking.id, asked_of(asking), CHIDI),
    )
    state = await workshop.read(asking.id)
    assert (told, state.step("one").status) == (["decided", "decided"], "approved")


async def test_of_a_yes_and_a_cancel_at_once_nothing_is_lost(workshop: Workshop, asking: RunState) -> None:
    told = await at_once(
        lambda: workshop.approve(asking.id, asked_of(asking), BO), lambda: workshop.cancel(asking.id)
    )
    await workshop.worker.advance(asking.id)
    assert (told[1], (await workshop.read(asking.id)).status) == ("decided", "cancelled")
    assert workshop.world.boxes == {}


async def test_a_yes_to_a_plan_that_is_made_anew_is_a_yes_to_nothing(workshop: Workshop) -> None:
    asking = await workshop.go(TWO)
    workshop.world.boxes["a"] = 7  # somebody else changed it
    await workshop.approve(asking.id, asked_of(asking), BO)
    await workshop.approve(asking.id, asked_of(asking), CHIDI)
    await workshop.worker.advance(asking.id)
    again = await workshop.read(asking.id)
    assert (asked_of(again) != asked_of(asking), again.step("one").approvals) == (True, ())
    with pytest.raises(Conflict, match="the plan changed"):
        await workshop.approve(asking.id, asked_of(asking), BO)


async def test_who_lost_the_role_since_they_were_asked_approves_nothing(workshop: Workshop) -> None:
    asking = await workshop.go(runbook(put("one", "a", 1, approve="{ from: ['group:sre'] }")))
    house = workshop.house
    team = house.settings.organisation.teams["sre"].model_copy(update={"members": (ANA.email,)})
    left = house.settings.organisation.model_copy(update={"teams": {"sre": team}})
    runs = Runs(house.log, Access(left), house.revisions, house.registry, house.settings)
    with pytest.raises(Forbidden, match="group:sre"):
        await replace(workshop, runs=runs).approve(asking.id, asked_of(asking), BO)
    assert await decisions(workshop, asking) == 0
