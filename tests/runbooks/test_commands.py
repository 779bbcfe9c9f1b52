"""What people may do to runs, and what they are told when they may not."""

import asyncio
from contextlib import nullcontext

import pytest

from tests.runbooks.bell import Bell
from tests.runbooks.workshop import Workshop, asked_of
from tests.runbooks.world import ANA, BO, change, put, runbook
from tocsin.errors import Conflict, ErrorClass, Forbidden, Invalid, NotFound
from tocsin.events import SYSTEM, Actor, Fact
from tocsin.events.incident import AlertReceived
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState

LOGIN = Actor(kind="cli", id="root", name="root")
GUEST = Actor(kind="slack", id="U0EVE", name="Eve", email="eve@acme.example")
ASK = "{ from: ['group:sre'] }"
ONE = runbook(put("one", "a", 1, approve=ASK))
TWICE = runbook(put("one", "a", 1, approve="{ from: ['group:sre'], count: 2, self: true }"))


@pytest.fixture
async def asking(workshop: Workshop) -> RunState:
    """A run of Ana's that asks for one approval."""
    return await workshop.go(ONE)


async def test_a_person_of_the_group_approves(workshop: Workshop, asking: RunState) -> None:
    state = await workshop.approve(asking.id, asked_of(asking))
    assert state.step("one").status == "approved"


async def test_a_person_outside_the_group_may_not_approve(workshop: Workshop, asking: RunState) -> None:
    with pytest.raises(Forbidden, match="group:sre"):
        await workshop.approve(asking.id, asked_of(asking), GUEST)


async def test_whoever_asked_for_the_run_may_not_approve_it(workshop: Workshop, asking: RunState) -> None:
    with pytest.raises(Forbidden, match="somebody else has to approve"):
        await workshop.approve(asking.id, asked_of(asking), ANA)


async def test_the_same_person_through_another_door_may_not_either(
    workshop: Workshop, asking: RunState
) -> None:
    ana = Actor(kind="web", id="ana", email="ANA@acme.example")
    with pytest.raises(Forbidden, match="somebody else has to approve"):
        await workshop.approve(asking.id, asked_of(asking), ana)


async def test_a_runbook_may_let_the_requester_approve(workshop: Workshop) -> None:
    asking = await workshop.go(TWICE)
    assert (await workshop.approve(asking.id, asked_of(asking), ANA)).step("one").approvals[0].actor == ANA


@pytest.mark.parametrize(("editor", "refused"), [("false", True), ("true", False)])
async def test_whoever_wrote_the_revision_may_not_approve_it_where_the_runbook_says_so(
    workshop: Workshop, editor: str, refused: bool
) -> None:
    text = runbook(put("one", "a", 1, approve=f"{{ from: ['group:sre'], editor: {editor} }}"))
    async with workshop.database.transaction() as session:
        await workshop.house.revisions.record(session, BO, text, "by Bo")
    asking = await workshop.go(text)
    with pytest.raises(Forbidden, match="you wrote this revision") if refused else nullcontext():
        await workshop.approve(asking.id, asked_of(asking), BO)


async def test_one_person_does_not_count_twice(workshop: Workshop) -> None:
    asking = await workshop.go(TWICE)
    await workshop.approve(asking.id, asked_of(asking), BO)
    with pytest.raises(Conflict, match="already"):
        await workshop.approve(asking.id, asked_of(asking), BO)


async def test_an_approval_that_was_given_is_not_asked_any_more(workshop: Workshop, asking: RunState) -> None:
    await workshop.approve(asking.id, asked_of(asking))
    with pytest.raises(Conflict, match="not asked any more"):
        await workshop.approve(asking.id, asked_of(asking))


async def test_another_digest_approves_nothing(workshop: Workshop, asking: RunState) -> None:
    with pytest.raises(Conflict, match="Nothing was done"):
        await workshop.approve(asking.id, "0" * 64)


async def test_an_approval_after_its_time_is_refused(workshop: Workshop) -> None:
    asking = await workshop.go(runbook(put("one", "a", 1, approve="{ from: ['group:sre'], expires: 1s }")))
    await asyncio.sleep(1.1)
    with pytest.raises(Conflict, match="in time"):
        await workshop.approve(asking.id, asked_of(asking))


