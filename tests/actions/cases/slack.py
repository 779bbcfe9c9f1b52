"""Posts in the practice workspace."""

from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tocsin.actions.slack import Post
from tocsin.connections import SlackConnection


def slack_post(worlds: Worlds) -> Case:
    player = worlds.player

    def connection(url: str, token: str) -> SlackConnection:
        return SlackConnection(token=SecretStr(token), api_url=f"{url}/api/")

    def said() -> JsonValue:
        return [str(message["text"]) for message in player.messages("#incidents")]

    want = Post(channel="C0INCIDENTS", text="The rollback is done.")
    return Case(
        connections=connections_of(
            connection(worlds.slack_url, "xoxb-practice"),
            connection(worlds.slack_url, CANARY),
            connection(CLOSED, CANARY),
        ),
        want=want,
        missing=want.model_copy(update={"channel": "C0NOWHERE"}),
        state=said,
        effects=said,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"slack.post": slack_post}
