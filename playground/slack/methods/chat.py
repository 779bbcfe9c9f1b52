"""chat.*: what the app says."""

from tocsin.playground.slack import posting, render, rooms
from tocsin.playground.slack.blocks import ALL_TEXT, problems, text_length
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.methods.channels import seen_channel
from tocsin.playground.slack.people import BOT, BOT_ID
from tocsin.playground.slack.records import Channel, Message
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.slack.workspace import Workspace, find_message

_LONGEST_TEXT = 40_000
_LARGEST_METADATA = 8_192


def valid_blocks(call: Call) -> list[Json] | None:
    """Read and check `blocks`; None when absent."""
    found = call.objects("blocks", "invalid_blocks_format")
    wrong = problems(found or [])
    if wrong:
        raise SlackError("invalid_blocks", wrong)
    if text_length(found) > ALL_TEXT:
        raise SlackError("msg_blocks_too_long")
    return found


def draft(workspace: Workspace, call: Call, room: Channel) -> Message:
    """Build the bot's message from a call's arguments, refusing what Slack refuses."""
    blocks = valid_blocks(call) or []
    attachments = call.objects("attachments", "invalid_attachments") or []
    words = call.text("text") or call.text("markdown_text")
    if not words and not blocks and not attachments:
        raise SlackError("no_text")
    if len(words) > _LONGEST_TEXT:
        raise SlackError("msg_too_long")
    return Message(
        ts=workspace.timestamp(),
        channel=room.id,
        user=BOT.id,
        text=words,
        blocks=blocks,
        attachments=attachments,
        thread_ts=_thread(room, call.text("thread_ts")),
        bot_id=BOT_ID,
        metadata=_metadata(call),
        broadcast=call.flag("reply_broadcast"),
    )


def _thread(room: Channel, thread_ts: str) -> str:
    """Find the thread's parent: a reply's ts stands for its thread, a ts of nothing is refused."""
    if not thread_ts:
        return ""
    parent = find_message(room.messages, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _metadata(call: Call) -> Json:
    found = call.object("metadata", "invalid_metadata_format")
    if found is None:
        return {}
    if not text(found, "event_type") or not isinstance(found.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    if len(str(found)) > _LARGEST_METADATA:
        raise SlackError("metadata_too_large")
    return found


def postable_channel(workspace: Workspace, call: Call) -> Channel:
    """Find where to post: a channel's id or #name, or a user's id for the direct conversation."""
    wanted = call.text("channel").removeprefix("#")
    if not wanted:
        raise SlackError("channel_not_found")
    if wanted in workspace.users:
        return rooms.open_direct(workspace, [BOT.id, wanted])[0]
    room = workspace.channel_named(wanted) or workspace.channel(wanted)
    if not workspace.bot_sees(room):
        raise SlackError("channel_not_found")
    if room.is_archived:
        raise SlackError("is_archived")
    if BOT.id not in room.members:
        raise SlackError("not_in_channel")
    return room


def post_message(workspace: Workspace, call: Call) -> Json:
    """Post a message as the bot."""
    room = postable_channel(workspace, call)
    message = posting.post(workspace, draft(workspace, call, room))
    return {"channel": room.id, "ts": message.ts, "message": render.message(workspace, message)}


def post_ephemeral(workspace: Workspace, call: Call) -> Json:
    """Show a message to one member of a channel only."""
    room = postable_channel(workspace, call)
    addressee = call.text("user")
    if addressee not in room.members:
        raise SlackError("user_not_in_channel")
    message = draft(workspace, call, room)
    message.ephemeral_to = addressee
    return {"message_ts": posting.post(workspace, message).ts}


def _own_message(workspace: Workspace, call: Call, refusal: str) -> Message:
    room = seen_channel(workspace, call)
    message = workspace.message(room, call.need("ts"))
    if message.user != BOT.id or message.subtype:
        raise SlackError(refusal)
    if room.is_archived:
        raise SlackError("is_archived")
    return message


def update(workspace: Workspace, call: Call) -> Json:
    """Change one of the bot's own messages."""
    message = _own_message(workspace, call, "cant_update_message")
    blocks = valid_blocks(call)
    words = call.text("text", message.text)
    if not words and not (blocks or message.blocks):
        raise SlackError("no_text")
    if len(words) > _LONGEST_TEXT:
        raise SlackError("msg_too_long")
    if "metadata" in call.args:
        message.metadata = _metadata(call)
    plain = blocks is None and "text" in call.args
    posting.change(workspace, message, words, [] if plain else blocks)
    shown = render.message(workspace, message)
    return {"channel": message.channel, "ts": message.ts, "text": words, "message": shown}


def delete(workspace: Workspace, call: Call) -> Json:
    """Delete one of the bot's own messages."""
    message = _own_message(workspace, call, "cant_delete_message")
    posting.remove(workspace, message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(workspace: Workspace, call: Call) -> Json:
    """Give a message's address."""
    room = seen_channel(workspace, call)
    message = workspace.message(room, call.need("message_ts"))
    return {"channel": room.id, "permalink": workspace.permalink(message)}
