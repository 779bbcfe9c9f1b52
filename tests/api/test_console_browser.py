"""The console in a real Chromium."""

import shutil
from collections.abc import AsyncIterator

import httpx2
import pytest
from playwright.async_api import Page, async_playwright, expect
from tests.api.callers import TOKEN, ask, declare, start

from tocsin.main import House

expect.set_options(timeout=20_000)  # milliseconds; a busy machine is slow, not wrong
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"
)
MESSAGE = "Where do things stand?"


@pytest.fixture
async def page(address: str) -> AsyncIterator[Page]:
    """A page of somebody who signed in."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = await chromium.new_page(base_url=address)
        page.set_default_timeout(10_000)
        await page.goto("/login")
        await page.get_by_label("Token").fill(TOKEN)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{address}/")
        yield page
        await chromium.close()


async def tell(address: str, message: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers) as client:
        await client.post("/api/v1/incidents/INC-1/updates", json={"message": message})


async def test_what_others_do_appears_by_itself(house: House, page: Page, address: str) -> None:
    await declare(house)
    await page.goto("/incidents/INC-1")
    await tell(address, "Somebody else's news")
    await expect(page.locator("blockquote")).to_have_text("Somebody else's news")


async def test_what_one_types_stays_when_the_page_changes(house: House, page: Page, address: str) -> None:
    run_id = await start(house, incident=await declare(house))
    await ask(house, run_id)
    await page.goto(f"/runs/{run_id}")
    await page.get_by_label("Comment").fill("half a thou")
    await ask(house, run_id)
    await page.wait_for_timeout(1500)
    assert await page.get_by_label("Comment").input_value() == "half a thou"


async def test_an_approval_given_elsewhere_takes_the_buttons_away(
    house: House, page: Page, address: str
) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    await page.goto(f"/runs/{run_id}")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers) as client:
        await client.post(f"/api/v1/runs/{run_id}/reject", json={"digest": "d" * 64, "reason": "no"})
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)


async def test_a_person_posts_an_update(house: House, page: Page) -> None:
    await declare(house)
    await page.goto("/incidents/INC-1")
    await page.get_by_text("Post an update").click()
    await page.get_by_label(MESSAGE).fill("We see the cause")
    await page.get_by_role("button", name="Post").click()
    await expect(page.locator("blockquote")).to_have_text("We see the cause")


async def test_a_link_from_another_site_does_not_ask_to_sign_in_again(
    house: House, page: Page, address: str
) -> None:
    await declare(house)
    # localhost and 127.0.0.1 are two sites; our own sign-in page at the other one holds no session.
    await page.goto(f"{address.replace('127.0.0.1', 'localhost')}/login")
    await page.evaluate(f"location.href = '{address}/incidents/INC-1'")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Checkout is slow")


async def test_no_page_breaks_the_content_security_policy(house: House, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda told: refused.append(told.text))
    run_id = await start(house, incident=await declare(house))
    for path in ("/", "/incidents/INC-1", "/incidents/INC-1/postmortem", f"/runs/{run_id}", "/runbooks"):
        await page.goto(path)
    assert refused == []
