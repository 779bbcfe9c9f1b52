"""The gate, tried at every route there is."""

from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.api.callers import TOKEN, Browser, declare

from tocsin.main import House

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("GET", "/login"),
    ("GET", "/schema/runbook/v1.json"),
    ("POST", "/login"),
    ("GET", "/static/{name}"),
    ("POST", "/webhooks/pagerduty"),
}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path that the app answers, those of included routers among them."""
    for context in iter_route_contexts(app.routes):
        for method in context.methods or ():
            yield method, context.path or ""


async def test_every_route_but_the_open_ones_refuses_a_stranger(
    app: FastAPI, stranger: httpx2.AsyncClient
) -> None:
    answers = {
        (method, path): (await stranger.request(method, path.replace("{", "").replace("}", ""))).status_code
        for method, path in set(routes(app)) - OPEN
    }
    assert {path: status for path, status in answers.items() if status not in {401, 303}} == {}


async def test_every_open_route_exists(app: FastAPI) -> None:
    assert set(routes(app)) >= OPEN


async def test_the_enumeration_finds_the_routes_of_every_part(app: FastAPI) -> None:
    assert {("POST", "/api/v1/incidents"), ("GET", "/"), ("POST", "/runs/{run_id}/approve")} <= set(
        routes(app)
    )


async def test_the_api_refuses_a_stranger_with_a_problem(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/incidents")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["www-authenticate"]) == (
        401,
        "application/problem+json",
        "Bearer",
    )


async def test_a_page_sends_a_stranger_to_sign_in_and_back(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/incidents/INC-1?all=true")
    assert answer.headers["location"] == "/login?next=/incidents/INC-1%3Fall%3Dtrue"


async def test_an_address_that_does_not_exist_tells_a_stranger_nothing(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/nothing")).status_code == 401


async def test_a_route_added_later_is_closed_as_well(app: FastAPI, stranger: httpx2.AsyncClient) -> None:
    app.router.routes.append(Route("/api/v1/new", lambda request: None))
    assert (await stranger.get("/api/v1/new")).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "", f"Bearer {TOKEN[:-1]}"]
)
async def test_a_wrong_token_opens_nothing(stranger: httpx2.AsyncClient, header: str) -> None:
    answer = await stranger.get("/api/v1/incidents", headers={"Authorization": header})
    assert answer.status_code == 401


async def test_a_token_with_odd_letters_is_wrong_and_no_error(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/incidents", headers=[(b"Authorization", b"Bearer \xe9\xff")])
    assert answer.status_code == 401


async def test_a_stranger_is_refused_before_the_body_is_read(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.post(
        "/api/v1/incidents", content=b"{not json", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401


async def test_a_cookie_opens_no_api(browser: Browser) -> None:
    assert (await browser.get("/api/v1/incidents")).status_code == 401


async def test_a_token_opens_no_page(script: httpx2.AsyncClient) -> None:
    assert (await script.get("/runs")).status_code == 303


async def test_a_link_on_another_site_makes_the_browser_come_again_with_its_cookie(
    stranger: httpx2.AsyncClient, house: House
) -> None:
    incident = await declare(house)
    answer = await stranger.get(f"/incidents/{incident.ref}", headers={"Sec-Fetch-Site": "cross-site"})
    assert 'http-equiv="refresh"' in answer.text


def test_a_websocket_is_refused(app: FastAPI) -> None:
    with pytest.raises(WebSocketDisconnect), TestClient(app).websocket_connect("/anything"):
        pass
