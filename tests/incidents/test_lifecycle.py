"""The commands on incidents, on a real database."""

from datetime import UTC, datetime

import pytest

from tocsin.errors import Conflict, Invalid, NotFound
from tocsin.events import Actor, Event
from tocsin.events.incident import RoleAssigned
from tocsin.incidents.lifecycle import Declaration, Pin
from tocsin.incidents.look import roles
from tocsin.main import House

ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
DEE = Actor(kind="slack", id="U0DEE", name="Dee", email="dee@acme.example")
SAID = Pin(channel="C1", ts="1.2", text="it is DNS", author="Ana", at=datetime(2026, 3, 2, 14, 7, tzinfo=UTC))


async def declare(house: House, title: str = "Checkout is down", **more: object) -> str:
    async with house.database.transaction() as session:
        wanted = Declaration.model_validate({"title": title, **more})
        return (await house.lifecycle.declare(session, ANA, wanted)).ref


async def history(house: House, ref: str) -> list[Event]:
    async with house.database.transaction() as session:
        incident = await house.lifecycle.read(session, ANA, ref)
        return [entry.event for entry in await house.log.read_incident(session, incident.id)]


async def test_numbers_are_never_used_twice(house: House) -> None:
    assert [await declare(house), await declare(house)] == ["INC-1", "INC-2"]


async def test_the_severity_is_the_services_own_when_none_is_given(house: House) -> None:
    ref = await declare(house, service="checkout")
    async with house.database.transaction() as session:
        assert (await house.lifecycle.read(session, ANA, ref)).severity == "sev2"


@pytest.mark.parametrize("wrong", [{"severity": "sev9"}, {"service": "nothing"}])
async def test_an_unknown_severity_or_service_is_refused_and_names_the_known_ones(
    house: House, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid, match=r"sev1|checkout"):
        await declare(house, **wrong)


async def test_resolving_and_reopening_are_two_changes_of_status(house: House) -> None:
    ref = await declare(house)
    async with house.database.transaction() as session:
        await house.lifecycle.resolve(session, ANA, ref, "rolled back")
        incident = await house.lifecycle.reopen(session, ANA, ref, "it is back")
    assert (incident.status, incident.open) == ("investigating", True)


async def test_what_is_resolved_cannot_be_resolved_again(house: House) -> None:
    ref = await declare(house)
    async with house.database.transaction() as session:
        await house.lifecycle.resolve(session, ANA, ref)
        with pytest.raises(Conflict, match="already is resolved"):
            await house.lifecycle.resolve(session, ANA, ref)


async def test_a_role_has_one_person(house: House) -> None:
    ref = await declare(house)
    async with house.database.transaction() as session:
        for person in ("Ana", "Bo"):
            lead = RoleAssigned(role="incident commander", person=person, person_name=person)
            incident = await house.lifecycle.assign_role(session, ANA, ref, lead)
        assert [one.person for one in await roles(session, incident.id)] == ["Bo"]


async def test_a_message_pinned_by_two_people_is_one_entry_at_its_own_time(house: House) -> None:
    ref = await declare(house)
    async with house.database.transaction() as session:
        incident = await house.lifecycle.pin(session, ANA, ref, SAID)
        await house.lifecycle.pin(session, DEE, ref, SAID)
        entries = await house.log.read_incident(session, incident.id)
    assert [entry.occurred_at for entry in entries if entry.event.type == "message_pinned"] == [SAID.at]


async def test_what_is_hidden_can_be_shown_again_and_nothing_is_removed(house: House) -> None:
    ref = await declare(house)
    async with house.database.transaction() as session:
        await house.lifecycle.pin(session, ANA, ref, SAID)
        await house.lifecycle.hide(session, ANA, ref, SAID.ref)
        await house.lifecycle.pin(session, ANA, ref, SAID)
    kinds = [event.type for event in await history(house, ref)]  # type: ignore[attr-defined]
    assert kinds == ["incident_opened", "message_pinned", "entry_hidden", "entry_shown"]


async def test_a_private_incident_does_not_exist_for_others(house: House) -> None:
    ref = await declare(house, private=True)
    with pytest.raises(NotFound, match="there is no incident"):
        async with house.database.transaction() as session:
            await house.lifecycle.read(session, DEE, ref)


async def test_a_private_incident_is_there_for_who_declared_it(house: House) -> None:
    ref = await declare(house, private=True)
    async with house.database.transaction() as session:
        assert (await house.lifecycle.read(session, ANA, ref)).ref == ref
