"""reactions.*, pins.*, bookmarks.*: what is stuck onto messages and channels."""

from tocsin.playground.slack import posting, render
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.methods.channels import joined_channel, seen_channel
from tocsin.playground.slack.people import BOT
from tocsin.playground.slack.records import Channel, Message
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace

_BOOKMARK_LIMIT = 100


def _target(workspace: Workspace, call: Call) -> tuple[Channel, Message]:
    room = joined_channel(workspace, call)
    if not call.text("timestamp"):
        raise SlackError("no_item_specified")
    return room, workspace.message(room, call.text("timestamp"))


def _emoji(call: Call) -> str:
    name = call.text("name").strip(":")
    if not name or not all(letter.isalnum() or letter in "_-+:'" for letter in name):
        raise SlackError("invalid_name")
    return name


def reactions_add(workspace: Workspace, call: Call) -> Json:
    """React to a message as the bot."""
    _, message = _target(workspace, call)
    posting.react(workspace, message, BOT.id, _emoji(call))
    return {}


def reactions_remove(workspace: Workspace, call: Call) -> Json:
    """Take the bot's reaction back."""
    _, message = _target(workspace, call)
    posting.unreact(workspace, message, BOT.id, _emoji(call))
    return {}


def reactions_get(workspace: Workspace, call: Call) -> Json:
    """Show a message with its reactions."""
    room, message = _target(workspace, call)
    return {"type": "message", "channel": room.id, "message": render.message(workspace, message)}


def pins_add(workspace: Workspace, call: Call) -> Json:
    """Pin a message."""
    room, message = _target(workspace, call)
    posting.pin(workspace, room, message, BOT.id)
    return {}


def pins_remove(workspace: Workspace, call: Call) -> Json:
    """Unpin a message."""
    room, message = _target(workspace, call)
    posting.unpin(workspace, room, message, BOT.id)
    return {}


def pins_list(workspace: Workspace, call: Call) -> Json:
    """List a channel's pinned messages, the newest pin first."""
    room = seen_channel(workspace, call)
    found = [
        posting.pinned_item(workspace, room, workspace.message(room, pin.ts), pin.by) for pin in room.pins
    ]
    return {"items": found[::-1]}


def bookmarks_add(workspace: Workspace, call: Call) -> Json:
    """Put a link on top of a channel."""
    room = joined_channel(workspace, _as_channel(call))
    if len(room.bookmarks) >= _BOOKMARK_LIMIT:
        raise SlackError("too_many_bookmarks")
    if call.need("type") != "link":
        raise SlackError("invalid_bookmark_type")
    link = call.text("link")
    if not link.startswith(("http://", "https://")):
        raise SlackError("invalid_link")
    now = int(workspace.now())
    bookmark: Json = {
        "id": workspace.serial("Bk0A"),
        "channel_id": room.id,
        "title": call.need("title"),
        "link": link,
        "emoji": call.text("emoji"),
        "icon_url": "",
        "type": "link",
        "entity_id": None,
        "date_created": now,
        "date_updated": now,
        "last_updated_by_user_id": BOT.id,
        "app_id": workspace.settings.app_id,
    }
    room.bookmarks.append(bookmark)
    workspace.touch()
    return {"bookmark": bookmark}


def _as_channel(call: Call) -> Call:
    """Read bookmarks' `channel_id` where every other family says `channel`."""
    return Call(call.method, {**call.args, "channel": call.text("channel_id")})


def _bookmark(workspace: Workspace, call: Call) -> tuple[Channel, Json]:
    room = joined_channel(workspace, _as_channel(call))
    for bookmark in room.bookmarks:
        if bookmark["id"] == call.need("bookmark_id"):
            return room, bookmark
    raise SlackError("not_found")


def bookmarks_edit(workspace: Workspace, call: Call) -> Json:
    """Change a link on top of a channel."""
    _, bookmark = _bookmark(workspace, call)
    changes: Json = {key: call.text(key) for key in ("title", "link", "emoji") if key in call.args}
    bookmark.update({**changes, "date_updated": int(workspace.now())})
    workspace.touch()
    return {"bookmark": bookmark}


def bookmarks_remove(workspace: Workspace, call: Call) -> Json:
    """Take a link off a channel."""
    room, bookmark = _bookmark(workspace, call)
    room.bookmarks.remove(bookmark)
    workspace.touch()
    return {}


def bookmarks_list(workspace: Workspace, call: Call) -> Json:
    """List a channel's links."""
    return {"bookmarks": list(seen_channel(workspace, _as_channel(call)).bookmarks)}
