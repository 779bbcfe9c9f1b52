"""Render the workspace's things as the Web API shows them."""

from urllib.parse import quote

from tocsin.playground.slack.people import BOT, BOT_ID
from tocsin.playground.slack.records import Channel, File, Message, Note, User, Usergroup, View
from tocsin.playground.slack.shapes import Json, without_empty
from tocsin.playground.slack.workspace import Workspace


def user(workspace: Workspace, person: User) -> Json:
    """Render a user as users.info does."""
    profile: Json = {
        "real_name": person.real_name,
        "display_name": person.name,
        "title": person.title,
        "team": workspace.settings.team_id,
    }
    if not person.is_bot:
        profile["email"] = person.email
    return {
        "id": person.id,
        "team_id": workspace.settings.team_id,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": False,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": person.tz_offset,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 0,
    }


def usergroup(workspace: Workspace, group: Usergroup) -> Json:
    """Render a user group as usergroups.list does."""
    return {
        "id": group.id,
        "team_id": workspace.settings.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_delete": 0,
        "users": list(group.members),
        "user_count": len(group.members),
    }


def _note(note: Note) -> Json:
    return {"value": note.value, "creator": note.creator, "last_set": note.last_set}


def channel(workspace: Workspace, room: Channel) -> Json:
    """Render a conversation as conversations.info does."""
    common: Json = {
        "id": room.id,
        "created": room.created,
        "creator": room.creator,
        "is_archived": room.is_archived,
        "is_channel": not (room.is_im or room.is_mpim or room.is_private),
        "is_group": room.is_private and not room.is_im,
        "is_im": room.is_im,
        "is_mpim": room.is_mpim,
        "is_private": room.is_private,
        "is_general": room.is_general,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "is_member": BOT.id in room.members,
        "context_team_id": workspace.settings.team_id,
    }
    if room.is_im:
        return {**common, "user": next((one for one in room.members if one != BOT.id), BOT.id)}
    return {
        **common,
        "name": room.name,
        "name_normalized": room.name,
        "topic": _note(room.topic),
        "purpose": _note(room.purpose),
        "previous_names": list(room.previous_names),
        "num_members": len(room.members),
    }


def file(workspace: Workspace, stored: File) -> Json:
    """Render a file as files.info does."""
    address = f"{workspace.address}files/{stored.id}/{quote(stored.name, safe='')}"
    return {
        "id": stored.id,
        "created": stored.created,
        "timestamp": stored.created,
        "name": stored.name,
        "title": stored.title or stored.name,
        "size": len(stored.content or b""),
        "filetype": stored.name.rpartition(".")[2],
        "user": stored.user,
        "mode": "hosted",
        "is_external": False,
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
        "channels": list(stored.channels),
    }


def message(workspace: Workspace, said: Message, *, metadata: bool = True) -> Json:
    """Render a message as conversations.history does; threads carry their counts."""
    body = without_empty(
        {
            "type": "message",
            "subtype": said.subtype,
            "ts": said.ts,
            "user": said.user,
            "bot_id": said.bot_id,
            "app_id": workspace.settings.app_id if said.bot_id else "",
            "team": workspace.settings.team_id,
            "blocks": said.blocks,
            "attachments": said.attachments,
            "thread_ts": said.thread_ts,
            "metadata": said.metadata if metadata else None,
            "edited": {"user": said.user, "ts": said.edited_ts} if said.edited_ts else None,
            "reactions": [
                {"name": name, "users": list(users), "count": len(users)}
                for name, users in said.reactions.items()
            ],
            "files": [file(workspace, workspace.files[one]) for one in said.files],
            "pinned_to": [said.channel] if _is_pinned(workspace, said) else None,
        }
    )
    return {**body, "text": said.text, **_thread(workspace, said)}


def _is_pinned(workspace: Workspace, said: Message) -> bool:
    return any(pin.ts == said.ts for pin in workspace.channels[said.channel].pins)


def _thread(workspace: Workspace, said: Message) -> Json:
    if said.thread_ts != said.ts:
        return {}
    replies = [
        one for one in workspace.channels[said.channel].messages if one.is_reply and one.thread_ts == said.ts
    ]
    replies = [one for one in replies if not one.ephemeral_to]
    users = list(dict.fromkeys(one.user for one in replies))
    return {
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts if replies else said.ts,
    }


def view(workspace: Workspace, shown: View) -> Json:
    """Render a modal or home tab as views.open answers it."""
    content = shown.content
    defaults: Json = {
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "title": None,
        "submit": None,
    }
    flags: Json = {"close": None, "clear_on_close": False, "notify_on_close": False, "submit_disabled": False}
    return {
        **defaults,
        **flags,
        **content,
        "id": shown.id,
        "team_id": workspace.settings.team_id,
        "app_id": workspace.settings.app_id,
        "app_installed_team_id": workspace.settings.team_id,
        "bot_id": BOT_ID,
        "type": shown.type,
        "hash": shown.hash,
        "state": {"values": shown.state},
        "root_view_id": shown.stack,
        "previous_view_id": shown.previous or None,
    }
