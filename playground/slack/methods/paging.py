"""Slack's cursors: opaque, base64, given in response_metadata.next_cursor."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.shapes import Json

T = TypeVar("T")


def page(call: Call, found: Sequence[T], default: int = 100, most: int = 1000) -> tuple[list[T], Json]:
    """Cut the asked-for page out of a list, with the metadata that leads to the next."""
    limit = min(call.number("limit", default) or default, most)
    start = _decode(call.text("cursor"))
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(found) else ""
    return list(found[start:end]), {"next_cursor": following}


def _decode(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, offset = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if word != "next" or not offset.isdigit():
        raise SlackError("invalid_cursor")
    return int(offset)
