"""files.*: the three-step upload, as files_upload_v2 of slack_sdk does it."""

from tocsin.playground.slack import posting, render
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.methods.chat import postable_channel
from tocsin.playground.slack.people import BOT, BOT_ID
from tocsin.playground.slack.records import File, Message
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.slack.workspace import Workspace


def get_upload_url(workspace: Workspace, call: Call) -> Json:
    """Promise a file, and give the address its bytes go to."""
    length = call.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", ["must be greater than 0 [json-pointer:/length]"])
    stored = File(workspace.serial("F0A"), call.need("filename"), length, BOT.id, int(workspace.now()))
    workspace.files[stored.id] = stored
    return {"upload_url": f"{workspace.address}upload/v1/{stored.id}", "file_id": stored.id}


def complete_upload(workspace: Workspace, call: Call) -> Json:
    """Share uploaded files into a channel as one message; without a channel they stay private."""
    asked = call.objects("files", "invalid_arguments") or []
    if not asked:
        raise SlackError("invalid_arguments", ["missing required field: files [json-pointer:/files]"])
    uploaded = [_uploaded(workspace, one) for one in asked]
    channels = call.names("channels") or call.names("channel_id")
    for channel in channels:
        _share(workspace, call, channel, uploaded)
    return {"files": [render.file(workspace, one) for one in uploaded]}


def _uploaded(workspace: Workspace, asked: Json) -> File:
    stored = workspace.files.get(text(asked, "id"))
    if stored is None or stored.content is None:
        raise SlackError("file_not_found")
    stored.title = text(asked, "title", stored.name)
    return stored


def _share(workspace: Workspace, call: Call, channel: str, uploaded: list[File]) -> None:
    room = postable_channel(workspace, Call(call.method, {"channel": channel}))
    message = Message(
        ts=workspace.timestamp(),
        channel=room.id,
        user=BOT.id,
        text=call.text("initial_comment"),
        thread_ts=call.text("thread_ts"),
        bot_id=BOT_ID,
        files=[one.id for one in uploaded],
    )
    for one in uploaded:
        one.channels.append(room.id)
    posting.post(workspace, message)
    for one in uploaded:
        event = {"type": "file_shared", "file_id": one.id, "user_id": BOT.id, "file": {"id": one.id}}
        workspace.emit({**event, "channel_id": room.id, "event_ts": message.ts}, room)


def info(workspace: Workspace, call: Call) -> Json:
    """Describe a file."""
    stored = workspace.files.get(call.need("file"))
    if stored is None:
        raise SlackError("file_not_found")
    return {"file": render.file(workspace, stored)}
