"""Who counts by being on call, as PagerDuty says over TLS, and who never does."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.actions.pager import FarPager
from tests.runbooks.workshop import Workshop, asked_of, workshop_in
from tests.runbooks.world import ANA, BO, World, put, runbook
from tocsin.access import Duty
from tocsin.actions.pagerduty import Pager
from tocsin.errors import ActionFailed, Forbidden
from tocsin.events import SYSTEM, Actor
from tocsin.main import House
from tocsin.playground.pagerduty import pager as practice
from tocsin.playground.pagerduty.gate import Fault
from tocsin.runbooks.care import Care
from tocsin.runbooks.oncall import OnCall
from tocsin.runbooks.state import RunState

CHIDI = Actor(kind="slack", id="U0CHIDI", name="Chidi", email="Chidi@ACME.example")
"""On call for the databases, and in no team."""
DEE = Actor(kind="slack", id="U0DEE", name="Dee", email="dee@acme.example")
"""On call for nothing."""
NAMELESS = Actor(kind="api", id="script", name="A script")
DATABASES = "oncall:PSDATAB"


@dataclass
class Clock:
    """Goes when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(pagerduty: FarPager) -> practice.Pager:
    return pagerduty.pager


@pytest.fixture
def oncall(pagerduty: FarPager, clock: Clock) -> OnCall:
    return OnCall(pagerduty.client(), clock, patience=10)


@pytest.fixture
def workshop(house: House, oncall: OnCall) -> Workshop:
    return workshop_in(house, World(), oncall)


def broken(far_side: practice.Pager) -> None:
    """Let PagerDuty answer nobody any more."""
    far_side.plant(Fault(path_regex="/oncalls", status=500, times=1000))


@pytest.mark.parametrize(
    ("actor", "schedules"), [(CHIDI, {DATABASES}), (DEE, set()), (ANA, {"oncall:PSLEADS"})]
)
async def test_who_is_on_call_is_known_by_email(oncall: OnCall, actor: Actor, schedules: set[str]) -> None:
    allowed = ["group:sre", DATABASES, "oncall:PSLEADS"]
    assert await oncall.duty(actor, allowed) == Duty(frozenset(schedules))


async def test_nobody_is_on_call_in_a_schedule_that_is_not_there(oncall: OnCall) -> None:
    assert await oncall.duty(CHIDI, ["oncall:PNOTHING"]) == Duty()


async def test_an_answer_is_believed_for_thirty_seconds(
    oncall: OnCall, clock: Clock, far_side: practice.Pager
) -> None:
    await oncall.duty(CHIDI, [DATABASES])
    broken(far_side)
    clock.now = 30
    assert (await oncall.duty(CHIDI, [DATABASES])).principals == {DATABASES}


async def test_after_thirty_seconds_pagerduty_is_asked_again(
    oncall: OnCall, clock: Clock, far_side: practice.Pager
) -> None:
    await oncall.duty(CHIDI, [DATABASES])
    broken(far_side)
    clock.now = 30.1
    assert (await oncall.duty(CHIDI, [DATABASES])).principals == set()


async def test_a_failure_is_not_kept(oncall: OnCall, far_side: practice.Pager) -> None:
    far_side.plant(Fault(path_regex="/oncalls", status=403, times=1))
    before, after = [await oncall.duty(CHIDI, [DATABASES]) for _ in range(2)]
    assert [set(before.principals), set(after.principals)] == [set(), {DATABASES}]


async def test_many_who_press_at_once_ask_once(oncall: OnCall, far_side: practice.Pager) -> None:
    far_side.plant(Fault(path_regex="/oncalls", status=403, times=1))
    duties = await asyncio.gather(*(oncall.duty(CHIDI, [DATABASES]) for _ in range(10)))
    assert {bool(duty.unknown) for duty in duties} == {True}


@pytest.mark.parametrize("actor", [SYSTEM, CHIDI])
async def test_pagerduty_is_not_asked_where_it_does_not_matter(pagerduty: FarPager, actor: Actor) -> None:
    allowed = [DATABASES] if actor is SYSTEM else ["group:sre"]
    nowhere = pagerduty.connection.model_copy(update={"base_url": "https://127.0.0.1:1"})
    assert await OnCall(Pager(nowhere)).duty(actor, allowed) == Duty()


