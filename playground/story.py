"""The main job, played without a person: a page comes in, a rollback is approved, a postmortem goes out.

Every chapter looks at the far side, at Slack, PagerDuty and the cluster, and fails loudly.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kubernetes import client

from tocsin.playground.cluster.workload import admin_client, set_image
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.town import BAD_IMAGE, WORKLOAD, Town

TITLE = "Checkout API: error rate above 5 % after deploy"
PATIENCE = 40.0
"""Seconds that one thing may take to appear."""
TOLD = (
    "[alert] Checkout API",
    "[channel]",
    "approved by Bo",
    "checkout:bad-1.5.0 → registry.example/checkout:1.4.2",
    "rollback verified",
    "→ Resolved",
    "Pool size was misspelt",
)
"""What the postmortem has to tell: the page, the channel, the approval, the rollback, and so on."""


class StoryBroke(AssertionError):
    """A chapter did not hold."""


@dataclass(frozen=True)
class Chapter:
    """One part of the story, and the seconds it took."""

    title: str
    seconds: float


class Story:
    """Plays the story in a town."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._slack = town.slack
        self.channel = ""
        self.ref = ""
        self.page = ""

    def play(self, postmortem: Path) -> Iterator[Chapter]:
        """Play every chapter and leave the postmortem at the path; raise StoryBroke where one fails."""
        chapters: Mapping[str, Callable[[], None]] = {
            "A bad release of checkout gets stuck": self._break_checkout,
            "PagerDuty pages; its signed webhook opens an incident with a channel": self._page,
            "Slack shows the summary, the announcement, and the people": self._look_around,
            "Tocsin posts what the cluster says": self._diagnosis,
            "It proposes the rollback, with its plan, and Bo approves": self._approve,
            "The cluster is rolled back, and verified": self._rolled_back,
            "Ana pins what she found; it is on the timeline": self._pin,
            "Ana resolves; the page is resolved at PagerDuty too": self._resolve,
            "The postmortem is in the channel, and tells it all": lambda: self._postmortem(postmortem),
            "The log's hash chain holds": self._audit,
        }
        for title, act in chapters.items():
            began = time.monotonic()
            try:
                act()
            except AssertionError as error:
                raise StoryBroke(f"{title}: {error}") from error
            yield Chapter(title, time.monotonic() - began)

    def _break_checkout(self) -> None:
        set_image(self._town.cluster.kubeconfig, WORKLOAD, BAD_IMAGE)

    def _page(self) -> None:
        self.page = self._town.pager.trigger(TITLE, "PCHKOUT").id
        room = self._slack.wait_for_channel("inc-", timeout=PATIENCE)
        self.channel = f"#{text(room, 'name')}"
        self.ref = f"INC-{self.channel.split('-')[1]}"

    def _look_around(self) -> None:
        summary = self._message(self.channel, f"{self.ref} {TITLE}")
        self._wait(lambda: text(summary, "ts") in str(self._room().get("pins")), "the pinned summary")
        self._message("#incidents", self.ref)
        people = {"U0ANA", "U0BO", "U0CHIDI"}
        self._wait(lambda: people <= set(map(str, _list(self._room().get("members")))), "the people")

    def _diagnosis(self) -> None:
        self._message(self.channel, "Back-off restarting failed container")

    def _approve(self) -> None:
        ask = self._message(self.channel, "bad-1.5.0 → registry.example/checkout:1.4.2")
        pressed = self._slack.press("bo", ask, "approval_approve")
        _hold(pressed["status"] == 200, f"Slack had {pressed} for an answer")
        self._message(self.channel, "Approved by")

    def _rolled_back(self) -> None:
        self._wait(lambda: self._image() == WORKLOAD.image, "the earlier image in the cluster")
        self._message(self.channel, "Roll back a Deployment: succeeded")

    def _pin(self) -> None:
        said = self._slack.say("ana", self.channel, "Pool size was misspelt in the new config")
        self._slack.react("ana", said, "pushpin")
        self._wait(lambda: "white_check_mark" in str(self._found(said)), "the tick on the pinned message")

    def _resolve(self) -> None:
        answer = self._slack.command("ana", self.channel, "/incident resolve rolled back to 1.4.2")
        _hold(answer["status"] == 200, f"Slack had {answer} for an answer")
        self._wait(lambda: self._paged() == "resolved", "the page to be resolved at PagerDuty")
        notes = [call for call in self._town.pager.calls("/notes") if self.ref in str(call)]
        _hold(len(notes) == 1, f"{len(notes)} notes with our link stand at PagerDuty")

    def _postmortem(self, path: Path) -> None:
        self._message(self.channel, f"Postmortem of {self.ref}")
        exported = self._tocsin("postmortem", "export", self.ref, "--format", "md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(exported, encoding="utf-8")
        missing = [word for word in TOLD if word.lower() not in exported.lower()]
        _hold(not missing, f"{path} does not tell of {missing}")

    def _audit(self) -> None:
        self._tocsin("audit", "verify")

    # -- what the chapters look with --------------------------------------------------------------------

    def _message(self, channel: str, containing: str) -> Json:
        return self._slack.wait_for_message(channel, containing, timeout=PATIENCE)

    def _wait(self, look: Callable[[], bool], what: str) -> None:
        self._slack.wait_for(look, PATIENCE, what)

    def _room(self) -> Json:
        return self._slack.channel(self.channel)

    def _found(self, said: Json) -> object:
        return next(one for one in self._slack.messages(self.channel) if one["ts"] == said["ts"])

    def _paged(self) -> str:
        return next(one.status for one in self._town.pager.state().incidents if one.id == self.page)

    def _image(self) -> str:
        apps = client.AppsV1Api(admin_client(self._town.cluster.kubeconfig))
        pod = apps.read_namespaced_deployment(WORKLOAD.name, WORKLOAD.namespace).spec.template.spec
        return str(pod.containers[0].image) if pod else ""

    def _tocsin(self, *words: str) -> str:
        command = [sys.executable, "-m", "tocsin", *words]
        done = subprocess.run(
            command, env=self._town.environment, capture_output=True, text=True, check=False
        )
        _hold(done.returncode == 0, f"tocsin {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StoryBroke(otherwise)
