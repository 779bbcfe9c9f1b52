"""A webhook endpoint that keeps what comes in, for the tests of the practice PagerDuty."""

import json
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass
class Received:
    """A webhook as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, JsonValue]:
        event: dict[str, JsonValue] = json.loads(self.body)["event"]
        return event


@dataclass
class Receiver:
    """A webhook endpoint that answers as told, 202 unless told otherwise."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    @property
    def types(self) -> list[JsonValue]:
        return [one.event["event_type"] for one in self.received]
