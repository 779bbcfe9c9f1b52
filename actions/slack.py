"""Post to Slack from a runbook."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

from pydantic import Field
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import SlackConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.trust import trusting

MAX_TEXT = 4000
"""Characters of a message; https://docs.slack.dev/reference/methods/chat.postMessage#truncating."""
LOOK_BACK = 100
"""Messages of a channel in which an earlier try of the same post is looked for."""
MAX_REPLIES = 999

_EVENT = "tocsin_effect"
_LOUD = re.compile(r"<!(?!date\^)")
_KINDS = {
    "channel_not_found": ErrorClass.MISSING,
    "thread_not_found": ErrorClass.MISSING,
    "message_not_found": ErrorClass.MISSING,
    "not_in_channel": ErrorClass.DENIED,
    "not_authed": ErrorClass.DENIED,
    "invalid_auth": ErrorClass.DENIED,
    "account_inactive": ErrorClass.DENIED,
    "token_revoked": ErrorClass.DENIED,
    "token_expired": ErrorClass.DENIED,
    "missing_scope": ErrorClass.DENIED,
    "no_permission": ErrorClass.DENIED,
    "restricted_action": ErrorClass.DENIED,
    "access_denied": ErrorClass.DENIED,
    "ratelimited": ErrorClass.THROTTLED,
    "rate_limited": ErrorClass.THROTTLED,
    "internal_error": ErrorClass.TRANSIENT,
    "fatal_error": ErrorClass.TRANSIENT,
    "service_unavailable": ErrorClass.TRANSIENT,
    "request_timeout": ErrorClass.TIMEOUT,
}


class Post(Frozen):
    """A message in Slack's mrkdwn; what would ping a whole channel is shown and does not ping."""

    connection: str = Field(default="slack:main", description="The workspace: slack:NAME of tocsin.yaml")
    channel: str = Field(pattern=r"^[CGD][A-Z0-9]{2,20}$", description="The channel's id, not its name")
    text: str = Field(min_length=1, max_length=400_000)
    thread_ts: str | None = Field(default=None, pattern=r"^\d{1,12}\.\d{1,8}$")


class Posted(Frozen):
    """The message."""

    channel: str
    ts: str
    posted: bool
    """False when an earlier try had posted it already."""


class PostMessage(Action[Post, Plan, Posted]):
    """Post a message to a channel, once per step however often it is tried."""

    name = "slack.post"
    risk = Risk.LOW
    effect = Effect.KEYED

    def resources(self, want: Post) -> list[str]:
        return []

    def permissions(self, want: Post) -> list[Permission]:
        kind = "groups" if want.channel.startswith("G") else "channels"
        scopes = ("chat:write", f"{kind}:read", f"{kind}:history")
        return [Permission(system="slack", verb=scope, resource=want.channel) for scope in scopes]

    def plan(self, want: Post) -> Plan:
        with _told(want):
            found = self._client(want).conversations_info(channel=want.channel)["channel"]
        name = f"#{found.get('name', want.channel)}"
        if found.get("is_archived") or not found.get("is_member", True):
            trouble = "is archived" if found.get("is_archived") else "does not have the bot as a member"
            raise ActionFailed(
                f"{name} {trouble}; nothing was posted. Invite the bot there or choose another channel.",
                ErrorClass.INVALID,
            )
        resource = f"{want.connection}/{want.channel}"
        change = Change(resource=resource, field="message", before=None, after=shown(want.text))
        return Plan(summary=f"Post to {name}", changes=(change,))

    def run(self, want: Post, plan: Plan, key: str) -> Posted:
        client = self._client(want)
        earlier = _earlier(client, want, key)
        if earlier is not None:
            return Posted(channel=want.channel, ts=earlier, posted=False)
        with _told(want):
            answer = client.chat_postMessage(
                channel=want.channel,
                text=shown(want.text),
                thread_ts=want.thread_ts,
                link_names=False,
                parse="none",
                metadata={"event_type": _EVENT, "event_payload": {"key": key}},
            )
        return Posted(channel=want.channel, ts=str(answer["ts"]), posted=True)

    def _client(self, want: Post) -> WebClient:
        connection = self.connections.get(want.connection, SlackConnection)
        return WebClient(
            token=connection.token.get_secret_value(),
            base_url=connection.api_url,
            timeout=15,
            ssl=trusting(self.connections.ca_bundle),
            retry_handlers=[],  # the conductor retries
        )


def shown(text: str) -> str:
    """Return ``text`` as it is posted: it pings no whole channel, and ends in time."""
    quiet = _LOUD.sub("&lt;!", text)
    if len(quiet) <= MAX_TEXT:
        return quiet
    lines = quiet.split("\n")
    room = MAX_TEXT - len("\n… 400000 more lines")
    fitting = sum(end <= room + 1 for end in accumulate(len(line) + 1 for line in lines))
    kept = "\n".join(lines[:fitting]) if fitting else quiet[:room]
    return f"{kept}\n… {len(lines) - fitting} more lines"


def _earlier(client: WebClient, want: Post, key: str) -> str | None:
    """Return the timestamp of the message that an earlier try of this step posted, or None."""
    with _told(want):
        if want.thread_ts is None:
            answer = client.conversations_history(
                channel=want.channel, limit=LOOK_BACK, include_all_metadata=True
            )
        else:
            answer = client.conversations_replies(
                channel=want.channel, ts=want.thread_ts, limit=MAX_REPLIES, include_all_metadata=True
            )
    return next((str(one["ts"]) for one in answer["messages"] if _key_of(one) == key), None)


def _key_of(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != _EVENT:
        return None
    return str(metadata.get("event_payload", {}).get("key"))


@contextmanager
def _told(want: Post) -> Iterator[None]:
    """Raise every failure of the client as ActionFailed."""
    try:
        yield
    except SlackApiError as error:
        raise _failure(want, error) from None
    except TimeoutError:
        raise ActionFailed(
            f"{want.connection} did not answer in 15 s; whether it was posted is not known.",
            ErrorClass.TIMEOUT,
        ) from None
    except (OSError, SlackClientError, json.JSONDecodeError) as error:
        raise ActionFailed(
            f"{want.connection} cannot be reached ({type(error).__name__}).", ErrorClass.TRANSIENT
        ) from None


def _failure(want: Post, error: SlackApiError) -> ActionFailed:
    status = getattr(error.response, "status_code", 0)
    code = str(error.response.get("error") or f"status {status}")
    usual = ErrorClass.THROTTLED if status == 429 else ErrorClass.INVALID
    kind = _KINDS.get(code, ErrorClass.TRANSIENT if status >= 500 else usual)
    wait = getattr(error.response, "headers", {}).get("Retry-After") if kind is ErrorClass.THROTTLED else None
    asked = f" It asks to wait {wait} s." if wait else ""
    return ActionFailed(
        f"{want.connection} answered {code} for channel {want.channel}; nothing was posted.{asked}", kind
    )
