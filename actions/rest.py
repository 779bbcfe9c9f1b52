"""A web service that speaks JSON, beneath a connection's base URL, through the egress guard."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from tocsin.connections import Connections, HttpConnection
from tocsin.egress import Egress, EgressRefused, Incoming, Outgoing
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import MASK, redact_text

MAX_SAID = 300
"""Characters of a service's own words that an error repeats."""

_KINDS = {
    401: ErrorClass.DENIED,
    403: ErrorClass.DENIED,
    404: ErrorClass.MISSING,
    408: ErrorClass.TIMEOUT,
    409: ErrorClass.CONFLICT,
    412: ErrorClass.CONFLICT,
    429: ErrorClass.THROTTLED,
    504: ErrorClass.TIMEOUT,
}
AnswerT = TypeVar("AnswerT", bound="Answered")


class Answered(BaseModel):
    """Base of what is read of an answer; the rest of it is overlooked."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True)
class Asking:
    """A request that carries JSON."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None
    content_type: str = "application/json"


class Rest:
    """The service of one connection."""

    def __init__(
        self, connections: Connections, name: str, kinds: Mapping[int, ErrorClass] | None = None
    ) -> None:
        """Raise ActionFailed when there is no such connection; ``kinds`` adds to what statuses mean."""
        connection = connections.get(name, HttpConnection)
        self._name = name
        self._own = {key: value.get_secret_value() for key, value in connection.headers.items()}
        self._kinds = {**_KINDS, **(kinds or {})}
        with self._told():
            self._egress = Egress(
                connection.base_url,
                allow_private=connection.allow_private,
                ca_bundle=connections.ca_bundle,
            )

    def ask(self, asking: Asking, answer: type[AnswerT]) -> AnswerT:
        """Send a request and read its answer. Raises ActionFailed and nothing else."""
        content = None if asking.body is None else json.dumps(asking.body).encode()
        typed = {} if content is None else {"content-type": asking.content_type}
        headers = {**self._own, "accept": "application/json", **typed}
        with self._told():
            outgoing = Outgoing(asking.method, asking.path, asking.query, headers, content)
            incoming = self._egress.send(outgoing)
        if not 200 <= incoming.status < 300:
            raise self._refusal(asking, incoming)
        try:
            return answer.model_validate_json(incoming.body)
        except ValidationError:
            raise self._unreadable(asking, incoming) from None

    def failure(self, said: str, kind: ErrorClass) -> ActionFailed:
        """Return a failure in the service's own words, without our secrets."""
        return ActionFailed(f"{self._name} answered: {self._masked(said)}", kind)

    def _refusal(self, asking: Asking, incoming: Incoming) -> ActionFailed:
        said = self._masked(_said(incoming.body)) or "no words"
        wait = incoming.headers.get("retry-after")
        asked = f" It asks to wait {wait[:40]}." if wait else ""
        return ActionFailed(
            f"{asking.method} {self._name}{asking.path} answered {incoming.status}: {said}.{asked}",
            self._kind(incoming),
        )

    def _kind(self, incoming: Incoming) -> ErrorClass:
        spent = "retry-after" in incoming.headers or incoming.headers.get("x-ratelimit-remaining") == "0"
        if incoming.status == 403 and spent:  # as GitHub throttles
            return ErrorClass.THROTTLED
        usual = ErrorClass.TRANSIENT if incoming.status >= 500 else ErrorClass.INVALID
        return self._kinds.get(incoming.status, usual)

    def _unreadable(self, asking: Asking, incoming: Incoming) -> ActionFailed:
        why = "more than can be read" if incoming.truncated else "something else than its API says"
        return ActionFailed(
            f"{asking.method} {self._name}{asking.path} answered {why}. Check the connection's base URL.",
            ErrorClass.INVALID,
        )

    def _masked(self, text: str) -> str:
        words = {word for value in self._own.values() for word in (value, *value.split()) if len(word) >= 6}
        for word in sorted(words, key=len, reverse=True):
            text = text.replace(word, MASK)
        return redact_text(text)[:MAX_SAID]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise every failure of the guard and the network as ActionFailed."""
        try:
            yield
        except EgressRefused as error:
            raise ActionFailed(f"{self._name}: {error}", ErrorClass.INVALID) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise ActionFailed(
                f"{self._name} cannot be reached ({error}); nothing was sent.", ErrorClass.TRANSIENT
            ) from None
        except httpx2.TimeoutException:
            raise ActionFailed(
                f"{self._name} did not answer in time; whether it happened is not known.", ErrorClass.TIMEOUT
            ) from None
        except httpx2.TransportError as error:
            raise ActionFailed(
                f"the connection to {self._name} broke ({type(error).__name__});"
                " whether it happened is not known.",
                ErrorClass.TRANSIENT,
            ) from None


def _said(body: bytes) -> str:
    """Return the message of an error in JSON; empty when it has none."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(parsed.get("message") or parsed.get("error") or "") if isinstance(parsed, dict) else ""
