"""A town in which Tocsin dies: the story's acts, the ways to die, and how it has to end."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.crash.far_side import EFFECTS, FarSide
from tests.crash.inside import Inside
from tocsin.db import Embedded
from tocsin.playground.cluster.workload import set_image
from tocsin.playground.serving import Child
from tocsin.playground.slack.shapes import Json
from tocsin.playground.story import TITLE
from tocsin.playground.town import BAD_IMAGE, WORKLOAD, Town

PATIENCE = 90.0
"""Seconds that one thing may take to appear, on a busy machine."""
HELD = 120.0
"""Seconds for which a twin holds an answer back: longer than anybody waits for it here."""
SLOW = 10.0
"""Seconds before a twin refuses: long enough to die in, and short enough to meet it again."""
LOOK_EVERY = 0.05

END = {
    **EFFECTS,
    "page": "resolved",
    "incidents": 1,
    "runs": {"diagnose-deployment": ["succeeded"], "rollback-deployment": ["succeeded"]},
    "given up": [],
    "audit": 0,
}
"""The end of the story, however often Tocsin dies in it."""


class NeverHappened(AssertionError):
    """What was waited for did not come; the message tells where everything stands."""


class Drill:
    """One incident, in a town whose twins know nothing yet and on an empty database."""

    def __init__(self, town: Town, far_side: FarSide, inside: Inside) -> None:
        self.town = town
        self.far_side = far_side
        self.inside = inside
        self.workers: dict[str, Child] = {}
        self._silence = len(town.log.read_text())

    # -- the acts ---------------------------------------------------------------------------------------

    def page(self) -> None:
        """Break checkout, and let PagerDuty page."""
        set_image(self.town.cluster.kubeconfig, WORKLOAD, BAD_IMAGE)
        self.far_side.start_counting_patches()
        self.town.pager.trigger(TITLE, "PCHKOUT")

    def page_many_times(self, times: int) -> list[int | None]:
        """Page while the service is frozen, send copies of the webhook, thaw it; return their answers.

        A copy whose answer took longer than PagerDuty waits has None; it was taken in all the same.
        """
        self.town.tocsin.freeze()
        self.page()
        [webhook] = self.town.pager.deliveries()
        with ThreadPoolExecutor(1) as threads:
            sending = threads.submit(self.town.pager.deliver, webhook.event_id, times, concurrently=True)
            time.sleep(1)  # all are in the queue of its socket
            self.town.tocsin.thaw()
            return [attempt.status for attempt in sending.result()]

    def ask(self) -> Json:
        """Wait until the rollback is proposed, and nothing else is under way; return the question."""
        self.wait(self.far_side.asked, "the question to be posted")
        self.rest()
        return self.town.slack.wait_for_message(self._room(), "Approve")

    def approve(self) -> None:
        """Let Bo approve the rollback."""
        pressed = self.town.slack.press("bo", self.ask(), "approval_approve")
        assert pressed["status"] == 200, f"Slack had {pressed} for an answer"

    def resolve(self) -> None:
        """Wait for the rollback, and let Ana resolve."""
        self.wait(self._rolled_back, "the rollback to succeed")
        answer = self.town.slack.command("ana", self._room(), "/incident resolve rolled back")
        assert answer["status"] == 200, f"Slack had {answer} for an answer"

    def end(self) -> dict[str, object]:
        """Wait for the end, and tell it as `END` does."""
        self.wait(lambda: self.far_side.page() == "resolved", "the page to be resolved at PagerDuty")
        self.wait(lambda: self.far_side.calls("files.completeUploadExternal"), "the postmortem")
        self.rest()
        return {
            **self.far_side.effects(),
            "page": self.far_side.page(),
            "incidents": self.inside.incidents(),
            "runs": self.inside.runs(),
            "given up": self.inside.given_up(),
            "audit": self._audit(),
        }

    # -- death and sleep --------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the service as a power cut would."""
        self.town.tocsin.kill()

    def restart(self) -> None:
        """Start the service again."""
        self.town.start_tocsin()

    def split(self, *names: str) -> None:
        """Let the service only answer, and these workers do the jobs."""
        self.town.tocsin.stop()
        self.town.start_tocsin("--no-worker")
        for name in names:
            self.hire(name)

    def hire(self, name: str) -> None:
        """Start one more worker."""
        before = self.inside.workers()
        self.workers[name] = self.town.start_worker(name)
        self.wait(lambda: set(self.inside.workers()) - set(before), f"worker {name}")

    def holder(self) -> Child:
        """Return the worker that moves the run on; the first two hired are told apart."""
        [busy] = self.inside.advancing()
        return list(self.workers.values())[self.inside.workers().index(busy)]

    # -- waiting ----------------------------------------------------------------------------------------

    def rest(self) -> None:
        """Wait until nothing is left to do but what waits for a later time."""
        self.wait(lambda: not self.inside.due(), "the jobs to be done")

    def lost_races(self) -> int:
        """Count how often a writer was told that somebody else had moved its run on."""
        return self._told().count("StaleStream")

    def wait(self, look: Callable[[], object], what: str) -> float:
        """Look until it is so; return the seconds it took."""
        began = time.monotonic()
        while not look():
            if time.monotonic() - began > PATIENCE:
                raise NeverHappened(f"{what}: not within {PATIENCE:.0f} s\n{self._story()}")
            time.sleep(LOOK_EVERY)
        return time.monotonic() - began

    # -- looking ----------------------------------------------------------------------------------------

    def _room(self) -> str:
        return f"#{self.town.slack.wait_for_channel('inc-')['name']}"

    def _rolled_back(self) -> bool:
        return self.inside.runs().get("rollback-deployment") == ["succeeded"]

    def _audit(self) -> int:
        """Return the exit code of ``tocsin audit verify``."""
        words = [sys.executable, "-m", "tocsin", "audit", "verify"]
        return subprocess.run(words, env=self.town.environment, capture_output=True, check=False).returncode

    def _told(self) -> str:
        """Return what Tocsin's processes said in this drill."""
        return self.town.log.read_text()[self._silence :]

    def _story(self) -> str:
        parts = [self.far_side.story(), self.inside.story(), "== Tocsin's last words", self._told()[-4000:]]
        return "\n".join(parts)


@contextmanager
def drilled(town: Town) -> Iterator[Drill]:
    """Give the town back its first day, and take down whatever a drill leaves."""
    town.tocsin.kill()
    far_side, data = FarSide(town), town.folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    far_side.reset(PATIENCE)
    embedded = Embedded(data)
    inside = Inside(embedded.url)
    town.start_tocsin()
    drill = Drill(town, far_side, inside)
    try:
        yield drill
    finally:
        for process in (town.tocsin, *drill.workers.values()):
            process.kill()
        inside.close()
        far_side.close()
        embedded.stop()
        shutil.rmtree(data)
