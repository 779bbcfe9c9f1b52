"""What triggers suggest, in the console."""

from tests.api.callers import Browser, declare

from tocsin.events import SYSTEM, Fact
from tocsin.events.starting import RunSuggested
from tocsin.incidents.tables import Incident
from tocsin.main import House

HOLD = """\
schema: runbook/v1
name: hold
title: Hold the deployments
on: [{ incident: opened, mode: suggest }]
inputs: { why: { type: string } }
steps: [{ id: hold, wait: 1h }]
"""


async def suggest(house: House, incident: Incident | None = None, suggestion: str = "s1") -> None:
    offer = RunSuggested(
        suggestion=suggestion, runbook="hold", inputs={"why": "<b>"}, trigger="alert", fired_by="hold/1"
    )
    incident_id = incident.id if incident else None
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, HOLD, "hold.yaml")
        await house.revisions.publish(session, SYSTEM, "hold", digest)
        stream = f"incident/{incident_id}" if incident else "trigger/hold"
        await house.log.append(session, stream, [Fact(event=offer, incident_id=incident_id)])


async def test_an_incident_shows_what_is_suggested_for_it(browser: Browser, house: House) -> None:
    await suggest(house, await declare(house))
    page = (await browser.get("/incidents/INC-1")).text
    wanted = ["/suggestions/s1/run", "Run hold", "hold suggested (alert)", "&lt;b&gt;"]
    assert [one for one in wanted if one not in page] == []


async def test_what_belongs_to_no_incident_is_shown_above_the_runs(browser: Browser, house: House) -> None:
    await suggest(house)
    assert "/suggestions/s1/run" in (await browser.get("/runs")).text


async def test_another_incident_does_not_show_it(browser: Browser, house: House) -> None:
    await suggest(house, await declare(house))
    await declare(house)
    pages = [(await browser.get(path)).text for path in ("/incidents/INC-2", "/runs")]
    assert [page for page in pages if "/suggestions/" in page] == []


async def test_its_button_starts_the_run_and_is_gone_then(browser: Browser, house: House) -> None:
    await suggest(house, await declare(house))
    answer = await browser.submit("/suggestions/s1/run")
    page = (await browser.get("/incidents/INC-1")).text
    location = answer.headers["location"]
    assert (answer.status_code, location in page, "/suggestions/s1" in page) == (303, True, False)


async def test_who_may_not_start_runs_is_refused(outsider: Browser, house: House) -> None:
    await suggest(house, await declare(house))
    assert (await outsider.submit("/suggestions/s1/run")).status_code == 403


async def test_a_private_incident_hides_what_is_suggested_for_it(outsider: Browser, house: House) -> None:
    await suggest(house, await declare(house, private=True))
    assert (await outsider.submit("/suggestions/s1/run")).status_code == 404
