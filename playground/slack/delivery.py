"""Send the app what happens: signed HTTP requests, or Socket Mode envelopes when a socket is open.

Signing: https://docs.slack.dev/authentication/verifying-requests-from-slack.
Retries of events, at once, after a minute, after five: https://docs.slack.dev/apis/events-api/#retries.
"""

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

import httpx2

from tocsin.playground.slack.people import BOT
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.slack.sockets import Sockets
from tocsin.playground.slack.workspace import Workspace

Kind = Literal["events_api", "slash_commands", "interactive"]
_KEPT_DELIVERIES = 2000


@dataclass(frozen=True, slots=True)
class Retry:
    """Which repetition of an event this is (1, 2, 3), and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How the app acknowledged; status 0 and a reason when it did not."""

    status: int
    body: object = None
    reason: str = ""
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True)
class Delivered:
    """One event and what became of each attempt to deliver it."""

    envelope: Json
    attempts: list[Answer] = field(default_factory=list)


def sign(secret: str, timestamp: str, body: str) -> str:
    """Sign a request body, Slack's v0."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


class Delivery:
    """The way from the workspace to the app; owns the tasks of pending events until `cancel`."""

    def __init__(self, workspace: Workspace, sockets: Sockets, client: httpx2.AsyncClient) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()
        self.events: dict[str, Delivered] = {}

    def enqueue(self, event: Json) -> None:
        """Start delivering an event; returns at once."""
        delivered = Delivered(self._envelope(event))
        self.events[text(delivered.envelope, "event_id")] = delivered
        if len(self.events) > _KEPT_DELIVERIES:
            del self.events[next(iter(self.events))]
        task = asyncio.get_running_loop().create_task(self._deliver(delivered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _envelope(self, event: Json) -> Json:
        settings = self._workspace.settings
        authorization: Json = {
            "enterprise_id": None,
            "team_id": settings.team_id,
            "user_id": BOT.id,
            "is_bot": True,
        }
        return {
            "token": "practice",
            "team_id": settings.team_id,
            "context_team_id": settings.team_id,
            "api_app_id": settings.app_id,
            "event": {"event_ts": self._workspace.timestamp(), **event},
            "type": "event_callback",
            "event_id": self._workspace.serial("Ev0A"),
            "event_time": int(self._workspace.now()),
            "authorizations": [{**authorization, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": self._workspace.serial("EC0A"),
        }

    async def _deliver(self, delivered: Delivered) -> None:
        answer = await self.send("events_api", delivered.envelope)
        delivered.attempts.append(answer)
        for number, delay in enumerate(self._workspace.settings.retry_delays, start=1):
            if answer.ok or answer.no_retry:
                return
            await asyncio.sleep(delay)
            answer = await self.send("events_api", delivered.envelope, Retry(number, answer.reason))
            delivered.attempts.append(answer)

    async def redeliver(self, event_id: str, retry: Retry) -> Answer:
        """Send a known event once more. Raises KeyError when there is none of this id."""
        delivered = self.events[event_id]
        answer = await self.send("events_api", delivered.envelope, retry)
        delivered.attempts.append(answer)
        return answer

    async def send(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Answer:
        """Send one payload and wait for its acknowledgement, `ack_seconds` at most."""
        try:
            async with asyncio.timeout(self._workspace.settings.ack_seconds):
                if self._sockets.open:
                    return await self._send_by_socket(kind, payload, retry)
                return await self._send_by_http(kind, payload, retry)
        except TimeoutError:
            return Answer(0, reason="http_timeout")
        except (
            httpx2.TransportError,
            ConnectionError,
            RuntimeError,
        ):  # RuntimeError: Starlette's closed socket
            return Answer(0, reason="connection_failed")

    async def _send_by_socket(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
        }
        if kind == "events_api":
            envelope["retry_attempt"] = retry.number if retry else 0
            envelope["retry_reason"] = retry.reason if retry else ""
        return Answer(200, await self._sockets.open[-1].send(envelope))

    async def _send_by_http(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        body = _http_body(kind, payload)
        timestamp = str(int(self._workspace.now()))
        headers = {
            "Content-Type": "application/json"
            if kind == "events_api"
            else "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self._workspace.settings.signing_secret, timestamp, body),
        }
        if retry:
            headers["X-Slack-Retry-Num"] = str(retry.number)
            headers["X-Slack-Retry-Reason"] = retry.reason
        response = await self._client.post(
            self._workspace.settings.request_url, content=body.encode(), headers=headers
        )
        no_retry = response.headers.get("x-slack-no-retry") == "1"
        reason = "" if response.is_success else "http_error"
        return Answer(response.status_code, _parsed(response), reason, no_retry)

    async def cancel(self) -> None:
        """Give up on every event that still waits for a retry."""
        pending = list(self._tasks)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        self.events.clear()


def _http_body(kind: Kind, payload: Json) -> str:
    match kind:
        case "events_api":
            return json.dumps(payload)
        case "slash_commands":
            return urlencode({key: str(value) for key, value in payload.items()})
        case "interactive":
            return urlencode({"payload": json.dumps(payload)})


def _parsed(response: httpx2.Response) -> object:
    """Read a JSON body as JSON, any other as text, an empty one as None."""
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        try:
            return json.loads(response.text)
        except json.JSONDecodeError:
            return response.text
    return response.text
