"""conversations.* that make and change channels."""

from tocsin.playground.slack import render, rooms
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.methods.paging import page
from tocsin.playground.slack.people import BOT
from tocsin.playground.slack.records import Channel
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace

_LONGEST_NOTE = 250


def seen_channel(workspace: Workspace, call: Call) -> Channel:
    """Find the channel named by `channel`; one the bot may not see is channel_not_found."""
    room = workspace.channel(call.need("channel"))
    if not workspace.bot_sees(room):
        raise SlackError("channel_not_found")
    return room


def joined_channel(workspace: Workspace, call: Call) -> Channel:
    """Find an open channel that the bot is in."""
    room = seen_channel(workspace, call)
    if BOT.id not in room.members:
        raise SlackError("not_in_channel")
    if room.is_archived:
        raise SlackError("is_archived")
    return room


def _shown(workspace: Workspace, room: Channel) -> Json:
    return {"channel": render.channel(workspace, room)}


def create(workspace: Workspace, call: Call) -> Json:
    """Create a channel; the bot is its creator and first member."""
    room = rooms.create(workspace, call.text("name"), BOT.id, private=call.flag("is_private"))
    return _shown(workspace, room)


def invite(workspace: Workspace, call: Call) -> Json:
    """Invite users; without `force` one refusal refuses all."""
    room = joined_channel(workspace, call)
    users = call.names("users")
    if not users:
        raise SlackError("no_user")
    refused: list[Json] = []
    for user in users:
        refusal = _invite_refusal(workspace, room, user)
        if refusal:
            refused.append({"user": user, "ok": False, "error": refusal})
    if refused and not (call.flag("force") and len(refused) < len(users)):
        raise SlackError(str(refused[0]["error"]), extra={"errors": refused})
    unwanted = {one["user"] for one in refused}
    for user in users:
        if user not in unwanted:
            rooms.join(workspace, room, user, inviter=BOT.id)
    return _shown(workspace, room)


def _invite_refusal(workspace: Workspace, room: Channel, user: str) -> str:
    if user == BOT.id:
        return "cant_invite_self"
    if user not in workspace.users:
        return "user_not_found"
    return "already_in_channel" if user in room.members else ""


def join(workspace: Workspace, call: Call) -> Json:
    """Let the bot into a public channel; being there already is a warning."""
    room = seen_channel(workspace, call)
    if room.is_archived:
        raise SlackError("is_archived")
    if room.kind != "public_channel":
        raise SlackError("method_not_supported_for_channel_type")
    if BOT.id in room.members:
        warnings = {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
        return {**_shown(workspace, room), **warnings}
    rooms.join(workspace, room, BOT.id)
    return _shown(workspace, room)


def leave(workspace: Workspace, call: Call) -> Json:
    """Take the bot out of a channel."""
    room = seen_channel(workspace, call)
    if room.is_general:
        raise SlackError("cant_leave_general")
    if BOT.id not in room.members:
        return {"not_in_channel": True}
    rooms.leave(workspace, room, BOT.id)
    return {}


def kick(workspace: Workspace, call: Call) -> Json:
    """Remove somebody from a channel."""
    room = joined_channel(workspace, call)
    user = workspace.user(call.need("user")).id
    if user == BOT.id:
        raise SlackError("cant_kick_self")
    if room.is_general:
        raise SlackError("cant_kick_from_general")
    if user not in room.members:
        raise SlackError("not_in_channel")
    rooms.leave(workspace, room, user)
    return {}


def set_topic(workspace: Workspace, call: Call) -> Json:
    """Set the topic, at most 250 characters."""
    room = joined_channel(workspace, call)
    if len(call.text("topic")) > _LONGEST_NOTE:
        raise SlackError("too_long")
    if room.topic.value != call.text("topic"):
        rooms.set_topic(workspace, room, call.text("topic"), BOT.id)
    return {**_shown(workspace, room), "topic": room.topic.value}


def set_purpose(workspace: Workspace, call: Call) -> Json:
    """Set the description, at most 250 characters."""
    room = joined_channel(workspace, call)
    if len(call.text("purpose")) > _LONGEST_NOTE:
        raise SlackError("too_long")
    if room.purpose.value != call.text("purpose"):
        rooms.set_purpose(workspace, room, call.text("purpose"), BOT.id)
    return {**_shown(workspace, room), "purpose": room.purpose.value}


def rename(workspace: Workspace, call: Call) -> Json:
    """Rename a channel; a bot may rename only what it created."""
    room = joined_channel(workspace, call)
    if room.creator != BOT.id:
        raise SlackError("not_authorized")
    rooms.rename(workspace, room, call.text("name"), BOT.id)
    return _shown(workspace, room)


def archive(workspace: Workspace, call: Call) -> Json:
    """Archive a channel that the bot is in."""
    room = seen_channel(workspace, call)
    if room.is_archived:
        raise SlackError("already_archived")
    if room.is_general:
        raise SlackError("cant_archive_general")
    if room.is_im or room.is_mpim:
        raise SlackError("method_not_supported_for_channel_type")
    if BOT.id not in room.members:
        raise SlackError("not_in_channel")
    rooms.archive(workspace, room, BOT.id)
    return {}


def unarchive(workspace: Workspace, call: Call) -> Json:
    """Open an archived channel again."""
    room = seen_channel(workspace, call)
    if not room.is_archived:
        raise SlackError("not_archived")
    rooms.unarchive(workspace, room, BOT.id)
    return {}


def open_direct(workspace: Workspace, call: Call) -> Json:
    """Open the direct conversation with one or more users."""
    if call.text("channel"):
        return _shown(workspace, seen_channel(workspace, call))
    users = call.names("users")
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 8:
        raise SlackError("too_many_users")
    members = [BOT.id, *(workspace.user(one).id for one in users)]
    room, known = rooms.open_direct(workspace, members)
    shown = render.channel(workspace, room) if call.flag("return_im") else {"id": room.id}
    return {"channel": shown, "no_op": known, "already_open": known}


def info(workspace: Workspace, call: Call) -> Json:
    """Describe a channel."""
    return _shown(workspace, seen_channel(workspace, call))


def list_all(workspace: Workspace, call: Call) -> Json:
    """List channels of the asked types, public ones when none is asked."""
    kinds = call.names("types") or ["public_channel"]
    if not set(kinds) <= {"public_channel", "private_channel", "im", "mpim"}:
        raise SlackError("invalid_types")
    found = [room for room in workspace.channels.values() if room.kind in kinds and workspace.bot_sees(room)]
    if call.flag("exclude_archived"):
        found = [room for room in found if not room.is_archived]
    shown, metadata = page(call, found)
    return {"channels": [render.channel(workspace, room) for room in shown], "response_metadata": metadata}


def members(workspace: Workspace, call: Call) -> Json:
    """List who is in a channel."""
    found, metadata = page(call, seen_channel(workspace, call).members)
    return {"members": found, "response_metadata": metadata}
