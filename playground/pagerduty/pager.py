"""A client of the practice verbs: puts tests and the demo in the place of a person at PagerDuty."""

import time
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter

from tocsin.playground.pagerduty.gate import Call, Fault
from tocsin.playground.pagerduty.practice_shapes import (
    DEFAULT_SERVICE,
    DEFAULT_USER,
    Alarm,
    Annotation,
    AttemptShape,
    Deed,
    Delegation,
    DeliveryShape,
    Escalation,
    HelpRequest,
    IncidentShape,
    Prioritising,
    Reassignment,
    Redelivery,
    Reply,
    StateShape,
)
from tocsin.playground.pagerduty.records import ReplyState
from tocsin.playground.tls import trusting

T = TypeVar("T")
POLL_SECONDS = 0.02


class Pager:
    """Drives a practice PagerDuty. Every verb raises httpx2.HTTPStatusError when it is refused."""

    def __init__(self, base_url: str, ca: Path | None = None) -> None:
        self._client = httpx2.Client(
            base_url=base_url,
            headers={"Content-Type": "application/json"},
            verify=trusting(ca),
            trust_env=False,
            timeout=30.0,
        )

    def trigger(self, title: str, service: str = DEFAULT_SERVICE) -> IncidentShape:
        """Let a monitoring tool raise an alert on a service."""
        return self.raise_alarm(Alarm(title=title, service=service))

    def raise_alarm(self, alarm: Alarm) -> IncidentShape:
        """Open an incident with all that an alarm can say."""
        return self._post("trigger", alarm, IncidentShape)

    def acknowledge(self, incident: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Take an incident on."""
        return self._post("acknowledge", Deed(incident=incident, user=user), IncidentShape)

    def unacknowledge(self, incident: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Give an incident back."""
        return self._post("unacknowledge", Deed(incident=incident, user=user), IncidentShape)

    def resolve(self, incident: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Close an incident."""
        return self._post("resolve", Deed(incident=incident, user=user), IncidentShape)

    def reopen(self, incident: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Open a resolved incident again."""
        return self._post("reopen", Deed(incident=incident, user=user), IncidentShape)

    def escalate(self, incident: str, level: int | None = None, user: str = DEFAULT_USER) -> IncidentShape:
        """Hand an incident to a level of its policy; without one, to the next."""
        return self._post("escalate", Escalation(incident=incident, user=user, level=level), IncidentShape)

    def reassign(self, incident: str, *to: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Hand an incident to people."""
        return self._post("reassign", Reassignment(incident=incident, user=user, to=to), IncidentShape)

    def delegate(self, incident: str, policy: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Hand an incident to another escalation policy."""
        return self._post("delegate", Delegation(incident=incident, user=user, policy=policy), IncidentShape)

    def set_priority(self, incident: str, priority: str | None, user: str = DEFAULT_USER) -> IncidentShape:
        """Set or take away a priority, P1 to P5."""
        return self._post(
            "priority", Prioritising(incident=incident, user=user, priority=priority), IncidentShape
        )

    def annotate(self, incident: str, content: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Write a note."""
        return self._post(
            "annotate", Annotation(incident=incident, user=user, content=content), IncidentShape
        )

    def ask_for_help(self, incident: str, responder: str, user: str = DEFAULT_USER) -> IncidentShape:
        """Ask somebody to join in."""
        return self._post(
            "responder", HelpRequest(incident=incident, user=user, responder=responder), IncidentShape
        )

    def reply(self, incident: str, user: str, state: ReplyState = "joined") -> IncidentShape:
        """Answer a request for help as the one who was asked."""
        return self._post("reply", Reply(incident=incident, user=user, state=state), IncidentShape)

    def deliver(self, event_id: str, times: int = 1, *, concurrently: bool = False) -> list[AttemptShape]:
        """Send an event's very bytes again and wait until every attempt is over."""
        again = Redelivery(event_id=event_id, times=times, concurrently=concurrently)
        return self._post("deliver", again, list[AttemptShape])

    def calls(self, path: str = "") -> list[Call]:
        """List the REST and Events API mutations that took effect; `path` is a regular expression."""
        return self._get("calls", list[Call], path=path)

    def deliveries(self, incident: str = "") -> list[DeliveryShape]:
        """List webhooks and their attempts, of one incident or of all."""
        return self._get("deliveries", list[DeliveryShape], **({"incident": incident} if incident else {}))

    def await_deliveries(self, incident: str = "", seconds: float = 10.0) -> list[DeliveryShape]:
        """Wait until no webhook is under way. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while any(one.outcome == "pending" for one in self.deliveries(incident)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Webhooks are still under way after {seconds} s.")
            time.sleep(POLL_SECONDS)
        return self.deliveries(incident)

    def state(self) -> StateShape:
        """Show the whole account, in short."""
        return self._get("state", StateShape)

    def plant(self, fault: Fault) -> None:
        """Let the next API calls to some path fail, before or after they take effect."""
        self._client.post("/practice/fault", content=fault.model_dump_json()).raise_for_status()

    def reset(self) -> None:
        """Go back to the beginning."""
        self._client.post("/practice/reset").raise_for_status()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, verb: str, body: BaseModel, answer: type[T]) -> T:
        response = self._client.post(f"/practice/{verb}", content=body.model_dump_json()).raise_for_status()
        return TypeAdapter(answer).validate_json(response.content)

    def _get(self, verb: str, answer: type[T], **params: str) -> T:
        response = self._client.get(f"/practice/{verb}", params=params).raise_for_status()
        return TypeAdapter(answer).validate_json(response.content)
