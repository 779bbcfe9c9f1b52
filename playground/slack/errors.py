"""Slack's refusals, with Slack's own codes."""

from collections.abc import Sequence

from tocsin.playground.slack.shapes import Json


class SlackError(Exception):
    """A Web API call that Slack refuses: `{"ok": false, "error": code}` with HTTP 200."""

    def __init__(self, code: str, messages: Sequence[str] = (), extra: Json | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.messages = list(messages)
        self.extra = extra or {}

    def body(self) -> Json:
        """Render the refusal as Slack's JSON body."""
        body: Json = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["errors"] = self.messages
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body


class RateLimited(Exception):
    """A call that came too soon: HTTP 429 with Retry-After in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"ratelimited, retry after {retry_after} s")
        self.retry_after = retry_after


class NoSuchThing(Exception):
    """A practice request that names a message, element, view or person that is not there."""
