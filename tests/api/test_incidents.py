"""Incidents by REST."""

import httpx2
import pytest
from tests.api.callers import declare

from tocsin.main import House

AT = "/api/v1/incidents"


async def test_declaring_answers_with_the_ref(script: httpx2.AsyncClient) -> None:
    answer = await script.post(AT, json={"title": "Checkout is slow", "severity": "sev2"})
    assert (answer.status_code, answer.json()["ref"], answer.json()["severity"]) == (201, "INC-1", "sev2")


async def test_the_first_of_services_is_the_service(script: httpx2.AsyncClient) -> None:
    answer = await script.post(AT, json={"title": "Slow", "services": ["checkout"]})
    assert (answer.json()["service"], answer.json()["severity"]) == ("checkout", "sev2")


async def test_service_and_services_may_not_differ(script: httpx2.AsyncClient) -> None:
    answer = await script.post(AT, json={"title": "Slow", "service": "checkout", "services": ["search"]})
    assert answer.status_code == 422


async def test_the_token_is_named_as_who_opened_it(script: httpx2.AsyncClient) -> None:
    assert (await script.post(AT, json={"title": "Slow"})).json()["opened_by"] == "bootstrap"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "x" * 201},
        {"title": "Slow", "severity": "sev9"},
        {"title": "Slow", "service": "unknown"},
        {"title": "Slow", "number": 7},
        {"title": ["Slow"]},
        [],
        None,
    ],
)
async def test_a_senseless_declaration_is_refused(script: httpx2.AsyncClient, body: object) -> None:
    answer = await script.post(AT, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("name", ["INC-1", "1", "inc-1"])
async def test_an_incident_is_found_by_ref_and_number(
    house: House, script: httpx2.AsyncClient, name: str
) -> None:
    await declare(house)
    assert (await script.get(f"{AT}/{name}")).json()["title"] == "Checkout is slow"


async def test_the_link_leads_to_the_console(house: House, script: httpx2.AsyncClient) -> None:
    await declare(house)
    assert (await script.get(f"{AT}/INC-1")).json()["url"] == "http://127.0.0.1:8080/incidents/INC-1"


@pytest.mark.parametrize(
    ("verb", "body", "field", "after"),
    [
        ("status", {"status": "identified"}, "status", "identified"),
        ("severity", {"severity": "sev1"}, "severity", "sev1"),
        ("updates", {"message": "We see it"}, "update", "We see it"),
        ("resolve", {"reason": "gone"}, "status", "resolved"),
        ("resolve", None, "open", False),
    ],
)
async def test_a_command_changes_the_incident(
    house: House, script: httpx2.AsyncClient, verb: str, body: object, field: str, after: object
) -> None:
    await declare(house)
    answer = await script.post(f"{AT}/INC-1/{verb}", json=body)
    assert (answer.status_code, answer.json()[field]) == (200, after)


async def test_a_resolved_incident_can_be_reopened(house: House, script: httpx2.AsyncClient) -> None:
    await declare(house)
    await script.post(f"{AT}/INC-1/resolve")
    assert (await script.post(f"{AT}/INC-1/reopen")).json()["open"] is True


async def test_resolving_twice_is_a_conflict(house: House, script: httpx2.AsyncClient) -> None:
    await declare(house)
    await script.post(f"{AT}/INC-1/resolve")
    assert (await script.post(f"{AT}/INC-1/resolve")).status_code == 409


async def test_the_list_goes_on_where_the_last_page_ended(house: House, script: httpx2.AsyncClient) -> None:
    for number in range(5):
        await declare(house, f"Number {number + 1}")
    first = (await script.get(AT, params={"limit": 2})).json()
    await declare(house, "Came in between")
    second = (await script.get(AT, params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [one["ref"] for one in first["items"] + second["items"]] == [f"INC-{n}" for n in (5, 4, 3, 2, 1)]


async def test_the_last_page_has_no_cursor(house: House, script: httpx2.AsyncClient) -> None:
    await declare(house)
    assert (await script.get(AT, params={"limit": 1})).json()["next_cursor"] is None


async def test_only_open_incidents_are_listed_when_asked(house: House, script: httpx2.AsyncClient) -> None:
    await declare(house, "Over")
    await script.post(f"{AT}/INC-1/resolve")
    await declare(house, "Open")
    listed = (await script.get(AT, params={"status": "open"})).json()["items"]
    assert [one["title"] for one in listed] == ["Open"]


@pytest.mark.parametrize("cursor", ["nonsense", "eyJ9", "WyJhIl0", "é", "AAAA", "bnVsbA"])
async def test_a_cursor_that_is_none_is_refused(script: httpx2.AsyncClient, cursor: str) -> None:
    assert (await script.get(AT, params={"cursor": cursor})).status_code == 422


@pytest.mark.parametrize("limit", ["0", "-1", "201", "many"])
async def test_a_page_has_a_limit(script: httpx2.AsyncClient, limit: str) -> None:
    assert (await script.get(AT, params={"limit": limit})).status_code == 422


async def test_the_timeline_tells_what_happened_page_by_page(
    house: House, script: httpx2.AsyncClient
) -> None:
    await declare(house)
    await script.post(f"{AT}/INC-1/updates", json={"message": "We see it"})
    await script.post(f"{AT}/INC-1/resolve")
    first = (await script.get(f"{AT}/INC-1/timeline", params={"limit": 2})).json()
    rest = (await script.get(f"{AT}/INC-1/timeline", params={"cursor": first["next_cursor"]})).json()
    assert [row["kind"] for row in first["items"] + rest["items"]] == ["incident", "update", "status"]


async def test_an_unknown_incident_is_not_found(script: httpx2.AsyncClient) -> None:
    assert (await script.get(f"{AT}/INC-9")).status_code == 404


async def test_the_postmortem_comes_in_three_formats(house: House, script: httpx2.AsyncClient) -> None:
    await declare(house)
    kinds = [
        (await script.get("/api/v1/postmortems/INC-1", params={"format": name})).headers["content-type"]
        for name in ("md", "html", "json")
    ]
    assert kinds == ["text/markdown; charset=utf-8", "text/html; charset=utf-8", "application/json"]


async def test_the_services_are_those_of_the_organisation(script: httpx2.AsyncClient) -> None:
    [service] = (await script.get("/api/v1/services")).json()["items"]
    assert (service["slug"], service["name"], service["team"]) == ("checkout", "Checkout API", "sre")
