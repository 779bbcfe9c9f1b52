"""What Tocsin does at PagerDuty, by its real client, counted at the far side."""

import pytest
from tests.actions.pager import FarPager

from tocsin.errors import ActionFailed
from tocsin.events import Actor, Fact
from tocsin.events.incident import AlertReceived
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.pager import PagerDesk
from tocsin.main import House
from tocsin.playground.pagerduty import pager as practice
from tocsin.playground.pagerduty.gate import Fault

ANA = Actor(kind="slack", id="U0ANA", name="Ana")


@pytest.fixture
def far_side(pagerduty: FarPager) -> practice.Pager:
    return pagerduty.pager


@pytest.fixture
async def desk(house: House, pagerduty: FarPager) -> PagerDesk:
    return PagerDesk(house.database, house.log, pagerduty.client(), "http://tocsin.example")


async def paged(house: House, page: str) -> str:
    """Return the id of an incident that the page opened."""
    async with house.database.transaction() as session:
        wanted = Declaration(title="Checkout is down")
        incident = await house.lifecycle.declare(session, ANA, wanted)
        alert = AlertReceived(source="pagerduty", title="x", service="Checkout API", dedup_key=page)
        await house.log.append(
            session, f"incident/{incident.id}", [Fact(event=alert, incident_id=incident.id)]
        )
    return incident.id


async def resolve(house: House, incident_id: str) -> None:
    async with house.database.transaction() as session:
        await house.lifecycle.resolve(session, ANA, incident_id)


async def test_our_link_is_noted_once_however_often_the_job_runs(
    house: House, desk: PagerDesk, far_side: practice.Pager
) -> None:
    page = far_side.trigger("Checkout is down").id
    incident_id = await paged(house, page)
    await desk.note(incident_id, page)
    await desk.note(incident_id, page)
    assert len(far_side.calls("/notes")) == 1


async def test_a_note_whose_answer_was_lost_is_not_written_again(
    house: House, desk: PagerDesk, far_side: practice.Pager
) -> None:
    page = far_side.trigger("Checkout is down").id
    incident_id = await paged(house, page)
    far_side.plant(Fault(path_regex="/notes$", status=502, times=1, moment="after"))
    with pytest.raises(ActionFailed, match="HTTP 502"):
        await desk.note(incident_id, page)
    await desk.note(incident_id, page)
    assert len(far_side.calls("/notes")) == 1


async def test_resolving_here_resolves_there(house: House, desk: PagerDesk, far_side: practice.Pager) -> None:
    page = far_side.trigger("Checkout is down").id
    incident_id = await paged(house, page)
    await resolve(house, incident_id)
    await desk.resolve(incident_id)
    assert [one.status for one in far_side.state().incidents if one.id == page] == ["resolved"]


async def test_a_page_that_is_gone_is_said_and_does_not_come_back(house: House, desk: PagerDesk) -> None:
    incident_id = await paged(house, "PNOWHERE")
    await desk.note(incident_id, "PNOWHERE")
    async with house.database.transaction() as session:
        entries = await house.log.read_incident(session, incident_id)
    assert entries[-1].event.type == "artefact_failed"
