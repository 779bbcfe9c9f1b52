"""What every answer tells the browser."""

import httpx2
import pytest
from tests.api.callers import Browser

from tocsin.api.headers import HEADERS
from tocsin.main import House

PATHS = ["/healthz", "/login", "/", "/api/v1/incidents", "/static/nothing", "/webhooks/nothing"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_security_headers(stranger: httpx2.AsyncClient, path: str) -> None:
    answer = await stranger.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_the_policy_allows_nothing_inline(stranger: httpx2.AsyncClient) -> None:
    assert "unsafe" not in (await stranger.get("/login")).headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/runs", "/runbooks", "/runbooks/rollback-deployment"])
async def test_no_page_has_inline_script_or_style(browser: Browser, path: str) -> None:
    page = (await browser.get(path)).text
    assert [
        mark for mark in ("<style", " style=", "<script>", " onclick", "javascript:") if mark in page
    ] == []


async def test_static_files_are_kept_and_everything_else_is_not(stranger: httpx2.AsyncClient) -> None:
    kept, fresh = await stranger.get("/static/console.css"), await stranger.get("/login")
    assert (kept.headers["cache-control"], fresh.headers["cache-control"]) == (
        "public, max-age=86400",
        "no-store",
    )


@pytest.mark.parametrize("name", ["..%2fpages.py", "%2e%2e/pages.py", "nothing.css"])
async def test_only_the_files_of_the_folder_are_served(stranger: httpx2.AsyncClient, name: str) -> None:
    assert (await stranger.get(f"/static/{name}")).status_code == 404


async def test_no_other_site_may_read_an_answer(stranger: httpx2.AsyncClient, house: House) -> None:
    answer = await stranger.get("/healthz", headers={"Origin": "null"})
    assert "access-control-allow-origin" not in answer.headers
