"""Errors as RFC 9457 problem details, and as pages."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx2
import pytest
from tests.api.callers import BASE, TOKEN, Browser

from tocsin.api.app import create_app
from tocsin.db import Database
from tocsin.main import House

MEMBERS = {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/incidents/INC-9", 404),
        ("DELETE", "/api/v1/incidents", 405),
        ("GET", "/api/v1/incidents?limit=none", 422),
        ("POST", "/api/v1/incidents/INC-9/resolve", 404),
    ],
)
async def test_every_error_is_a_problem(
    script: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await script.request(method, path)
    assert (answer.status_code, answer.headers["content-type"], set(answer.json()) >= MEMBERS) == (
        status,
        "application/problem+json",
        True,
    )


async def test_a_wrong_method_names_the_right_ones(script: httpx2.AsyncClient) -> None:
    assert (await script.delete("/api/v1/incidents/INC-1")).headers["allow"] == "GET"


async def test_a_problem_names_the_place_in_the_body(script: httpx2.AsyncClient) -> None:
    answer = await script.post("/api/v1/incidents", json={"title": ["x"]})
    assert answer.json()["errors"][0]["at"] == "body.title"


async def test_a_problem_does_not_repeat_what_was_sent(script: httpx2.AsyncClient) -> None:
    answer = await script.post("/api/v1/incidents", json={"title": ["very-private"]})
    assert "very-private" not in answer.text


async def test_what_is_not_json_is_a_problem(script: httpx2.AsyncClient) -> None:
    answer = await script.post(
        "/api/v1/incidents", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(70):
        yield b"x" * 1024


@pytest.mark.parametrize("sent", [lambda: b"x" * 70 * 1024, chunks], ids=["with its length", "in chunks"])
async def test_a_body_over_64_kib_is_refused(
    script: httpx2.AsyncClient, sent: Callable[[], bytes | AsyncIterator[bytes]]
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await script.post("/api/v1/incidents", content=sent(), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


async def test_a_database_that_is_gone_is_503_and_come_again(house: House) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    app = create_app(replace(house.door(), database=nowhere))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url=BASE, headers=headers
    ) as client:
        answer = await client.get("/api/v1/incidents")
    await nowhere.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_people_get_a_page(browser: Browser) -> None:
    answer = await browser.get("/incidents/INC-9")
    assert (answer.status_code, "there is no incident INC-9" in answer.text) == (404, True)


async def test_a_fault_of_ours_is_a_problem_that_tells_no_secrets(
    house: House, script: httpx2.AsyncClient
) -> None:
    app = create_app(house.door())

    @app.get("/api/v1/broken")
    async def broken() -> None:
        raise RuntimeError("the password is hunter2")

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers=script.headers) as client:
        answer = await client.get("/api/v1/broken")
    assert (answer.status_code, "hunter2" in answer.text, set(answer.json())) == (500, False, MEMBERS)
