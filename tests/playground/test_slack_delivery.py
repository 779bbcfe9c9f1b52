"""What reaches the app's request URL, and how often: read by a bare HTTP server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace


@dataclass
class Receiver:
    """An app that keeps every request and answers with the statuses it is given, then 200."""

    address: str = ""
    statuses: list[int] = field(default_factory=list)
    no_retry: bool = False
    delay: float = 0.0
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.text()))
        await asyncio.sleep(self.delay)
        headers = {"X-Slack-No-Retry": "1"} if self.no_retry else {}
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200, headers=headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/slack/events", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await web.SockSite(runner, listener).start()
        receiver.address = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
        yield receiver
        await runner.cleanup()


@pytest.fixture
def patience() -> float:
    return 3.0


@pytest.fixture
async def address(receiver: Receiver, patience: float) -> AsyncIterator[str]:
    settings = Settings(request_url=receiver.address, retry_delays=(0.05, 0.1, 0.15), ack_seconds=patience)
    with hosted(Workspace(settings)) as address:
        yield address


@pytest.fixture
async def player(address: str) -> AsyncIterator[Player]:
    with Player(address) as player:
        yield player


async def attempts(player: Player, count: int) -> list[object]:
    def enough() -> list[object] | None:
        found = player.deliveries()[0]["attempts"]
        return found if isinstance(found, list) and len(found) >= count else None

    return await asyncio.to_thread(player.wait_for, enough, 5, f"{count} attempts")


async def test_every_request_is_signed(receiver: Receiver, player: Player) -> None:
    await asyncio.to_thread(player.command, "ana", "#general", "/incident déclare & go")
    headers, body = receiver.requests[0]
    assert SignatureVerifier("practice-signing-secret").is_valid_request(body, headers)
    assert not SignatureVerifier("another-secret").is_valid_request(body, headers)


async def test_a_commands_text_is_escaped_and_encoded(receiver: Receiver, player: Player) -> None:
    await asyncio.to_thread(player.command, "ana", "#general", "/incident déclare & go")
    form = parse_qs(receiver.requests[0][1])
    assert (form["command"], form["text"]) == (["/incident"], ["déclare &amp; go"])


async def test_a_failing_event_is_sent_again_with_its_reason(receiver: Receiver, player: Player) -> None:
    receiver.statuses = [500, 503]
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 3)
    repeats = [
        (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"), json.loads(body)["event_id"])
        for headers, body in receiver.requests
    ]
    assert repeats == [
        (None, None, "Ev0A000001"),
        ("1", "http_error", "Ev0A000001"),
        ("2", "http_error", "Ev0A000001"),
    ]


async def test_an_event_is_given_up_after_three_repeats(receiver: Receiver, player: Player) -> None:
    receiver.statuses = [500] * 9
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 4)
    await asyncio.sleep(0.3)
    assert len(receiver.requests) == 4


async def test_an_app_may_ask_for_no_repeat(receiver: Receiver, player: Player) -> None:
    receiver.statuses, receiver.no_retry = [500], True
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 1)
    await asyncio.sleep(0.2)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("patience", [0.5])
async def test_a_slow_app_is_asked_again(receiver: Receiver, player: Player) -> None:
    receiver.delay = 0.7
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 2)
    assert receiver.requests[1][0]["X-Slack-Retry-Reason"] == "http_timeout"


@pytest.mark.parametrize("patience", [0.5])
async def test_an_unanswered_command_is_complained_of_by_slackbot(receiver: Receiver, player: Player) -> None:
    receiver.delay = 0.7
    await asyncio.to_thread(player.command, "ana", "#general", "/incident declare")
    said = await asyncio.to_thread(player.message, "#general", "operation_timeout", seen_by="U0ANA")
    assert said is not None


async def test_a_delivered_event_can_be_delivered_again(receiver: Receiver, player: Player) -> None:
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 1)
    await asyncio.to_thread(player.deliver)
    bodies = [json.loads(body) for _, body in receiver.requests]
    assert bodies[0] == bodies[1]
    assert receiver.requests[1][0]["X-Slack-Retry-Num"] == "1"


async def test_an_event_is_in_slacks_envelope(receiver: Receiver, player: Player) -> None:
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 1)
    envelope = json.loads(receiver.requests[0][1])
    assert (envelope["type"], envelope["team_id"], envelope["api_app_id"]) == (
        "event_callback",
        "T0ACME",
        "A0TOCSIN",
    )
    assert envelope["authorizations"][0]["user_id"] == "U0TOCSIN"
    assert envelope["event"]["channel_type"] == "channel"


async def test_a_socket_takes_the_place_of_http(receiver: Receiver, address: str, player: Player) -> None:
    heard: list[SocketModeRequest] = []
    client = socket_client(address, heard)
    await client.connect()  # type: ignore[no-untyped-call]
    await asyncio.to_thread(player.say, "ana", "#general", "hello")
    await attempts(player, 1)
    await client.close()  # type: ignore[no-untyped-call]
    assert [request.payload["event"]["text"] for request in heard] == ["hello"]
    assert receiver.requests == []


async def test_a_dropped_socket_is_opened_again_by_its_client(address: str, player: Player) -> None:
    heard: list[SocketModeRequest] = []
    client = socket_client(address, heard)
    await client.connect()  # type: ignore[no-untyped-call]
    first = client.current_session
    dropped = await asyncio.to_thread(player.drop_sockets, "refresh")
    await asyncio.to_thread(player.wait_for, lambda: client.current_session is not first, 5, "a new session")
    await asyncio.to_thread(player.say, "ana", "#general", "still there?")
    await asyncio.to_thread(player.wait_for, lambda: heard or None, 10, "the event at the client")
    await client.close()  # type: ignore[no-untyped-call]
    assert dropped["closed"] == 1
    assert [request.payload["event"]["text"] for request in heard] == ["still there?"]


async def test_a_socket_ticket_works_once(address: str) -> None:
    opened = await AsyncWebClient(base_url=f"{address}/api/").apps_connections_open(app_token="xapp-practice")
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(opened["url"]) as first:
            assert (await first.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])


def socket_client(address: str, heard: list[SocketModeRequest]) -> SocketModeClient:
    client = SocketModeClient(
        "xapp-practice", web_client=AsyncWebClient(base_url=f"{address}/api/"), ping_interval=1
    )

    async def hear(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(hear)
    return client
