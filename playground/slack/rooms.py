"""What people and apps do to channels."""

import re
from collections.abc import Sequence

from tocsin.playground.slack import posting, render
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.records import Channel, Note
from tocsin.playground.slack.workspace import Workspace

_NAME = re.compile(r"[a-z0-9_\-]+")


def check_name(workspace: Workspace, name: str) -> None:
    """Refuse a name that Slack would refuse; an archived channel still holds its name."""
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > 80:
        raise SlackError("invalid_name_maxlength")
    if not any(letter.isalnum() for letter in name):
        raise SlackError("invalid_name_punctuation")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name_specials")
    if workspace.channel_named(name) is not None:
        raise SlackError("name_taken")


def create(workspace: Workspace, name: str, by: str, *, private: bool = False) -> Channel:
    """Create a channel with its creator in it."""
    check_name(workspace, name)
    room = Channel(workspace.serial("C0A"), name, by, int(workspace.now()), is_private=private, members=[by])
    workspace.channels[room.id] = room
    event = {"id": room.id, "name": room.name, "creator": by, "created": room.created}
    if not private:
        workspace.emit({"type": "channel_created", "channel": event})
    _announce_join(workspace, room, by)
    return room


def open_direct(workspace: Workspace, members: Sequence[str]) -> tuple[Channel, bool]:
    """Find or make the direct conversation of exactly these users; True when it was there before."""
    wanted = set(members)
    for room in workspace.channels.values():
        if (room.is_im or room.is_mpim) and set(room.members) == wanted:
            return room, True
    group = len(wanted) > 2
    room = Channel(
        id=workspace.serial("G0A" if group else "D0A"),
        name="mpdm-" + "--".join(sorted(workspace.users[one].name for one in wanted)) if group else "",
        creator=members[0],
        created=int(workspace.now()),
        is_private=True,
        is_im=not group,
        is_mpim=group,
        members=list(dict.fromkeys(members)),
    )
    workspace.channels[room.id] = room
    workspace.touch()
    return room, False


def join(workspace: Workspace, room: Channel, user: str, inviter: str = "") -> None:
    """Put a user into a channel."""
    room.members.append(user)
    _announce_join(workspace, room, user, inviter)


def _announce_join(workspace: Workspace, room: Channel, user: str, inviter: str = "") -> None:
    event: dict[str, object] = {
        "type": "member_joined_channel",
        "user": user,
        "channel": room.id,
        "channel_type": "G" if room.is_private else "C",
        "team": workspace.settings.team_id,
    }
    if inviter:
        event["inviter"] = inviter
    workspace.emit(event, room)
    posting.announce(workspace, room, user, "channel_join", f"<@{user}> has joined the channel")


def leave(workspace: Workspace, room: Channel, user: str) -> None:
    """Take a user out of a channel."""
    kind = "G" if room.is_private else "C"
    event = {"type": "member_left_channel", "user": user, "channel": room.id, "channel_type": kind}
    workspace.emit({**event, "team": workspace.settings.team_id}, room)
    room.members.remove(user)
    posting.announce(workspace, room, user, "channel_leave", f"<@{user}> has left the channel")


def set_topic(workspace: Workspace, room: Channel, value: str, by: str) -> None:
    """Set the line at the top of the channel."""
    room.topic = Note(value, by, int(workspace.now()))
    posting.announce(workspace, room, by, "channel_topic", f"<@{by}> set the channel topic: {value}")


def set_purpose(workspace: Workspace, room: Channel, value: str, by: str) -> None:
    """Set the channel's description."""
    room.purpose = Note(value, by, int(workspace.now()))
    posting.announce(workspace, room, by, "channel_purpose", f"<@{by}> set the channel description: {value}")


def rename(workspace: Workspace, room: Channel, name: str, by: str) -> None:
    """Rename a channel; its old name becomes free."""
    check_name(workspace, name)
    old = room.name
    room.previous_names.insert(0, old)
    room.name = name
    summary = {"id": room.id, "name": name, "created": room.created}
    kind = "group_rename" if room.is_private else "channel_rename"
    workspace.emit({"type": kind, "channel": summary}, room)
    words = f'<@{by}> has renamed the channel from "{old}" to "{name}"'
    posting.announce(workspace, room, by, "channel_name", words)


def archive(workspace: Workspace, room: Channel, by: str) -> None:
    """Close a channel: nobody can post, and its name stays taken."""
    posting.announce(workspace, room, by, "channel_archive", f"<@{by}> archived the channel")
    room.is_archived = True
    kind = "group_archive" if room.is_private else "channel_archive"
    workspace.emit({"type": kind, "channel": room.id, "user": by}, room)


def unarchive(workspace: Workspace, room: Channel, by: str) -> None:
    """Open an archived channel again."""
    room.is_archived = False
    kind = "group_unarchive" if room.is_private else "channel_unarchive"
    workspace.emit({"type": kind, "channel": room.id, "user": by}, room)
    posting.announce(workspace, room, by, "channel_unarchive", f"<@{by}> un-archived the channel")


def summary(workspace: Workspace, room: Channel) -> dict[str, object]:
    """Render the channel with its members, as the practice page shows it."""
    pins = [{"ts": pin.ts, "by": pin.by, "at": pin.at} for pin in room.pins]
    return {**render.channel(workspace, room), "members": list(room.members), "pins": pins}