@pytest.fixture
def silence() -> Iterator[str]:
    """An address where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_pagerduty_that_is_silent_is_not_waited_for(pagerduty: FarPager, silence: str) -> None:
    silent = pagerduty.connection.model_copy(update={"base_url": silence})
    duty = await OnCall(Pager(silent), patience=0.05).duty(CHIDI, [DATABASES])
    assert duty == Duty(unknown="PagerDuty has not said within 0.05 seconds who is on call")


def test_the_pager_says_what_it_could_not_do(far_side: practice.Pager, pagerduty: FarPager) -> None:
    far_side.plant(Fault(path_regex="/oncalls", status=403))
    with pytest.raises(ActionFailed, match="PagerDuty could not say who is on call in PSDATAB: HTTP 403"):
        pagerduty.client().on_duty("PSDATAB")


class TestStarting:
    TEXT = runbook(put("one", "a", 1), permissions=f"{{ run: [{DATABASES}] }}")

    async def test_is_for_who_is_on_call(self, workshop: Workshop) -> None:
        run_id = await workshop.start(self.TEXT, CHIDI)
        assert (await workshop.read(run_id)).requested_by == CHIDI

    async def test_is_not_for_who_is_off_call(self, workshop: Workshop) -> None:
        with pytest.raises(Forbidden, match=r"that takes oncall:PSDATAB. Nothing was changed.$"):
            await workshop.start(self.TEXT, DEE)

    async def test_is_refused_when_pagerduty_does_not_say(
        self, workshop: Workshop, far_side: practice.Pager
    ) -> None:
        broken(far_side)
        with pytest.raises(Forbidden, match=r"could not be found out: PagerDuty .* HTTP 500"):
            await workshop.start(self.TEXT, CHIDI)

    async def test_is_refused_to_who_has_no_email_address(self, workshop: Workshop) -> None:
        with pytest.raises(Forbidden, match="no email address"):
            await workshop.start(self.TEXT, NAMELESS)

    async def test_is_refused_where_no_token_is_set(self, house: House) -> None:
        with pytest.raises(Forbidden, match="TOCSIN_PAGERDUTY_API_TOKEN"):
            await workshop_in(house, World()).start(self.TEXT, CHIDI)

    async def test_asks_nobody_for_who_may_anyway(self, workshop: Workshop, far_side: practice.Pager) -> None:
        broken(far_side)
        text = runbook(put("one", "a", 1), permissions=f"{{ run: [group:sre, {DATABASES}] }}")
        assert await workshop.start(text, ANA)


async def waiting(workshop: Workshop, *approvers: str) -> RunState:
    """Return a run that asks these approvers."""
    return await workshop.go(
        runbook(put("one", "a", 1, approve=f"{{ from: [{', '.join(approvers)}] }}")), actor=ANA
    )


class TestApproving:
    async def test_is_for_who_is_on_call(self, workshop: Workshop) -> None:
        state = await waiting(workshop, DATABASES)
        await workshop.approve(state.id, asked_of(state), CHIDI)
        assert (await workshop.read(state.id)).step("one").status == "approved"

    async def test_is_refused_when_pagerduty_does_not_say(
        self, workshop: Workshop, far_side: practice.Pager
    ) -> None:
        state = await waiting(workshop, DATABASES)
        broken(far_side)
        with pytest.raises(Forbidden, match=r"could not be found out: PagerDuty .* HTTP 500"):
            await workshop.approve(state.id, asked_of(state), CHIDI)
        assert (await workshop.read(state.id)).step("one").status == "awaiting_approval"

    async def test_by_a_team_goes_on_when_pagerduty_does_not_say(
        self, workshop: Workshop, far_side: practice.Pager
    ) -> None:
        state = await waiting(workshop, "group:sre", DATABASES)
        broken(far_side)
        await workshop.approve(state.id, asked_of(state), BO)
        assert (await workshop.read(state.id)).step("one").status == "approved"

    async def test_takes_the_one_on_call_and_somebody_else_where_both_are_asked(
        self, workshop: Workshop
    ) -> None:
        quorums = ("{ group: sre, count: 1 }", "{ oncall: PSPRIME, count: 1 }")  # Bo is both
        state = await waiting(workshop, *quorums)
        await workshop.approve(state.id, asked_of(state), BO)
        after = await workshop.read(state.id)
        [given] = after.step("one").approvals
        assert given.counts_as == {"group:sre", "oncall:PSPRIME"}
        assert after.step("one").status == "awaiting_approval"

    async def test_no_is_for_who_is_on_call_too(self, workshop: Workshop) -> None:
        state = await waiting(workshop, DATABASES)
        await workshop.reject(state.id, asked_of(state), "not now", CHIDI)
        assert (await workshop.read(state.id)).rejected == "Chidi rejected one: not now"


class TestByHand:
    TEXT = runbook(f"{{ id: look, manual: {{ assignee: '{DATABASES}', instructions: Look }} }}")

    async def complete(self, workshop: Workshop, state: RunState, actor: Actor) -> RunState:
        care = Care(workshop.runs, workshop.house.access)
        async with workshop.database.transaction() as session:
            programs = workshop.house.programs
            return await care.complete(
                session, actor, state.id, "look", done={}, fields={}, programs=programs
            )

    async def test_is_for_who_is_on_call(self, workshop: Workshop) -> None:
        state = await self.complete(workshop, await workshop.go(self.TEXT), CHIDI)
        assert state.step("look").status == "succeeded"

    async def test_is_not_for_who_is_off_call(self, workshop: Workshop) -> None:
        state = await workshop.go(self.TEXT)
        with pytest.raises(Forbidden, match="that takes oncall:PSDATAB"):
            await self.complete(workshop, state, DEE)
