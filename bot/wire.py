"""What Slack's refusals mean: wait and try again, or give up and tell a person what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError

from tocsin.errors import TocsinError


class Later(TocsinError):
    """Slack could not take it just now; the same call may work soon."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that Slack asked for; None: it did not say."""


class Refused(TocsinError):
    """Slack will not do it; ``mend`` says what a person can do about it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.mend = MENDS.get(
            code, "see what Slack means by it, then change the incident once more to try again"
        )
        super().__init__(f"Slack refused: {code}. {self.mend[:1].upper()}{self.mend[1:]}.")


_CREDENTIALS = "set TOCSIN_SLACK_BOT_TOKEN to the token of an installed app"
MENDS = {
    "restricted_action": "this workspace keeps apps from doing it: an admin allows it under Settings & "
    "permissions → Channel management; until then make the channel by hand and work there",
    "not_in_channel": "invite the bot there: `/invite @Tocsin`",
    "channel_not_found": "check the channel's name in tocsin.yaml (`announcements`) and invite the bot there",
    "is_archived": "unarchive the channel, or go on in another one",
    "missing_scope": "install the app again with the manifest that `tocsin slack manifest` prints",
    "name_taken": "rename one of the channels that hold the name",
    "no_announcements": "set `announcements` in tocsin.yaml to a channel and invite the bot there",
    "private_without_channel": "a private incident is shown nowhere else: look at it in the console",
    "user_not_found": "check the person's address in tocsin.yaml",
    "users_not_found": "check the person's address in tocsin.yaml",
    "invalid_auth": _CREDENTIALS,
    "not_authed": _CREDENTIALS,
    "account_inactive": _CREDENTIALS,
    "token_revoked": _CREDENTIALS,
    "expired_trigger_id": "Slack waits only three seconds for a window; press it again",
}
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


@contextmanager
def told(*fine: str) -> Iterator[None]:
    """Raise every failure of a call as Later or Refused; the codes in ``fine`` are no failure."""
    try:
        yield
    except SlackApiError as error:
        code, status = _code(error), _status(error)
        if code in fine:
            return
        if code in _PASSING or status == 429 or status >= 500:
            raise Later(f"Slack asks for patience ({code or status})", _wait(error)) from None
        raise Refused(code or f"HTTP {status}") from None
    except (TimeoutError, OSError, aiohttp.ClientError) as error:
        raise Later(f"Slack cannot be reached ({type(error).__name__})") from None


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _status(error: SlackApiError) -> int:
    # A body that is no JSON leaves aiohttp's own response in the error.
    return int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0))


def _wait(error: SlackApiError) -> float | None:
    headers = getattr(error.response, "headers", None) or {}
    asked = str(headers.get("Retry-After", ""))
    return float(asked) if asked.isdecimal() else None
