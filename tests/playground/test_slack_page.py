"""The page, driven by a real Chromium."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_sdk import WebClient

from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace

expect.set_options(timeout=20_000)  # milliseconds; a busy machine is slow, not wrong
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    shortcuts = (("to_incident", "Make it an incident"),)
    request_url = "http://127.0.0.1:9/slack/events"
    settings = Settings(request_url=request_url, retry_delays=(), message_shortcuts=shortcuts)
    with hosted(Workspace(settings)) as address:
        yield address


@pytest.fixture
def player(address: str) -> Iterator[Player]:
    with Player(address) as player:
        player.reset()
        yield player


@pytest.fixture
def slack(address: str, player: Player) -> WebClient:
    return WebClient("xoxb-practice", base_url=f"{address}/api/")


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    expect(page.locator("#line")).to_have_text("live")
    return page


@pytest.fixture
def page(opened: Page, player: Player) -> Page:
    opened.evaluate("location.hash = 'C0GENERAL'")
    opened.select_option("#persona", "U0ANA")
    opened.fill("#words", "")
    expect(opened.locator(".message")).to_have_count(0)
    return opened


def plain(words: str) -> dict[str, str]:
    return {"type": "plain_text", "text": words}


def test_a_new_message_appears_by_itself(page: Page, player: Player) -> None:
    player.say("bo", "#general", "checkout is *slow* :fire:")
    expect(page.locator(".message")).to_contain_text("checkout is slow 🔥")


def test_nothing_anybody_writes_becomes_markup(page: Page, slack: WebClient) -> None:
    slack.chat_postMessage(
        channel="C0GENERAL", text="<img src=x onerror=alert(1)> <javascript:alert(1)|click>"
    )
    expect(page.locator(".message")).to_contain_text("click")
    assert page.locator(".message img, .message a[href]").count() == 0


def test_a_typed_message_is_posted_by_the_chosen_person(page: Page, player: Player) -> None:
    page.select_option("#persona", "U0BO")
    page.fill("#words", "on it")
    page.press("#words", "Enter")
    assert player.wait_for_message("#general", "on it")["user"] == "U0BO"


def test_a_slash_suggests_commands(page: Page) -> None:
    page.fill("#words", "/inc")
    expect(page.locator("#suggestions button")).to_contain_text(["/incident"])


def test_an_ephemeral_message_is_shown_to_its_addressee_only(
    page: Page, slack: WebClient, player: Player
) -> None:
    slack.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")
    expect(page.locator(".message.ephemeral")).to_contain_text("Only visible to you")
    page.select_option("#persona", "U0BO")
    expect(page.locator(".message")).to_have_count(0)


def test_other_channels_are_marked_unread(page: Page, player: Player) -> None:
    player.say("bo", "#incidents", "look here")
    expect(page.locator(".row.unread")).to_contain_text("incidents")


def test_a_dangerous_button_asks_first(page: Page, slack: WebClient, player: Player) -> None:
    confirm = {
        "title": plain("Sure?"),
        "text": plain("Really."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    button = {
        "type": "button",
        "action_id": "end",
        "text": plain("Resolve"),
        "style": "danger",
        "confirm": confirm,
    }
    slack.chat_postMessage(channel="C0GENERAL", text="x", blocks=[{"type": "actions", "elements": [button]}])
    page.click("text=Resolve")
    expect(page.locator("dialog.confirm")).to_contain_text("Really.")
    page.click("dialog >> text=No")
    expect(page.locator("dialog.confirm")).to_have_count(0)


def test_a_modal_complains_under_the_field(page: Page, slack: WebClient, player: Player) -> None:
    trigger = str(player.command("ana", "#general", "/incident declare")["trigger_id"])
    element = {"type": "plain_text_input", "action_id": "title"}
    what = {"type": "input", "block_id": "what", "label": plain("What?"), "element": element}
    view = {"type": "modal", "title": plain("Declare"), "submit": plain("Go"), "blocks": [what]}
    slack.views_open(trigger_id=trigger, view=view)
    page.click(".modal button[type=submit]")
    expect(page.locator(".modal .error")).to_contain_text("Please complete this required field.")


def test_a_quick_pin_reaction_is_one_click(page: Page, player: Player) -> None:
    player.say("bo", "#general", "rolled back")
    page.hover(".message")
    page.click(".toolbar button[title='React with :pushpin:']")
    expect(page.locator(".reactions")).to_contain_text("📌 1")


def test_a_message_offers_its_shortcuts(page: Page, player: Player) -> None:
    player.say("dee", "#general", "customers cannot pay")
    page.hover(".message")
    expect(page.locator(".toolbar")).to_contain_text("Make it an incident")


def test_an_open_preview_survives_new_messages(page: Page, slack: WebClient, player: Player) -> None:
    slack.files_upload_v2(channel="C0GENERAL", content="# INC-7", filename="pm.md")
    page.click(".file summary")
    player.say("bo", "#general", "thanks")
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator(".preview")).to_have_text("# INC-7")


def test_a_permalink_opens_at_its_message(page: Page, address: str, player: Player) -> None:
    said = player.say("bo", "#incidents", "the very message")
    page.goto(str(said["permalink"]))
    expect(page.locator(".message.found")).to_contain_text("the very message")
