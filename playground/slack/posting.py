"""What people and apps do to messages."""

from tocsin.playground.slack import render
from tocsin.playground.slack.blocks import elements_of
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.people import BOT
from tocsin.playground.slack.records import Channel, Message, Pin
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.slack.workspace import Workspace, find_message

_CHANNEL_TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def named_blocks(workspace: Workspace, blocks: list[Json]) -> list[Json]:
    """Give every block a block_id and every element an action_id, as Slack does where they are missing."""
    named: list[Json] = [
        {**block, "block_id": text(block, "block_id") or workspace.serial("blk")} for block in blocks
    ]
    for _, element in elements_of(named):
        element.setdefault("action_id", workspace.serial("act"))
    return named


def post(workspace: Workspace, message: Message) -> Message:
    """Put a message into its channel and tell the app, unless only one person can see it."""
    room = workspace.channels[message.channel]
    message.blocks = named_blocks(workspace, message.blocks)
    if message.is_reply:
        parent = find_message(room.messages, message.thread_ts)
        if parent is not None:
            parent.thread_ts = parent.ts
    room.messages.append(message)
    if message.ephemeral_to:
        workspace.touch()
        return message
    event = {**_location(room), **render.message(workspace, message), "event_ts": message.ts}
    workspace.emit(event, room)
    if f"<@{BOT.id}>" in message.text and not message.bot_id:
        workspace.emit({**event, "type": "app_mention"}, room)
    return message


def announce(workspace: Workspace, room: Channel, user: str, subtype: str, words: str) -> None:
    """Post one of Slack's own grey lines: someone joined, the topic changed."""
    if room.is_im or room.is_mpim:
        return
    post(workspace, Message(workspace.timestamp(), room.id, user, words, subtype=subtype))


def change(workspace: Workspace, message: Message, words: str, blocks: list[Json] | None) -> None:
    """Replace what a message says; blocks None keeps them."""
    room = workspace.channels[message.channel]
    before = render.message(workspace, message)
    message.text = words
    if blocks is not None:
        message.blocks = named_blocks(workspace, blocks)
    message.edited_ts = workspace.timestamp()
    event: Json = {
        **_location(room),
        "subtype": "message_changed",
        "hidden": True,
        "ts": message.edited_ts,
        "event_ts": message.edited_ts,
        "message": render.message(workspace, message),
        "previous_message": before,
    }
    _emit_unless_ephemeral(workspace, message, event)


def remove(workspace: Workspace, message: Message) -> None:
    """Delete a message, its pin with it."""
    room = workspace.channels[message.channel]
    before = render.message(workspace, message)
    room.messages.remove(message)
    room.pins = [pin for pin in room.pins if pin.ts != message.ts]
    now = workspace.timestamp()
    event: Json = {
        **_location(room),
        "subtype": "message_deleted",
        "hidden": True,
        "ts": now,
        "event_ts": now,
        "deleted_ts": message.ts,
        "previous_message": before,
    }
    _emit_unless_ephemeral(workspace, message, event)


def react(workspace: Workspace, message: Message, user: str, name: str) -> None:
    """Add a reaction; refuses with already_reacted."""
    users = message.reactions.get(name, [])
    if user in users:
        raise SlackError("already_reacted")
    message.reactions[name] = [*users, user]
    _emit_reaction(workspace, message, user, name, "reaction_added")


def unreact(workspace: Workspace, message: Message, user: str, name: str) -> None:
    """Take a reaction back; refuses with no_reaction."""
    users = message.reactions.get(name, [])
    if user not in users:
        raise SlackError("no_reaction")
    message.reactions[name] = [one for one in users if one != user]
    if not message.reactions[name]:
        del message.reactions[name]
    _emit_reaction(workspace, message, user, name, "reaction_removed")


def pin(workspace: Workspace, room: Channel, message: Message, by: str) -> None:
    """Pin a message; refuses with already_pinned."""
    if any(one.ts == message.ts for one in room.pins):
        raise SlackError("already_pinned")
    room.pins.append(Pin(message.ts, by, int(workspace.now())))
    _emit_pin(workspace, room, message, by, "pin_added")


def unpin(workspace: Workspace, room: Channel, message: Message, by: str) -> None:
    """Unpin a message; refuses with no_pin."""
    kept = [one for one in room.pins if one.ts != message.ts]
    if len(kept) == len(room.pins):
        raise SlackError("no_pin")
    room.pins = kept
    _emit_pin(workspace, room, message, by, "pin_removed")


def _location(room: Channel) -> Json:
    return {"type": "message", "channel": room.id, "channel_type": _CHANNEL_TYPES[room.kind]}


def _emit_unless_ephemeral(workspace: Workspace, message: Message, event: Json) -> None:
    if message.ephemeral_to:
        workspace.touch()
    else:
        workspace.emit(event, workspace.channels[message.channel])


def _emit_reaction(workspace: Workspace, message: Message, user: str, name: str, kind: str) -> None:
    event: Json = {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": workspace.timestamp(),
    }
    workspace.emit(event, workspace.channels[message.channel])


def _emit_pin(workspace: Workspace, room: Channel, message: Message, by: str, kind: str) -> None:
    event: Json = {
        "type": kind,
        "user": by,
        "channel_id": room.id,
        "item": pinned_item(workspace, room, message, by),
        "item_user": message.user,
        "pin_count": len(room.pins),
        "event_ts": workspace.timestamp(),
    }
    workspace.emit(event, room)


def pinned_item(workspace: Workspace, room: Channel, message: Message, by: str) -> Json:
    """Render a pinned message as pins.list and the pin events do."""
    return {
        "type": "message",
        "channel": room.id,
        "created": int(workspace.now()),
        "created_by": by,
        "message": {**render.message(workspace, message), "permalink": workspace.permalink(message)},
    }
