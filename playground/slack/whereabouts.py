"""Find what a practice request names; whatever is not there is a NoSuchThing."""

from tocsin.playground.slack import rooms
from tocsin.playground.slack.errors import NoSuchThing
from tocsin.playground.slack.records import Channel, Message, User, View
from tocsin.playground.slack.workspace import Workspace, find_message


def person(workspace: Workspace, who: str) -> User:
    """Find a user by id or name."""
    wanted = who.removeprefix("@")
    for user in workspace.users.values():
        if wanted in (user.id, user.name):
            return user
    raise NoSuchThing(
        f"nobody is called {who!r}; there are {', '.join(u.name for u in workspace.users.values())}"
    )


def room(workspace: Workspace, where: str, user: User) -> Channel:
    """Find a channel by id or name; "@name" opens the direct conversation with that name."""
    if where.startswith("@"):
        return rooms.open_direct(workspace, [user.id, person(workspace, where).id])[0]
    found = workspace.channels.get(where) or workspace.channel_named(where.removeprefix("#"))
    if found is None:
        names = ", ".join(f"#{one.name}" for one in workspace.channels.values() if one.name)
        raise NoSuchThing(f"there is no channel {where!r}; there are {names}")
    return found


def message(room: Channel, ts: str, user: User) -> Message:
    """Find a message that this person can see."""
    found = find_message(room.messages, ts)
    if found is None or found.ephemeral_to not in ("", user.id):
        raise NoSuchThing(f"{user.name} sees no message {ts} in #{room.name}")
    return found


def view(workspace: Workspace, view_id: str, user: User) -> View:
    """Find a view that is open on this person's screen."""
    found = workspace.views.get(view_id)
    if found is None or found.user != user.id:
        open_now = ", ".join(one.id for one in workspace.views.values() if one.user == user.id) or "nothing"
        raise NoSuchThing(f"{user.name} has no view {view_id} open; open is {open_now}")
    return found
