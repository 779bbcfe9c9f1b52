"""A practice workspace with a clock of its own, called by the real slack_sdk."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from tests.playground.slack.clock import Clock

from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def address(clock: Clock) -> Iterator[str]:
    settings = Settings(request_url="http://127.0.0.1:9/slack/events", retry_delays=())
    with hosted(Workspace(settings, clock)) as address:
        yield address


@pytest.fixture
def player(address: str) -> Iterator[Player]:
    with Player(address) as player:
        player.reset()
        yield player


@pytest.fixture
def slack(address: str, player: Player) -> WebClient:
    return WebClient("xoxb-practice", base_url=f"{address}/api/", retry_handlers=[])


@pytest.fixture
def channel(slack: WebClient) -> str:
    created: str = slack.conversations_create(name="inc-7-checkout-slow")["channel"]["id"]
    return created
