"""Call a web service beneath a connection's base URL."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Self

import httpx2
from pydantic import ConfigDict, Field, JsonValue, model_validator

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import HttpConnection
from tocsin.egress import Egress, EgressRefused, Incoming, Outgoing
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import MASK

MAX_TEXT = 64 * 1024
"""Characters of an answer that go into the output, and so into the log."""

_SAFE = ("GET", "HEAD")
_SHOWN = ("content-type", "date", "etag", "last-modified", "location", "retry-after", "x-request-id")
_OURS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "idempotency-key"}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_KINDS = {
    401: ErrorClass.DENIED,
    403: ErrorClass.DENIED,
    404: ErrorClass.MISSING,
    408: ErrorClass.TIMEOUT,
    409: ErrorClass.CONFLICT,
    410: ErrorClass.MISSING,
    412: ErrorClass.CONFLICT,
    425: ErrorClass.TRANSIENT,
    429: ErrorClass.THROTTLED,
    504: ErrorClass.TIMEOUT,
}


class _WithJson(Frozen):
    """A model with a field that is called ``json`` outside, where pydantic has a method of that name."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    json_body: JsonValue = Field(default=None, alias="json")


class HttpRequest(_WithJson):
    """One request; ``headers``, ``json`` and ``body`` may hold secrets and are never shown."""

    connection: str = Field(description="The service: http:NAME of tocsin.yaml")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str = Field(default="/", max_length=2048, description="Beneath the connection's base URL")
    query: dict[str, str | int | float | bool] = {}
    headers: dict[str, str] = {}
    body: str | None = Field(default=None, description="Sent as it is; give `json` or `body`, not both")
    expect: tuple[int, ...] = Field(default=(), description="Statuses that are success; any 2xx when empty")

    @model_validator(mode="after")
    def _one_body_and_plain_headers(self) -> Self:
        if self.body is not None and self.json_body is not None:
            raise ValueError("give `json` or `body`, not both")
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in _OURS:
                raise ValueError(
                    f"the header {name[:80]!r} cannot be set here, or its value is not plain ASCII"
                )
        return self


class HttpAnswer(_WithJson):
    """The answer; secrets of the connection that it repeats are masked."""

    status: int
    headers: dict[str, str]
    """Only those that say something about the content."""
    text: str
    truncated: bool
    """Whether ``text`` is only the beginning; ``json`` is empty then."""


class CallHttp(Action[HttpRequest, Plan, HttpAnswer]):
    """Send one HTTP request to a connection's service; changing methods carry an Idempotency-Key."""

    name = "http.request"
    risk = Risk.LOW
    effect = Effect.KEYED
    secret_fields = frozenset({"headers", "json", "body"})

    def resources(self, want: HttpRequest) -> list[str]:
        return [] if want.method in _SAFE else [f"{want.connection}{want.path}"]

    def permissions(self, want: HttpRequest) -> list[Permission]:
        with _told(want):
            url = self._egress(want).url(want.path)
        return [Permission(system="http", verb=want.method, resource=url)]

    def plan(self, want: HttpRequest) -> Plan:
        with _told(want):
            egress = self._egress(want)
            url = egress.url(want.path)
            egress.addresses()
        line = f"{want.method} {url}?{httpx2.QueryParams(want.query)}".rstrip("?")
        change = Change(resource=f"{want.connection}{want.path}", field="request", before=None, after=line)
        return Plan(summary=line, changes=(change,))

    def run(self, want: HttpRequest, plan: Plan, key: str) -> HttpAnswer:
        connection = self.connections.get(want.connection, HttpConnection)
        own = {name: value.get_secret_value() for name, value in connection.headers.items()}
        outgoing = Outgoing(want.method, want.path, want.query, _headers(want, own, key), _content(want))
        with _told(want):
            incoming = self._egress(want).send(outgoing)
        _refuse_unexpected(want, incoming)
        return _answer(incoming, own)

    def _egress(self, want: HttpRequest) -> Egress:
        connection = self.connections.get(want.connection, HttpConnection)
        private, ca_bundle = connection.allow_private, self.connections.ca_bundle
        return Egress(connection.base_url, allow_private=private, ca_bundle=ca_bundle)


def _headers(want: HttpRequest, own: dict[str, str], key: str) -> dict[str, str]:
    """Return the headers to send; the connection's own win over the runbook's."""
    headers = {name.lower(): value for name, value in want.headers.items()}
    headers |= {name.lower(): value for name, value in own.items()}
    if want.json_body is not None:
        headers.setdefault("content-type", "application/json")
    if want.method not in _SAFE:
        headers["idempotency-key"] = key
    return headers


def _content(want: HttpRequest) -> bytes | None:
    if want.json_body is not None:
        return json.dumps(want.json_body).encode()
    return None if want.body is None else want.body.encode()


def _refuse_unexpected(want: HttpRequest, incoming: Incoming) -> None:
    status = incoming.status
    if status in want.expect or (not want.expect and 200 <= status < 300):
        return
    kind = _KINDS.get(status, ErrorClass.TRANSIENT if status >= 500 else ErrorClass.INVALID)
    expected = " or ".join(map(str, want.expect)) or "2xx"
    wait = incoming.headers.get("retry-after")
    asked = f" It asks to wait {wait[:40]}." if wait and kind is ErrorClass.THROTTLED else ""
    raise ActionFailed(
        f"{want.method} {want.connection}{want.path} answered {status}, not {expected}.{asked}", kind
    )


def _answer(incoming: Incoming, own: dict[str, str]) -> HttpAnswer:
    text = _masked(incoming.body.decode(errors="replace"), own)
    truncated = incoming.truncated or len(text) > MAX_TEXT
    headers = {name: _masked(incoming.headers[name], own) for name in _SHOWN if name in incoming.headers}
    return HttpAnswer(
        status=incoming.status,
        headers=headers,
        json_body=None if truncated else _json(text, headers),
        text=text[:MAX_TEXT],
        truncated=truncated,
    )


def _json(text: str, headers: dict[str, str]) -> JsonValue:
    if "json" not in headers.get("content-type", ""):
        return None
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed


def _masked(text: str, own: dict[str, str]) -> str:
    """Return ``text`` without the connection's headers, should the service repeat them."""
    words = {word for value in own.values() for word in (value, *value.split()) if len(word) >= 6}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, MASK)
    return text


@contextmanager
def _told(want: HttpRequest) -> Iterator[None]:
    """Raise every failure of the guard and the network as ActionFailed."""
    try:
        yield
    except EgressRefused as error:
        raise ActionFailed(f"{want.connection}: {error}", ErrorClass.INVALID) from None
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise ActionFailed(
            f"{want.connection} cannot be reached ({error}); nothing was sent.", ErrorClass.TRANSIENT
        ) from None
    except httpx2.TimeoutException:
        raise ActionFailed(
            f"{want.connection} did not answer in time; whether it happened is not known.", ErrorClass.TIMEOUT
        ) from None
    except httpx2.TransportError as error:
        raise ActionFailed(
            f"the connection to {want.connection} broke ({type(error).__name__});"
            " whether it happened is not known.",
            ErrorClass.TRANSIENT,
        ) from None
