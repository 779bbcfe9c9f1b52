"""What people do to channels and messages by themselves, without the app."""

from tocsin.playground.slack import posting, rooms
from tocsin.playground.slack.errors import NoSuchThing, SlackError
from tocsin.playground.slack.records import Channel, Message, User
from tocsin.playground.slack.requests import Edit, Membership, PinMessage, React, Say, Target
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.whereabouts import message, person, room
from tocsin.playground.slack.wording import encode
from tocsin.playground.slack.workspace import Workspace


def _open_room(workspace: Workspace, where: str, user: User) -> Channel:
    found = room(workspace, where, user)
    if found.is_archived:
        raise SlackError("is_archived")
    if user.id not in found.members:
        raise SlackError("not_in_channel")
    return found


def say(workspace: Workspace, request: Say) -> Message:
    """Post a message as a person."""
    user = person(workspace, request.user)
    where = _open_room(workspace, request.channel, user)
    thread = message(where, request.thread_ts, user) if request.thread_ts else None
    said = Message(
        ts=workspace.timestamp(),
        channel=where.id,
        user=user.id,
        text=encode(workspace, request.text),
        thread_ts=(thread.thread_ts or thread.ts) if thread else "",
    )
    return posting.post(workspace, said)


def _own(workspace: Workspace, request: Edit | Target) -> Message:
    user = person(workspace, request.user)
    said = message(_open_room(workspace, request.channel, user), request.ts, user)
    if said.user != user.id or said.subtype:
        raise NoSuchThing(f"message {request.ts} is not {user.name}'s own")
    return said


def edit(workspace: Workspace, request: Edit) -> Message:
    """Change one's own message."""
    said = _own(workspace, request)
    posting.change(workspace, said, encode(workspace, request.text), [])
    return said


def delete(workspace: Workspace, request: Target) -> None:
    """Delete one's own message."""
    posting.remove(workspace, _own(workspace, request))


def react(workspace: Workspace, request: React) -> None:
    """Add a reaction or take it back."""
    user = person(workspace, request.user)
    said = message(_open_room(workspace, request.channel, user), request.ts, user)
    change = posting.unreact if request.remove else posting.react
    change(workspace, said, user.id, request.name.strip(":"))


def pin(workspace: Workspace, request: PinMessage) -> None:
    """Pin or unpin a message."""
    user = person(workspace, request.user)
    where = _open_room(workspace, request.channel, user)
    change = posting.unpin if request.remove else posting.pin
    change(workspace, where, message(where, request.ts, user), user.id)


def move(workspace: Workspace, request: Membership) -> Json:
    """Join or leave a channel."""
    user = person(workspace, request.user)
    where = room(workspace, request.channel, user)
    if request.leave and user.id in where.members:
        rooms.leave(workspace, where, user.id)
    elif not request.leave and user.id not in where.members:
        rooms.join(workspace, where, user.id)
    return {"members": list(where.members)}
