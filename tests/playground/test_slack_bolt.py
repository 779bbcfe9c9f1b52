"""A real slack_bolt app in the workspace, over signed HTTP and over Socket Mode alike."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import NotPlayed, Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.shapes import Json
from tocsin.playground.slack.workspace import Workspace

SECRET = "practice-signing-secret"


@dataclass
class Seen:
    """What the app heard, in order."""

    events: list[Json] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)


@dataclass
class Stage:
    """A workspace, the app that plays in it, and the hands of its people."""

    player: Player
    seen: Seen

    async def event(self, kind: str, subtype: str | None = None) -> Json:
        return await asyncio.to_thread(
            self.player.wait_for, lambda: self._event(kind, subtype), 5, f"event {kind}/{subtype}"
        )

    def _event(self, kind: str, subtype: str | None) -> Json | None:
        found = (one for one in self.seen.events if one["type"] == kind and one.get("subtype") == subtype)
        return next(found, None)


def button(action_id: str, words: str, value: str) -> Json:
    text = {"type": "plain_text", "text": words}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def declare_modal(title: str = "Declare") -> Json:
    plain = {"type": "plain_text_input", "action_id": "title"}
    levels = [{"text": {"type": "plain_text", "text": f"SEV{n}"}, "value": f"sev{n}"} for n in (1, 2)]
    select = {
        "type": "static_select",
        "action_id": "severity",
        "options": levels,
        "initial_option": levels[1],
    }
    return {
        "type": "modal",
        "callback_id": "declare",
        "notify_on_close": True,
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Declare"},
        "blocks": [
            {
                "type": "input",
                "block_id": "what",
                "label": {"type": "plain_text", "text": "What?"},
                "element": plain,
            },
            {
                "type": "input",
                "block_id": "how",
                "label": {"type": "plain_text", "text": "How bad?"},
                "element": select,
            },
        ],
    }


def listen_to_commands(app: AsyncApp, seen: Seen) -> None:
    @app.command("/incident")
    async def command(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        seen.bodies.append(body)
        if body["text"] == "declare":
            await ack()
            await client.views_open(trigger_id=str(body["trigger_id"]), view=declare_modal())
        elif body["text"] == "tray":
            await ack()
            await client.chat_postMessage(channel=str(body["channel_id"]), text="Tray", blocks=tray())
        else:
            await ack(text=f"You said {body['text']}")


def listen_to_presses(app: AsyncApp, seen: Seen) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        seen.bodies.append(body)
        await respond(text="Approved by ana", replace_original=True)

    @app.action("pick")
    async def pick(ack: AsyncAck, body: Json) -> None:
        await ack()
        seen.bodies.append(body)

    @app.shortcut("to_incident")
    async def shortcut(ack: AsyncAck, body: Json) -> None:
        await ack()
        seen.bodies.append(body)


def listen_to_views(app: AsyncApp, seen: Seen) -> None:
    @app.view("declare")
    async def submitted(ack: AsyncAck, view: Json, body: Json) -> None:
        seen.bodies.append(body)
        title = body["view"]["state"]["values"]["what"]["title"]["value"]  # type: ignore[index]
        if title == "refuse":
            await ack(response_action="errors", errors={"what": "Say more."})
        elif title == "more":
            await ack(response_action="push", view=declare_modal("And then?"))
        elif title == "again":
            await ack(response_action="update", view=declare_modal("Once more"))
        else:
            await ack()

    @app.view_closed("declare")
    async def closed(ack: AsyncAck, body: Json) -> None:
        await ack()
        seen.events.append({"type": "view_closed"})


def listen_to_events(app: AsyncApp, seen: Seen) -> None:
    for kind in (
        "message",
        "reaction_added",
        "pin_added",
        "member_joined_channel",
        "app_mention",
        "app_home_opened",
    ):
        app.event(kind)(hearer(seen))


def hearer(seen: Seen) -> Callable[..., object]:
    async def hear(event: Json) -> None:
        seen.events.append(event)

    return hear


def tray() -> list[Json]:
    users = {
        "type": "users_select",
        "action_id": "pick",
        "placeholder": {"type": "plain_text", "text": "Who?"},
    }
    return [
        {"type": "actions", "elements": [button("approve", "Approve A", "a"), users]},
        {"type": "actions", "elements": [button("approve", "Approve B", "b")]},
    ]


@asynccontextmanager
async def over_http(app: AsyncApp, listener: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    await web.SockSite(runner, listener).start()
    yield
    await runner.cleanup()


@asynccontextmanager
async def over_socket(app: AsyncApp, listener: socket.socket) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, "xapp-practice")
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module", params=[over_http, over_socket])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        request_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
        with (
            hosted(Workspace(Settings(request_url=request_url, rate_limits=False))) as address,
            Player(address) as player,
        ):
            client = AsyncWebClient("xoxb-practice", base_url=f"{address}/api/")
            seen = Seen()
            app = AsyncApp(client=client, signing_secret=SECRET)
            for listen in (listen_to_commands, listen_to_presses, listen_to_views, listen_to_events):
                listen(app, seen)
            async with request.param(app, listener):
                yield Stage(player, seen)


@pytest.fixture
async def stage(running: Stage) -> Stage:
    await asyncio.to_thread(running.player.reset)
    running.seen.bodies.clear()
    running.seen.events.clear()
    return running


async def test_a_command_is_answered_to_its_asker_alone(stage: Stage) -> None:
    answer = await asyncio.to_thread(stage.player.command, "ana", "#general", "/incident status")
    said = await asyncio.to_thread(stage.player.messages, "#general")
    assert answer["status"] == 200
    assert [(one["text"], one["ephemeral_to"]) for one in said] == [("You said status", "U0ANA")]


async def test_a_command_names_people_and_channels_by_tokens(stage: Stage) -> None:
    await asyncio.to_thread(stage.player.command, "ana", "#general", "/incident page @bo in #payments")
    assert stage.seen.bodies[0]["text"] == "page <@U0BO|bo> in <#C0PAYMENTS|payments>"


async def test_a_command_opens_a_modal_on_its_askers_screen(stage: Stage) -> None:
    await asyncio.to_thread(stage.player.command, "ana", "#general", "/incident declare")
    view = await asyncio.to_thread(stage.player.wait_for_view, "ana", "Declare")
    assert view["callback_id"] == "declare"
    assert await asyncio.to_thread(stage.player.view, "bo") is None


async def open_declare(stage: Stage) -> Json:
    await asyncio.to_thread(stage.player.command, "ana", "#general", "/incident declare")
    return await asyncio.to_thread(stage.player.wait_for_view, "ana", "Declare")


async def test_a_submitted_modal_closes(stage: Stage) -> None:
    view = await open_declare(stage)
    done = await asyncio.to_thread(stage.player.submit, "ana", view, {"title": "Checkout is slow"})
    assert done["ok"]
    assert await asyncio.to_thread(stage.player.view, "ana") is None


async def test_a_submission_carries_entered_and_initial_values(stage: Stage) -> None:
    view = await open_declare(stage)
    await asyncio.to_thread(stage.player.submit, "ana", view, {"title": "Checkout is slow"})
    state = stage.seen.bodies[-1]["view"]["state"]["values"]  # type: ignore[index]
    assert state["what"] == {"title": {"type": "plain_text_input", "value": "Checkout is slow"}}
    assert state["how"]["severity"]["selected_option"]["value"] == "sev2"


async def test_an_empty_required_input_is_never_sent(stage: Stage) -> None:
    view = await open_declare(stage)
    done = await asyncio.to_thread(stage.player.submit, "ana", view, {})
    assert done["errors"] == {"what": "Please complete this required field."}
    assert [body.get("type") for body in stage.seen.bodies] == [None]


async def test_the_apps_errors_keep_the_modal_open(stage: Stage) -> None:
    view = await open_declare(stage)
    done = await asyncio.to_thread(stage.player.submit, "ana", view, {"title": "refuse"})
    shown = await asyncio.to_thread(stage.player.wait_for_view, "ana")
    assert done["errors"] == {"what": "Say more."}
    assert shown["errors"] == {"what": "Say more."}


@pytest.mark.parametrize(("title", "shown"), [("more", "And then?"), ("again", "Once more")])
async def test_a_submission_may_be_answered_with_another_view(stage: Stage, title: str, shown: str) -> None:
    view = await open_declare(stage)
    await asyncio.to_thread(stage.player.submit, "ana", view, {"title": title})
    assert await asyncio.to_thread(stage.player.view, "ana", shown) is not None


async def test_a_closed_modal_tells_the_app(stage: Stage) -> None:
    view = await open_declare(stage)
    await asyncio.to_thread(stage.player.close, "ana", view)
    assert await stage.event("view_closed")


async def post_tray(stage: Stage) -> Json:
    await asyncio.to_thread(stage.player.command, "ana", "#general", "/incident tray")
    return await asyncio.to_thread(stage.player.wait_for_message, "#general", "Tray")


async def test_a_pressed_button_reaches_its_listener(stage: Stage) -> None:
    message = await post_tray(stage)
    await asyncio.to_thread(stage.player.press, "ana", message, "approve", value="b")
    body = stage.seen.bodies[-1]
    assert (body["actions"][0]["value"], body["user"]["id"]) == ("b", "U0ANA")  # type: ignore[index]


async def test_the_response_url_replaces_the_original(stage: Stage) -> None:
    message = await post_tray(stage)
    await asyncio.to_thread(stage.player.press, "ana", message, "approve", value="a")
    replaced = await asyncio.to_thread(stage.player.wait_for_message, "#general", "Approved by ana")
    assert (replaced["ts"], replaced.get("blocks")) == (message["ts"], None)


async def test_a_select_says_who_was_chosen(stage: Stage) -> None:
    message = await post_tray(stage)
    await asyncio.to_thread(stage.player.press, "ana", message, "pick", selected="U0BO")
    assert stage.seen.bodies[-1]["actions"][0]["selected_user"] == "U0BO"  # type: ignore[index]


async def test_a_button_that_is_not_there_cannot_be_pressed(stage: Stage) -> None:
    message = await post_tray(stage)
    with pytest.raises(NotPlayed) as caught:
        await asyncio.to_thread(stage.player.press, "ana", message, "explode")
    assert caught.value.status == 404


async def test_a_message_shortcut_brings_its_message(stage: Stage) -> None:
    said = await asyncio.to_thread(stage.player.say, "dee", "#general", "customers cannot pay")
    await asyncio.to_thread(stage.player.shortcut, "ana", "to_incident", said)
    assert stage.seen.bodies[-1]["message"]["text"] == "customers cannot pay"  # type: ignore[index]


async def test_a_response_url_works_five_times(stage: Stage) -> None:
    answer = await asyncio.to_thread(stage.player.command, "ana", "#general", "/incident status")
    async with httpx2.AsyncClient(trust_env=False) as client:
        replies = [await client.post(str(answer["response_url"]), json={"text": "x"}) for _ in range(6)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 200, 404]


async def test_the_app_hears_what_people_say(stage: Stage) -> None:
    await asyncio.to_thread(stage.player.say, "dee", "#general", "customers cannot pay")
    assert (await stage.event("message"))["text"] == "customers cannot pay"


async def test_the_app_hears_edits_and_deletions(stage: Stage) -> None:
    said = await asyncio.to_thread(stage.player.say, "dee", "#general", "customers cannot pay")
    await asyncio.to_thread(stage.player.edit, "dee", said, "customers can pay")
    await asyncio.to_thread(stage.player.delete, "dee", said)
    changed = await stage.event("message", "message_changed")
    deleted = await stage.event("message", "message_deleted")
    assert changed["message"]["text"] == "customers can pay"  # type: ignore[index]
    assert deleted["deleted_ts"] == said["ts"]


async def test_the_app_hears_reactions_and_pins(stage: Stage) -> None:
    said = await asyncio.to_thread(stage.player.say, "dee", "#general", "customers cannot pay")
    await asyncio.to_thread(stage.player.react, "bo", said, "pushpin")
    await asyncio.to_thread(stage.player.pin, "bo", said)
    assert (await stage.event("reaction_added"))["reaction"] == "pushpin"
    assert (await stage.event("pin_added"))["channel_id"] == "C0GENERAL"


async def test_the_app_hears_its_name(stage: Stage) -> None:
    await asyncio.to_thread(stage.player.say, "dee", "#general", "@tocsin help")
    assert (await stage.event("app_mention"))["text"] == "<@U0TOCSIN> help"


async def test_the_app_does_not_hear_channels_it_is_not_in(stage: Stage) -> None:
    await asyncio.to_thread(stage.player.say, "chidi", "#payments", "secret")
    await asyncio.to_thread(stage.player.say, "chidi", "#general", "open")
    await stage.event("message")
    assert [event["text"] for event in stage.seen.events] == ["open"]


async def test_the_app_hears_who_opens_its_home(stage: Stage) -> None:
    await asyncio.to_thread(stage.player.open_home, "ana")
    assert (await stage.event("app_home_opened"))["user"] == "U0ANA"
