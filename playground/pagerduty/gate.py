"""The API's gate: planted faults, the token, the rate limit, and the ledger of what was accepted."""

import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tocsin.playground.pagerduty.errors import (
    AUTHENTICATION_FAILED,
    INTERNAL_ERROR,
    RATE_LIMIT_EXCEEDED,
    Refusal,
)
from tocsin.playground.pagerduty.naming import now, to_milliseconds

TOO_MANY_REQUESTS = 429
WINDOW_SECONDS = 60.0
EVENTS_PATH = "/v2/enqueue"
OPEN_PATHS = re.compile(r"/|/web/.*|/practice/.*")
CallNext = Callable[[Request], Awaitable[Response]]


class Fault(BaseModel):
    """A failure to answer with, the next `times` calls whose path matches.

    `moment="after"` lets the call take effect first: the caller sees a failure that was none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path_regex: str
    status: int = Field(ge=400, le=599)
    times: int = Field(default=1, ge=1)
    retry_after: int | None = None
    moment: Literal["before", "after"] = "before"


class Call(BaseModel):
    """A mutation that was accepted: it took effect, whatever the caller saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    method: str
    path: str
    status: int
    sender: str | None
    body: JsonValue


@dataclass
class Planted:
    """A fault, and how often it will still strike."""

    fault: Fault
    left: int

    def strikes(self, path: str, moment: str) -> bool:
        """Say whether a call to this path fails at this moment."""
        return self.left > 0 and self.fault.moment == moment and bool(re.search(self.fault.path_regex, path))


class RateLimit:
    """A window of a minute that lets so many requests through."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._used = 0
        self._ends = 0.0

    def spend(self) -> None:
        """Count a request. Raises Refusal 429 when the window is used up."""
        if time.monotonic() >= self._ends:
            self._used, self._ends = 0, time.monotonic() + WINDOW_SECONDS
        if self._used >= self.per_minute:
            raise Refusal(TOO_MANY_REQUESTS, RATE_LIMIT_EXCEEDED, "Rate Limit Exceeded")
        self._used += 1

    def headers(self) -> dict[str, str]:
        """Write the ratelimit-* headers (https://developer.pagerduty.com/docs/rest-api-rate-limits)."""
        return {
            "ratelimit-limit": str(self.per_minute),
            "ratelimit-remaining": str(self.per_minute - self._used),
            "ratelimit-reset": str(max(0, round(self._ends - time.monotonic()))),
        }


class Gate:
    """Stands before the REST and Events APIs; the page and the practice verbs are outside it."""

    def __init__(self, api_token: str, per_minute: int) -> None:
        self.calls: list[Call] = []
        self.rate_limit = RateLimit(per_minute)
        self._api_token = api_token
        self._planted: list[Planted] = []

    def plant(self, fault: Fault) -> None:
        """Arrange for calls to fail."""
        self._planted.append(Planted(fault, fault.times))

    def clear(self) -> None:
        """Forget the ledger, the faults and the used-up limit."""
        self.calls.clear()
        self._planted.clear()
        self.rate_limit = RateLimit(self.rate_limit.per_minute)

    async def admit(self, request: Request, call_next: CallNext) -> Response:
        """Pass a request on, or refuse it; enter accepted mutations in the ledger."""
        if OPEN_PATHS.fullmatch(request.url.path):
            return await call_next(request)
        if fault := self._next_fault(request, "before"):
            return _failure(fault)
        body = await request.body()
        response = await self._limited(request, call_next)
        if request.method != "GET" and response.status_code < 300:
            self.calls.append(_call(request, body, response.status_code))
            if fault := self._next_fault(request, "after"):
                return _failure(fault)
        return response

    async def _limited(self, request: Request, call_next: CallNext) -> Response:
        if request.url.path == EVENTS_PATH:
            return await call_next(request)
        try:
            self._authenticate(request)
            self.rate_limit.spend()
        except Refusal as refusal:
            response: Response = JSONResponse(refusal.body(), refusal.status)
        else:
            response = await call_next(request)
        response.headers.update(self.rate_limit.headers())
        return response

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        accepted = (f"Token token={self._api_token}", f"Bearer {self._api_token}")
        if not any(hmac.compare_digest(given.encode(), a.encode()) for a in accepted):
            raise Refusal(401, AUTHENTICATION_FAILED, "Authentication failed")

    def _next_fault(self, request: Request, moment: str) -> Fault | None:
        for planted in self._planted:
            if planted.strikes(request.url.path, moment):
                planted.left -= 1
                return planted.fault
        return None


def _failure(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    limited = fault.status == TOO_MANY_REQUESTS
    code, message = (
        (RATE_LIMIT_EXCEEDED, "Rate Limit Exceeded") if limited else (INTERNAL_ERROR, "Internal error")
    )
    refusal = Refusal(fault.status, code, message)
    return JSONResponse(refusal.body(), fault.status, headers)


def _call(request: Request, body: bytes, status: int) -> Call:
    return Call(
        at=to_milliseconds(now()),
        method=request.method,
        path=request.url.path,
        status=status,
        sender=request.headers.get("from"),
        body=json.loads(body) if body else None,
    )