async def test_a_rejection_needs_a_reason(workshop: Workshop, asking: RunState) -> None:
    with pytest.raises(Invalid, match="needs a reason"):
        await workshop.reject(asking.id, asked_of(asking), "  ")


async def test_a_requester_may_reject_what_they_asked_for(workshop: Workshop, asking: RunState) -> None:
    await workshop.reject(asking.id, asked_of(asking), "changed my mind", ANA)
    await workshop.worker.advance(asking.id)
    assert (await workshop.read(asking.id)).summary.startswith("Ana rejected one: changed my mind")


async def test_a_person_who_may_not_start_runs_starts_none(workshop: Workshop) -> None:
    with pytest.raises(Forbidden):
        await workshop.start(ONE, GUEST)


async def test_a_run_that_is_over_cannot_be_cancelled(workshop: Workshop) -> None:
    state = await workshop.go(runbook(put("one", "a", 1)))
    with pytest.raises(Conflict, match="has ended: succeeded"):
        await workshop.cancel(state.id)


async def test_only_a_step_of_unknown_outcome_can_be_resolved(workshop: Workshop, asking: RunState) -> None:
    with pytest.raises(Conflict, match="not unknown"):
        async with workshop.database.transaction() as session:
            await workshop.runs.resolve_unknown(session, ANA, asking.id, "one", happened=True)


async def test_a_person_who_looked_lets_the_run_go_on(workshop: Workshop) -> None:
    workshop.world.blind, workshop.world.broken = {"a"}, {("run", "a"): ErrorClass.TIMEOUT}
    state = await workshop.go(runbook(change("box.fire", "one", "a", 1, verify="none")))
    async with workshop.database.transaction() as session:
        await workshop.runs.resolve_unknown(session, ANA, state.id, "one", happened=True)
    await workshop.worker.advance(state.id)
    assert (await workshop.read(state.id)).status == "succeeded"


async def test_inputs_that_are_wrong_start_nothing(workshop: Workshop) -> None:
    text = runbook(put("one", "a", 1), inputs="{ count: { type: integer, required: true } }")
    with pytest.raises(Invalid, match="count"):
        await workshop.start(text)


async def test_a_runbook_whose_checks_nobody_can_make_does_not_start(workshop: Workshop) -> None:
    text = runbook(put("one", "a", 1, verify="{ uses: box.gone, assert: value.x }"))
    with pytest.raises(NotFound, match=r"box\.gone"):
        await workshop.start(text)


async def test_a_run_is_found_by_the_beginning_of_its_id(workshop: Workshop, asking: RunState) -> None:
    assert (await workshop.read(asking.id[:8])).id == asking.id


async def test_no_run_is_found_by_nothing(workshop: Workshop, asking: RunState) -> None:
    with pytest.raises(NotFound):
        await workshop.read("")


async def test_a_runbook_that_is_only_for_its_triggers_cannot_be_started_by_hand(house: House) -> None:
    text = """
schema: runbook/v1
name: by-machine
title: Only for triggers
on: [{ pagerduty: incident.triggered }]
steps: [{ id: rest, wait: 1s }]
"""
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, text, "by-machine.yaml")
        await house.revisions.publish(session, SYSTEM, "by-machine", digest)
        with pytest.raises(Invalid, match="only triggers start by-machine"):
            await house.runs.start(session, LOGIN, RunRequest(runbook="by-machine"))


async def test_a_run_by_hand_knows_the_page_of_its_incident(workshop: Workshop, bell: Bell) -> None:
    heard = [
        AlertReceived(source="pagerduty", title="Down", service="Checkout", dedup_key=key)
        for key in ("POLD", "PNEW")
    ]
    for event in heard:
        async with workshop.database.transaction() as session:
            await workshop.house.log.append(
                session, f"incident/{bell.incident.id}", [Fact(event=event, incident_id=bell.incident.id)]
            )
    state = await workshop.go(ONE, incident_id=bell.incident.id)
    incident = state.scope["incident"]
    assert isinstance(incident, dict)
    assert incident["pagerduty_id"] == "PNEW"
