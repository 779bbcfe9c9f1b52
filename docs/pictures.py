"""The README's pictures: ``python -m docs.pictures`` plays the demo's story and photographs it.

Needs Chromium on the PATH. Nothing is drawn: every picture is a page as the practice town serves it.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tocsin.playground.story import Story
from tocsin.playground.town import TOKEN, Town

FOLDER = Path(__file__).parent / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = ViewportSize(width=1280, height=860)
LOW = ViewportSize(width=1280, height=500)
TALL = ViewportSize(width=1280, height=1240)
LARGEST = 300 * 1024
"""Bytes of one picture."""
PATIENCE = 40_000
"""Milliseconds that one thing may take to appear on a page."""


class Album:
    """Takes the pictures, each after its chapter of the story."""

    def __init__(self, town: Town, story: Story, browser: Browser) -> None:
        self._town = town
        self._story = story
        self._page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en-GB")
        self._page.set_default_timeout(PATIENCE)
        self._chapters: Mapping[str, Callable[[], None]] = {
            "PagerDuty pages; its signed webhook opens an incident with a channel": self._paged,
            "Tocsin posts what the cluster says": self._asks,
            "The cluster is rolled back, and verified": self._rolled_back,
            "Ana pins what she found; it is on the timeline": self._console,
            "The postmortem is in the channel, and tells it all": self._postmortem,
        }

    def look(self, chapter: str) -> None:
        """Take the chapter's pictures, if it has any."""
        self._chapters.get(chapter, lambda: None)()

    def _paged(self) -> None:
        self._page.set_viewport_size(LOW)
        self._page.goto(self._town.at.url(self._town.at.pagerduty_page))
        self._page.get_by_text(self._story.page).first.wait_for()
        self._take("pagerduty")

    def _asks(self) -> None:
        page = self._slack()
        page.set_viewport_size(TALL)
        page.get_by_role("button", name="Approve").last.wait_for()
        page.locator("#messages").evaluate("(room) => room.scrollTo(0, 0)")
        self._take("slack-approval")
        page.set_viewport_size(SIZE)

    def _rolled_back(self) -> None:
        page = self._slack()
        run = page.get_by_role("article").filter(has_text="Roll back a Deployment · succeeded").first
        run.wait_for()
        run.evaluate("(message) => message.scrollIntoView({ block: 'start' })")
        self._take("slack-run")

    def _console(self) -> None:
        at = self._town.at.url(self._town.at.console)
        self._page.goto(at)
        self._page.get_by_label("Token").fill(TOKEN)
        self._page.get_by_role("button", name="Sign in").click()
        self._page.goto(f"{at}/incidents/{self._story.ref}")
        self._page.set_viewport_size(TALL)
        self._page.get_by_text("Pool size was misspelt").first.wait_for()
        self._take("console-incident")
        self._page.locator('a[href^="/runs/"]', has_text="rollback").first.click()
        self._page.wait_for_url("**/runs/*")
        self._page.set_viewport_size(SIZE)
        self._take("console-run")

    def _postmortem(self) -> None:
        self._page.goto(f"{self._town.at.url(self._town.at.console)}/incidents/{self._story.ref}/postmortem")
        self._page.set_viewport_size(TALL)
        timeline = self._page.get_by_role("heading", name="Timeline")
        timeline.evaluate("(heading) => heading.scrollIntoView({ block: 'start' })")
        self._take("postmortem")

    def _slack(self) -> Page:
        """Open the incident's channel as Bo."""
        self._page.set_viewport_size(SIZE)
        at = self._town.at.url(self._town.at.slack)
        self._page.goto(at)
        self._page.get_by_label("You are").select_option("U0BO")
        self._page.get_by_role("button", name=self._story.channel.removeprefix("#")).first.click()
        return self._page

    def _take(self, name: str) -> None:
        path = FOLDER / f"{name}.png"
        self._page.screenshot(path=path, animations="disabled", caret="hide")
        size = path.stat().st_size
        print(f"{path.name}: {size // 1024} KiB")
        if size > LARGEST:
            raise SystemExit(f"{path} is larger than {LARGEST // 1024} KiB; make what it shows smaller")


def main() -> None:
    """Play the story once and leave the pictures beside this file."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(
            f"None of {', '.join(BROWSERS)} is on the PATH. Install Chromium, on Debian: apt install chromium"
        )
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tocsin-pictures-") as folder, sync_playwright() as playwright:
        camera = playwright.chromium.launch(executable_path=browser)
        with Town(Path(folder), lambda line: print(line, file=sys.stderr), real_cluster=False) as town:
            story = Story(town)
            album = Album(town, story, camera)
            for chapter in story.play(Path(folder) / "postmortem.md"):
                album.look(chapter.title)
        camera.close()


if __name__ == "__main__":
    main()
