"""The console, as a browser sees it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx2
import pytest
from fastapi import FastAPI
from tests.api.callers import DIGEST, TOKEN, Browser, ask, declare, start

from tocsin.api.console.pages import ago
from tocsin.api.sessions import COOKIE, Sessions
from tocsin.events import Actor
from tocsin.main import House

EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


async def test_signing_in_leads_to_where_one_wanted_to_go(app: FastAPI) -> None:
    async with Browser(app) as browser:
        answer = await browser.sign_in(TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(app: FastAPI) -> None:
    async with Browser(app) as browser:
        cookie = (await browser.sign_in(TOKEN)).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))


async def test_a_wrong_token_does_not_sign_in(app: FastAPI) -> None:
    async with Browser(app) as browser:
        answer = await browser.sign_in("wrong")
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", ""])
async def test_signing_in_leads_to_no_other_site(app: FastAPI, next: str) -> None:
    async with Browser(app) as browser:
        answer = await browser.post("/login", token=TOKEN, next=next)
    assert answer.headers["location"] == "/"


async def test_another_site_cannot_sign_somebody_in(app: FastAPI) -> None:
    async with Browser(app) as browser:
        answer = await browser.post("/login", origin="https://evil.example", token=TOKEN)
    assert answer.status_code == 403


async def test_signing_out_ends_the_session(browser: Browser) -> None:
    await browser.submit("/logout")
    assert (await browser.get("/")).headers["location"].startswith("/login")


async def test_a_changed_cookie_is_no_cookie(browser: Browser) -> None:
    cookie = browser.client.cookies[COOKIE]
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, cookie.replace(".", ".A", 1))
    assert (await browser.get("/")).status_code == 303


async def test_a_new_bootstrap_token_ends_the_sessions_of_the_old_one(house: House) -> None:
    actor = Actor(kind="api", id="bootstrap")
    cookie = Sessions(house.settings).begin(actor)
    newer = house.settings.model_copy(update={"bootstrap_token": None})
    assert Sessions(newer).read(cookie) is None


async def test_a_form_of_another_site_does_nothing(browser: Browser, house: House) -> None:
    await declare(house)
    csrf = await browser.csrf()
    answer = await browser.post(
        "/incidents/INC-1/status", origin="https://evil.example", csrf=csrf, status="resolved"
    )
    assert (answer.status_code, "investigating" in (await browser.get("/")).text) == (403, True)


async def test_a_form_without_an_origin_does_nothing(browser: Browser, house: House) -> None:
    await declare(house)
    csrf = await browser.csrf()
    answer = await browser.client.post("/incidents/INC-1/status", data={"csrf": csrf, "status": "resolved"})
    assert answer.status_code == 403


@pytest.mark.parametrize("csrf", ["", "wrong", "é"])
async def test_a_form_without_its_token_does_nothing(browser: Browser, house: House, csrf: str) -> None:
    await declare(house)
    answer = await browser.post("/incidents/INC-1/status", csrf=csrf, status="resolved")
    assert answer.status_code == 403


async def test_the_token_of_another_session_does_not_count(
    browser: Browser, outsider: Browser, house: House
) -> None:
    await declare(house)
    answer = await browser.post("/incidents/INC-1/status", csrf=await outsider.csrf(), status="resolved")
    assert answer.status_code == 403


async def test_open_incidents_come_first(browser: Browser, house: House) -> None:
    await declare(house, "It is over")
    await browser.submit("/incidents/INC-1/status", status="resolved")
    await declare(house, "It goes on")
    page = (await browser.get("/")).text
    assert page.index("It goes on") < page.index("It is over")


async def test_a_long_list_has_a_next_page(browser: Browser, house: House) -> None:
    for number in range(52):
        await declare(house, f"Number {number + 1}")
    page = (await browser.get("/")).text
    rest = (await browser.get("/?status=open&before=3")).text
    assert ("/?status=open&amp;before=3" in page, "Number 2<" in page, "Number 2<" in rest) == (
        True,
        False,
        True,
    )


@pytest.mark.parametrize("path", ["/", "/incidents/INC-1", "/incidents/INC-1/postmortem"])
async def test_what_people_write_is_text(browser: Browser, house: House, path: str) -> None:
    await declare(house, EVIL, summary=EVIL)
    await browser.submit("/incidents/INC-1/update", message=EVIL)
    page = (await browser.get(path)).text
    assert ("<script>alert" in page, "<img src=x" in page, "&lt;script&gt;" in page) == (False, False, True)


async def test_an_incident_shows_its_people_runs_and_timeline(browser: Browser, house: House) -> None:
    incident = await declare(house)
    run_id = await start(house, incident=incident)
    page = (await browser.get("/incidents/INC-1")).text
    wanted = [
        "Checkout is slow",
        f"/runs/{run_id}",
        "Ana Ito",
        "+00:00:00",
        " UTC</time>",
        "Incident commander",
    ]
    assert [one for one in wanted if one not in page] == []


async def test_declaring_leads_to_the_incident(browser: Browser) -> None:
    answer = await browser.submit("/incidents", title="From the console", severity="sev2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/INC-1")


@pytest.mark.parametrize(
    ("form", "fields", "seen"),
    [
        ("update", {"message": "We see the cause"}, "We see the cause"),
        ("status", {"status": "monitoring"}, ">monitoring</span>"),
        ("severity", {"severity": "sev1"}, ">sev1</span>"),
    ],
)
async def test_a_form_changes_the_incident(
    browser: Browser, house: House, form: str, fields: dict[str, str], seen: str
) -> None:
    await declare(house)
    await browser.submit(f"/incidents/INC-1/{form}", **fields)
    assert seen in (await browser.get("/incidents/INC-1")).text


async def test_a_run_shows_what_it_changes_and_asks(browser: Browser, house: House) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    page = (await browser.get(f"/runs/{run_id}")).text
    wanted = ["<del>2.9</del>", "<ins>2.8</ins>", "3 of 5 are down", DIGEST, "group:sre", "Approve", "Reject"]
    assert [one for one in wanted if one not in page] == []


async def test_approving_by_the_form_is_an_approval(browser: Browser, house: House) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    await browser.submit(f"/runs/{run_id}/approve", digest=DIGEST, comment="go")
    assert "Approved by bootstrap" in (await browser.get(f"/runs/{run_id}")).text


async def test_a_rejection_without_a_reason_is_refused(browser: Browser, house: House) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    answer = await browser.submit(f"/runs/{run_id}/reject", digest=DIGEST, comment="")
    assert (answer.status_code, "a rejection needs a reason" in answer.text) == (422, True)


async def test_a_person_without_a_role_approves_nothing(outsider: Browser, house: House) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    answer = await outsider.submit(f"/runs/{run_id}/approve", digest=DIGEST)
    assert answer.status_code == 403


async def test_a_runbook_is_run_by_its_form(browser: Browser, house: House) -> None:
    await declare(house)
    fields = {"incident": "INC-1", "input.namespace": "shop", "input.revision": "41"}
    answer = await browser.submit("/runbooks/rollback-deployment/run", **fields)
    page = (await browser.get(answer.headers["location"])).text
    assert ('href="/incidents/INC-1"' in page, "<dd>41</dd>" in page) == (True, True)


async def test_a_runbook_shows_its_checklist(browser: Browser) -> None:
    page = (await browser.get("/runbooks/rollback-deployment")).text
    assert "<h1>Roll back a Deployment</h1>" in page


async def test_a_private_incident_is_not_there_for_others(outsider: Browser, house: House) -> None:
    incident = await declare(house, "Nobody may know", private=True)
    run_id = await start(house, incident=incident)
    paths = ["/incidents/INC-1", "/incidents/INC-1/postmortem", "/incidents/INC-1/postmortem.md"]
    paths += ["/incidents/INC-1/live", f"/runs/{run_id}", f"/runs/{run_id}/live", "/runs?incident=INC-1"]
    assert {(await outsider.get(path)).status_code for path in paths} == {404}


async def test_a_private_incident_and_its_runs_are_in_nobody_elses_lists(
    outsider: Browser, house: House
) -> None:
    incident = await declare(house, "Nobody may know", private=True)
    run_id = await start(house, incident=incident)
    pages = (await outsider.get("/")).text + (await outsider.get("/runs")).text
    assert ("Nobody may know" in pages, run_id in pages) == (False, False)


@pytest.mark.parametrize(("format", "begins"), [("md", "# "), ("html", "<!doctype html>"), ("json", "{")])
async def test_the_postmortem_can_be_taken_along(
    browser: Browser, house: House, format: str, begins: str
) -> None:
    await declare(house)
    answer = await browser.get(f"/incidents/INC-1/postmortem.{format}")
    named = f'attachment; filename="INC-1-postmortem.{format}"'
    assert (answer.headers["content-disposition"], answer.text.lstrip().startswith(begins)) == (named, True)


@pytest.mark.parametrize("kind", ["incidents", "incident", "run"])
async def test_a_page_is_told_of_what_happened_since_it_was_made(
    browser: Browser, house: House, address: str, kind: str
) -> None:
    run_id = await start(house, incident=await declare(house))
    paths = {"incidents": "/", "incident": "/incidents/INC-1", "run": f"/runs/{run_id}"}
    watched = re.search(r'data-watch="([^"]+)"', (await browser.get(paths[kind])).text)
    assert watched is not None
    await browser.submit("/incidents/INC-1/update", message="Now")
    await ask(house, run_id)
    async with _watching(browser, f"{address}{watched[1]}") as lines:
        assert await asyncio.wait_for(_event(lines), 15) == "event: changed"


async def test_a_page_is_told_of_what_happens_while_it_is_open(
    browser: Browser, house: House, address: str
) -> None:
    await declare(house)
    async with _watching(browser, f"{address}/incidents/INC-1/live?seen=1") as lines:
        await browser.submit("/incidents/INC-1/update", message="Now")
        assert await asyncio.wait_for(_event(lines), 15) == "event: changed"


@asynccontextmanager
async def _watching(browser: Browser, url: str) -> AsyncIterator[AsyncIterator[str]]:
    cookies = {COOKIE: browser.client.cookies[COOKIE]}
    async with (
        httpx2.AsyncClient(cookies=cookies, timeout=20) as client,
        client.stream("GET", url) as answer,
    ):
        yield answer.aiter_lines()


async def _event(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("event: "):
            return line
    return ""


@pytest.mark.parametrize(
    ("day", "hour", "minute", "shown"),
    [(1, 0, 0, "0s"), (1, 0, 12, "12m 00s"), (1, 2, 5, "2h 05m"), (4, 4, 0, "3d 04h")],
)
def test_an_age_has_its_two_largest_units(day: int, hour: int, minute: int, shown: str) -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    assert ago(began, datetime(2026, 1, day, hour, minute, tzinfo=UTC)) == shown
