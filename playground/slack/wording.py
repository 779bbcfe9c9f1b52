"""Turn what a person types into what Slack sends, as Slack's own client does."""

import re

from tocsin.playground.slack.workspace import Workspace

_TOKEN = re.compile(r"(<(?:[@#!][^<>]*|https?://[^<>]*)>)")
_MENTION = re.compile(r"(?<![\w@])@([a-z][\w.-]*)")
_CHANNEL = re.compile(r"(?<![\w#&])#([a-z0-9][a-z0-9_-]*)")
_LINK = re.compile(r"https?://[^\s<>|]+")


def encode(workspace: Workspace, typed: str, *, labels: bool = False) -> str:
    """Escape the text and turn @name, #channel and addresses into Slack's tokens.

    `labels` adds the name to a user token, `<@U1|name>`, which slash commands with should_escape do.
    """
    pieces = _TOKEN.split(typed)
    return "".join(
        _relabel(workspace, piece, labels)
        if _TOKEN.fullmatch(piece)
        else _encode_plain(workspace, piece, labels)
        for piece in pieces
    )


def _relabel(workspace: Workspace, token: str, labels: bool) -> str:
    user = workspace.users.get(token[2:-1].partition("|")[0])
    if user is None or not token.startswith("<@"):
        return token
    return _user_token(user.id, user.name, labels)


def _user_token(user_id: str, name: str, labels: bool) -> str:
    return f"<@{user_id}|{name}>" if labels else f"<@{user_id}>"


def _encode_plain(workspace: Workspace, piece: str, labels: bool) -> str:
    escaped = piece.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    names = {user.name: user.id for user in workspace.users.values()}
    handles = {group.handle: group.id for group in workspace.usergroups.values()}

    def mention(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in names:
            return _user_token(names[name], name, labels)
        if name in handles:
            return f"<!subteam^{handles[name]}|@{name}>"
        return f"<!{name}>" if name in ("here", "channel", "everyone") else found.group(0)

    def channel(found: re.Match[str]) -> str:
        room = workspace.channel_named(found.group(1))
        return f"<#{room.id}|{room.name}>" if room else found.group(0)

    linked = _LINK.sub(lambda found: f"<{found.group(0)}>", escaped)
    return _CHANNEL.sub(channel, _MENTION.sub(mention, linked))
