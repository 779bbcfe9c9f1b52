"""What an app answers to a command or a press: in the acknowledgement, or later through the response_url."""

from tocsin.playground.slack import posting
from tocsin.playground.slack.blocks import problems
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.people import BOT, BOT_ID, SLACKBOT
from tocsin.playground.slack.records import Channel, Message, ResponseUrl
from tocsin.playground.slack.shapes import Json, children, text
from tocsin.playground.slack.workspace import Workspace, find_message


def issue(workspace: Workspace, room: Channel, user: str, message_ts: str = "") -> str:
    """Make a response_url: five uses within half an hour."""
    token = workspace.secret("response")
    workspace.response_urls[token] = ResponseUrl(token, room.id, user, workspace.now(), message_ts)
    return f"{workspace.address}response/{token}"


def redeem(workspace: Workspace, token: str) -> ResponseUrl:
    """Use a response_url once; refuses one that is unknown, too old or used up."""
    url = workspace.response_urls.get(token)
    if url is None:
        raise SlackError("invalid_url")
    if workspace.now() - url.issued > workspace.settings.response_url_seconds:
        raise SlackError("expired_url")
    if url.uses >= workspace.settings.response_url_uses:
        raise SlackError("used_url")
    url.uses += 1
    return url


def apply(workspace: Workspace, url: ResponseUrl, body: Json) -> None:
    """Do what the answer says: delete or replace the original, or say something new."""
    room = workspace.channels[url.channel]
    original = find_message(room.messages, url.message_ts)
    if body.get("delete_original") is True:
        if original is not None:
            posting.remove(workspace, original)
        return
    blocks = children(body, "blocks")
    wrong = problems(blocks)
    if wrong:
        raise SlackError("invalid_blocks", wrong)
    if not (text(body, "text") or blocks):
        raise SlackError("no_text")
    if body.get("replace_original") is True and original is not None:
        posting.change(workspace, original, text(body, "text"), blocks)
        return
    say(workspace, room, url.user, body)


def say(workspace: Workspace, room: Channel, user: str, body: Json) -> None:
    """Post an answer: to its asker alone, unless response_type is in_channel."""
    message = Message(
        ts=workspace.timestamp(),
        channel=room.id,
        user=BOT.id,
        text=text(body, "text"),
        blocks=children(body, "blocks"),
        thread_ts=text(body, "thread_ts"),
        bot_id=BOT_ID,
        ephemeral_to="" if text(body, "response_type") == "in_channel" else user,
    )
    posting.post(workspace, message)


def complain(workspace: Workspace, room: Channel, user: str, words: str) -> None:
    """Let Slackbot tell one person that the app did not answer."""
    message = Message(workspace.timestamp(), room.id, SLACKBOT.id, words, ephemeral_to=user)
    posting.post(workspace, message)
