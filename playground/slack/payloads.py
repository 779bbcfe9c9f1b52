"""The payloads of commands and interactions, as Slack sends them.

https://docs.slack.dev/interactivity/implementing-slash-commands, …/reference/interaction-payloads.
"""

from tocsin.playground.slack import render
from tocsin.playground.slack.records import Channel, Message, User, View
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace


def command(workspace: Workspace, user: User, room: Channel, word: str, words: str) -> Json:
    """Build a slash command's form, without its trigger and response_url."""
    return {
        "token": "practice",
        "team_id": workspace.settings.team_id,
        "team_domain": workspace.settings.team_domain,
        "channel_id": room.id,
        "channel_name": _name(room),
        "user_id": user.id,
        "user_name": user.name,
        "command": word,
        "text": words,
        "api_app_id": workspace.settings.app_id,
        "is_enterprise_install": "false",
    }


def interaction(workspace: Workspace, kind: str, user: User) -> Json:
    """Build what every interaction payload has."""
    settings = workspace.settings
    return {
        "type": kind,
        "team": {"id": settings.team_id, "domain": settings.team_domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": settings.team_id},
        "api_app_id": settings.app_id,
        "token": "practice",
        "enterprise": None,
        "is_enterprise_install": False,
    }


def in_message(workspace: Workspace, message: Message) -> Json:
    """Tell where in a channel an element was used."""
    room = workspace.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": room.id,
        "is_ephemeral": bool(message.ephemeral_to),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    shown = render.message(workspace, message)
    return {"container": container, "channel": channel(room), "message": shown}


def where(workspace: Workspace, place: Message | View) -> Json:
    """Tell where an element was used."""
    return in_view(workspace, place) if isinstance(place, View) else in_message(workspace, place)


def in_view(workspace: Workspace, view: View) -> Json:
    """Tell in which view an element was used."""
    return {"container": {"type": "view", "view_id": view.id}, "view": render.view(workspace, view)}


def channel(room: Channel) -> Json:
    """Name a channel the short way."""
    return {"id": room.id, "name": _name(room)}


def _name(room: Channel) -> str:
    if room.is_im:
        return "directmessage"
    return "privategroup" if room.is_private else room.name
