"""Texts that other people wrote, made plain: nothing in them is markup any more."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Annotated

from pydantic import AfterValidator, JsonValue

_INVISIBLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the reading direction around."""
_MRKDWN = re.compile(r"<([@#!]?)([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")
"""https://docs.slack.dev/messaging/formatting-message-text: ``<@U1>``, ``<#C1|name>``, ``<url|label>``."""


def tidy(text: str) -> str:
    """Return ``text`` without characters that nobody can see."""
    return text if text.isprintable() else _INVISIBLE.sub("", text)


def one_line(text: str, longest: int | None = None) -> str:
    """Return ``text`` on one line, cut after ``longest`` characters."""
    line = " ".join(tidy(text).split())
    return line if longest is None or len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def plain(mrkdwn: str, name_of: Callable[[str], str]) -> str:
    """Return Slack's message text as people read it; ``name_of`` knows the names behind user ids."""
    if "<" not in mrkdwn and "&" not in mrkdwn:
        return mrkdwn

    def read(found: re.Match[str]) -> str:
        sign, target, label = found[1], found[2], found[3]
        if sign == "@":
            return f"@{label or name_of(target)}"
        if sign == "#":
            return f"#{label or target}"
        if sign == "!":
            return label or f"@{target}"
        address = target.removeprefix("mailto:")
        return address if label in (None, "", address) else f"{label} ({address})"

    return unescape(_MRKDWN.sub(read, mrkdwn))


def compact(value: JsonValue) -> str:
    """Return a JSON value as one reads it: a text without quotes, ``nothing`` for null."""
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def sentence_case(text: str) -> str:
    """Return ``text`` with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def _web_only(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


WebUrl = Annotated[str, AfterValidator(_web_only)]
"""An address that is safe to click on; any other scheme becomes an empty text."""
