"""The manifest holds what the code uses, and nothing else."""

import ast
from pathlib import Path

import pytest

from tests.bot.stage import Stage
from tocsin import bot
from tocsin.bot.app import build_app
from tocsin.bot.hearing import EVENTS
from tocsin.bot.manifest import EVENT_SCOPES, METHODS, manifest, scopes
from tocsin.bot.names import ActionId, Modal
from tocsin.bot.presses import PRESSES, SUBMISSIONS

SOURCES = sorted(Path(bot.__file__).parent.rglob("*.py"))


def called_methods() -> set[str]:
    """Return every method that the code calls on a client."""
    trees = [ast.parse(path.read_text()) for path in SOURCES]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = [call for call in calls if isinstance(call, ast.Attribute)]
    return {call.attr for call in found if ast.unparse(call.value).endswith("client") and "_" in call.attr}


def test_every_method_that_is_called_has_its_scopes_in_the_manifest() -> None:
    assert called_methods() == set(METHODS)


def test_the_scopes_are_those_of_methods_events_and_commands() -> None:
    assert scopes() == [
        "channels:history", "channels:manage", "channels:read", "chat:write", "commands", "files:write",
        "groups:history", "groups:read", "groups:write", "im:history", "im:write", "pins:read", "pins:write",
        "reactions:read", "reactions:write", "users:read", "users:read.email",
    ]  # fmt: skip


def test_every_event_has_a_scope() -> None:
    assert set(EVENT_SCOPES) == set(EVENTS)


def test_every_button_and_window_has_a_listener() -> None:
    assert (set(PRESSES), set(SUBMISSIONS)) == (set(ActionId), set(Modal))


async def test_bolt_listens_to_exactly_what_the_manifest_names(stage: Stage) -> None:
    made = manifest("https://tocsin.example")
    features, settings = made["features"], made["settings"]
    commands = len(features["slash_commands"])  # type: ignore[index]
    shortcuts = len(features["shortcuts"])  # type: ignore[index]
    events = len(settings["event_subscriptions"]["bot_events"])  # type: ignore[index]
    listeners = build_app(stage.office)._async_listeners
    assert len(listeners) == commands + shortcuts + events + len(ActionId) + len(Modal)


@pytest.mark.parametrize(("url", "by_socket"), [("https://tocsin.example", False), (None, True)])
def test_without_an_address_the_app_uses_socket_mode(url: str | None, by_socket: bool) -> None:
    settings = manifest(url)["settings"]
    assert settings["socket_mode_enabled"] is by_socket  # type: ignore[index]
