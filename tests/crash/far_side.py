"""Where effects take effect: what Slack, PagerDuty and the cluster accepted, counted there."""

import json
from collections import Counter
from collections.abc import Iterator

import httpx2

from tocsin.playground.cluster.twin.ledger import Fault
from tocsin.playground.cluster.workload import deploy
from tocsin.playground.slack.shapes import Json, as_object, child, children, text
from tocsin.playground.town import WORKLOAD, Town

EFFECTS = {
    "channels": 1,
    "pinned": 1,
    "messages": {"announcement": 1, "summary": 1, "approval": 1, "run": 2, "diagnosis": 1},
    "invited": {"U0ANA": 1, "U0BO": 1, "U0CHIDI": 1, "U0ELIF": 1},
    "deployment patches": 1,
    "notes at PagerDuty": 1,
    "resolutions at PagerDuty": 1,
    "postmortem files": 1,
}
"""What one whole story does, however often Tocsin dies in it."""


class FarSide:
    """The ledgers of a town's twins."""

    def __init__(self, town: Town) -> None:
        self._slack, self._pager, self._kubeconfig = town.slack, town.pager, town.cluster.kubeconfig
        self._cluster = httpx2.Client(base_url=town.cluster.url, trust_env=False, timeout=30)
        self._broken_at = 0

    def reset(self, seconds: float) -> None:
        """Give the town back its first day; checkout may take so many seconds to be available again."""
        self._slack.reset()
        self._pager.reset()
        self._cluster.post("/practice/reset").raise_for_status()
        deploy(self._kubeconfig, WORKLOAD, seconds)

    def close(self) -> None:
        """Let go of the connections."""
        self._cluster.close()

    def fail_cluster(self, fault: Fault) -> None:
        """Order trouble at the cluster."""
        self._cluster.post("/practice/fault", json=fault.model_dump()).raise_for_status()

    def start_counting_patches(self) -> None:
        """Count the changes of the Deployment from here."""
        self._broken_at = len(self._patches())

    def patches(self) -> int:
        """Count the changes of the Deployment that the cluster accepted."""
        return len(self._patches()) - self._broken_at

    def calls(self, method: str) -> list[Json]:
        """List Slack's accepted calls of a method."""
        return self._slack.calls(method)

    def asked(self) -> bool:
        """Say whether the question was posted."""
        return "approval" in self._messages()

    def page(self) -> str:
        """Return the status of the one page at PagerDuty."""
        [page] = self._pager.state().incidents
        return page.status

    def effects(self) -> dict[str, object]:
        """Count everything."""
        return {
            "channels": len(self.calls("conversations.create")),
            "pinned": len(self.calls("pins.add")),
            "messages": dict(Counter(self._messages())),
            "invited": dict(Counter(self._invited())),
            "deployment patches": self.patches(),
            "notes at PagerDuty": len(self._pager.calls("/notes$")),
            "resolutions at PagerDuty": len(self._pager.calls("/incidents/[^/]+$")),
            "postmortem files": len(self.calls("files.completeUploadExternal")),
        }

    def story(self) -> str:
        """Tell what the incident's channels say."""
        rooms = [f"#{room['name']}" for room in children(self._slack.state(), "channels")]
        return "\n".join(f"== {room}\n{self._slack.text(room)}" for room in rooms if "#inc" in room)

    def _patches(self) -> list[Json]:
        made = self._cluster.get("/practice/mutations").raise_for_status().json()
        whole = [one for one in made if one["path"].endswith("/deployments/checkout")]
        return [one for one in whole if one["verb"] == "patch"]

    def _messages(self) -> Iterator[str]:
        """Yield the kind of every message that was posted, but for the lines of the conversation."""
        for call in self.calls("chat.postMessage"):
            key = _key(call)
            if not key.startswith("note:"):
                yield key.split(":")[1] if ":" in key else "diagnosis"

    def _invited(self) -> Iterator[str]:
        for call in self.calls("conversations.invite"):
            yield from text(child(call, "args"), "users").split(",")


def _key(call: Json) -> str:
    """Return the key of a message; a client sends it as an object or as its text."""
    metadata = child(call, "args").get("metadata")
    said = as_object(json.loads(metadata) if isinstance(metadata, str) else metadata)
    return text(child(said, "event_payload"), "key")
