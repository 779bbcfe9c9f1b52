"""Call a web service beneath a connection's base URL."""

import json
import re
from typing import Literal, Self

import httpx2
from pydantic import ConfigDict, Field, JsonValue, field_validator, model_validator

from tocsin.actions.base import ANY, Action, Change, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.web import Web
from tocsin.connections import Connections, HttpConnection
from tocsin.egress import Incoming, Outgoing

MAX_TEXT = 64 * 1024
"""Characters of an answer that go into the output, and so into the log."""

_SAFE = ("GET", "HEAD")
_SHOWN = ("content-type", "date", "etag", "last-modified", "location", "retry-after", "x-request-id")
_OURS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "idempotency-key"}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")


class _WithJson(Frozen):
    """A model with a field that is called ``json`` outside, where pydantic has a method of that name."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    json_body: JsonValue = Field(default=None, alias="json")


class _Asked(Frozen):
    """Where a request goes, and what is success."""

    connection: str = Field(description="The service: http:NAME of tocsin.yaml")
    path: str = Field(default="/", max_length=2048, description="Beneath the connection's base URL")
    query: dict[str, str | int | float | bool] = {}
    headers: dict[str, str] = {}
    expect: tuple[int, ...] = Field(default=(), description="Statuses that are success; any 2xx when empty")

    @field_validator("headers")
    @classmethod
    def _plain(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in _OURS:
                raise ValueError(
                    f"the header {name[:80]!r} cannot be set here, or its value is not plain ASCII"
                )
        return headers

    def web(self, connections: Connections) -> Web:
        """Return the service."""
        return Web(connections, self.connection, HttpConnection)

    def line(self, url: str) -> str:
        """Return the URL with its query, as a plan shows it."""
        return f"{url}?{httpx2.QueryParams(self.query)}".rstrip("?")


class HttpRequest(_WithJson, _Asked):
    """One request; ``headers``, ``json`` and ``body`` may hold secrets and are never shown."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    body: str | None = Field(default=None, description="Sent as it is; give `json` or `body`, not both")

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.body is not None and self.json_body is not None:
            raise ValueError("give `json` or `body`, not both")
        return self


class HttpGet(_Asked):
    """One request that reads; ``headers`` may hold secrets and are never shown."""

    method: Literal["GET", "HEAD"] = "GET"


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
        return _rights(want, self.connections)

    def plan(self, want: HttpRequest) -> Plan:
        line = f"{want.method} {want.line(want.web(self.connections).reach(want.path))}"
        change = Change(resource=f"{want.connection}{want.path}", field="request", before=None, after=line)
        return Plan(summary=line, changes=(change,))

    def run(self, want: HttpRequest, plan: Plan, key: str) -> HttpAnswer:
        outgoing = Outgoing(want.method, want.path, want.query, _headers(want, key), _content(want))
        return _ask(want.web(self.connections), outgoing, want.expect)


class GetHttp(Action[HttpGet, Plan, HttpAnswer]):
    """Read one page of a connection's service; the service must not change anything on GET and HEAD."""

    name = "http.get"
    risk = Risk.READ
    effect = Effect.READ
    secret_fields = frozenset({"headers"})

    def permissions(self, want: HttpGet) -> list[Permission]:
        return _rights(want, self.connections)

    def plan(self, want: HttpGet) -> Plan:
        return Plan(summary=f"{want.method} {want.line(want.web(self.connections).reach(want.path))}")

    def run(self, want: HttpGet, plan: Plan, key: str) -> HttpAnswer:
        outgoing = Outgoing(want.method, want.path, want.query, want.headers)
        return _ask(want.web(self.connections), outgoing, want.expect)


def _rights(want: HttpGet | HttpRequest, connections: Connections) -> list[Permission]:
    path = f"/{ANY}" if want.path == ANY else want.path
    return [Permission(system="http", verb=want.method, resource=want.web(connections).url(path))]


def _ask(web: Web, outgoing: Outgoing, expect: tuple[int, ...]) -> HttpAnswer:
    got = web.send(outgoing)
    web.refuse_unexpected(outgoing, got, expect)
    return _answer(web, got)


def _headers(want: HttpRequest, key: str) -> dict[str, str]:
    headers = {"content-type": "application/json"} if want.json_body is not None else {}
    headers |= {name.lower(): value for name, value in want.headers.items()}
    if want.method not in _SAFE:
        headers["idempotency-key"] = key
    return headers


def _content(want: HttpRequest) -> bytes | None:
    if want.json_body is not None:
        return json.dumps(want.json_body).encode()
    return None if want.body is None else want.body.encode()


def _answer(web: Web, got: Incoming) -> HttpAnswer:
    text = web.masked(got.body.decode(errors="replace"))
    truncated = got.truncated or len(text) > MAX_TEXT
    return HttpAnswer(
        status=got.status,
        headers={name: web.masked(got.headers[name]) for name in _SHOWN if name in got.headers},
        json_body=None if truncated else web.json(got),
        text=text[:MAX_TEXT],
        truncated=truncated,
    )
