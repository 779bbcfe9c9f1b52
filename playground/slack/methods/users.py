"""users.* and usergroups.*."""

from tocsin.playground.slack import render
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.methods.paging import page
from tocsin.playground.slack.people import BOT
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace


def users_list(workspace: Workspace, call: Call) -> Json:
    """List everyone, bots too."""
    found, metadata = page(call, list(workspace.users.values()))
    return {"members": [render.user(workspace, one) for one in found], "response_metadata": metadata}


def users_info(workspace: Workspace, call: Call) -> Json:
    """Describe one user."""
    return {"user": render.user(workspace, workspace.user(call.need("user")))}


def users_lookup_by_email(workspace: Workspace, call: Call) -> Json:
    """Find a person by e-mail; refuses with users_not_found, Slack's plural."""
    wanted = call.need("email").lower()
    for person in workspace.users.values():
        if person.email == wanted and not person.is_bot:
            return {"user": render.user(workspace, person)}
    raise SlackError("users_not_found")


def users_conversations(workspace: Workspace, call: Call) -> Json:
    """List the channels that a user (the bot when none is named) is in."""
    user = call.text("user", BOT.id)
    kinds = call.names("types") or ["public_channel"]
    rooms = [room for room in workspace.channels.values() if user in room.members and room.kind in kinds]
    if call.flag("exclude_archived"):
        rooms = [room for room in rooms if not room.is_archived]
    found, metadata = page(call, [room for room in rooms if workspace.bot_sees(room)])
    return {"channels": [render.channel(workspace, one) for one in found], "response_metadata": metadata}


def usergroups_list(workspace: Workspace, call: Call) -> Json:
    """List the user groups."""
    return {"usergroups": [render.usergroup(workspace, one) for one in workspace.usergroups.values()]}


def usergroups_users_list(workspace: Workspace, call: Call) -> Json:
    """List who is in a user group."""
    group = workspace.usergroups.get(call.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}
