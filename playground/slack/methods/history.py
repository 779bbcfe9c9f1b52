"""conversations.history and conversations.replies."""

from tocsin.playground.slack import render
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.methods.channels import seen_channel
from tocsin.playground.slack.methods.paging import page
from tocsin.playground.slack.people import BOT
from tocsin.playground.slack.records import Channel, Message
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace, find_message


def history(workspace: Workspace, call: Call) -> Json:
    """List a channel's messages, newest first, without the replies inside threads."""
    room = _readable(workspace, call)
    found = [one for one in room.messages if not one.is_reply or one.broadcast]
    shown, metadata = page(call, _between(call, found)[::-1])
    return _answer(workspace, call, shown, metadata) | {"pin_count": len(room.pins)}


def replies(workspace: Workspace, call: Call) -> Json:
    """List a thread, oldest first, its parent first of all."""
    room = _readable(workspace, call)
    asked = find_message(room.messages, call.need("ts"))
    if asked is None or asked.ephemeral_to:
        raise SlackError("thread_not_found")
    parent = asked.thread_ts or asked.ts
    thread = [one for one in room.messages if one.ts == parent or one.thread_ts == parent]
    shown, metadata = page(call, _between(call, thread))
    return _answer(workspace, call, shown, metadata)


def _readable(workspace: Workspace, call: Call) -> Channel:
    room = seen_channel(workspace, call)
    if BOT.id not in room.members:
        raise SlackError("not_in_channel")
    return room


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = call.text("oldest", "0"), call.text("latest")
    inclusive = call.flag("inclusive")
    return [
        one
        for one in messages
        if not one.ephemeral_to
        and _in_range(float(one.ts), float(oldest or 0), float(latest or "inf"), inclusive)
    ]


def _in_range(ts: float, oldest: float, latest: float, inclusive: bool) -> bool:
    return oldest <= ts <= latest if inclusive else oldest < ts < latest


def _answer(workspace: Workspace, call: Call, shown: list[Message], metadata: Json) -> Json:
    wanted = call.flag("include_all_metadata")
    return {
        "messages": [render.message(workspace, one, metadata=wanted) for one in shown],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }
