"""Slack's requests to our commands: the same listeners over HTTP and over Socket Mode."""

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError

from tocsin.bot.desk import Desk
from tocsin.bot.hearing import EVENTS
from tocsin.bot.incident_words import INCIDENT_WORDS
from tocsin.bot.names import INCIDENT, RUNBOOK, SHORTCUT, ActionId
from tocsin.bot.office import Office
from tocsin.bot.presses import PRESSES, SUBMISSIONS
from tocsin.bot.runbook_words import RUNBOOK_WORDS
from tocsin.bot.views import modals
from tocsin.bot.views.text import esc
from tocsin.bot.words import Handler, Word
from tocsin.errors import TocsinError
from tocsin.postmortems.texts import sentence_case
from tocsin.secrets import redact_text

COMMANDS: Mapping[str, Sequence[Word]] = {INCIDENT: INCIDENT_WORDS, RUNBOOK: RUNBOOK_WORDS}

logger = structlog.get_logger(__name__)
Listener = Callable[..., Awaitable[BoltResponse | None]]


def build_app(office: Office) -> AsyncApp:
    """Return bolt's app. It stores what it is asked before it acknowledges; bolt checks every signature."""
    app = AsyncApp(
        client=office.client,
        signing_secret=office.signing_secret or "",
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    desk = Desk(office)
    for command, words in COMMANDS.items():
        app.command(command)(_on_command(desk, words))
    for action_id, handler in PRESSES.items():
        app.action(action_id)(_on_press(desk, handler))
    for callback_id, handler in SUBMISSIONS.items():
        app.view(callback_id)(_on_submission(desk, handler))
    app.global_shortcut(SHORTCUT)(_on_press(desk, PRESSES[ActionId.DECLARE]))
    for event, hear in EVENTS.items():
        app.event(event)(_on_event(office, hear))
    app.error(_tell(office))
    return app


def _on_command(desk: Desk, words: Sequence[Word]) -> Listener:
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        reply = await desk.command(words, body)
        if not reply.text:
            return await ack()
        return await ack(text=reply.text, blocks=list(reply.blocks) or None)

    return listen


def _on_press(desk: Desk, handler: Handler) -> Listener:
    async def listen(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> BoltResponse:
        reply = await desk.press(handler, body)
        if reply.text:
            await respond(text=reply.text, response_type="ephemeral", replace_original=False)
        return await ack()

    return listen


def _on_submission(desk: Desk, handler: Handler) -> Listener:
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        reply = await desk.submit(handler, body)
        if not reply.text:
            return await ack()
        return await ack(response_action="update", view=modals.notice("Done", reply.text))

    return listen


def _on_event(office: Office, hear: Callable[[Office, dict[str, Any]], Awaitable[None]]) -> Listener:
    async def listen(ack: AsyncAck, event: dict[str, Any]) -> BoltResponse:
        await hear(office, event)
        return await ack()

    return listen


def _tell(office: Office) -> Listener:
    """Return the one place for errors of listeners: the causer is told; a bug is logged with a reference."""

    async def tell(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200)  # the manifest does not ask for it; Slack need not send it again
        if isinstance(error, TocsinError):
            sentence = sentence_case(str(error))
        else:
            reference = uuid4().hex[:8]
            # Written out here: a pretty traceback shows locals, tokens among them, and takes its time.
            trace = redact_text("".join(traceback.format_exception(error)))
            logger.error("listener_failed", reference=reference, trace=trace)
            sentence = (
                f"Something went wrong on our side (reference `{reference}`). Try again; "
                "if it stays so, give the reference to whoever runs Tocsin."
            )
        if "event" in body:
            return (
                BoltResponse(status=200) if isinstance(error, TocsinError) else None
            )  # None: 500, sent again
        return await _answer(office, body, respond, sentence)

    return tell


async def _answer(
    office: Office, body: Mapping[str, Any], respond: AsyncRespond, sentence: str
) -> BoltResponse:
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": esc(sentence)})
    if body.get("type") == "view_submission":
        first = next(iter(body["view"]["state"]["values"]), "")
        return BoltResponse(status=200, body={"response_action": "errors", "errors": {first: sentence}})
    if body.get("response_url"):
        await respond(text=esc(sentence), response_type="ephemeral", replace_original=False)
    else:
        await office.client.chat_postMessage(channel=body["user"]["id"], text=esc(sentence))
    return BoltResponse(status=200)
