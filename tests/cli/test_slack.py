import json

import pytest

from tests.cli.shell import Shell

ANYWHERE = Shell({"TOCSIN_DATABASE_URL": "postgresql://127.0.0.1:1/a-manifest-needs-no-database"})


def test_a_manifest_for_http_names_the_address() -> None:
    told = json.loads(ANYWHERE.says("slack", "manifest", "--url", "https://tocsin.acme.example"))
    events = told["settings"]["event_subscriptions"]
    assert events["request_url"] == "https://tocsin.acme.example/slack/events"


def test_a_manifest_for_socket_mode_names_no_address() -> None:
    told = json.loads(ANYWHERE.says("slack", "manifest", "--socket"))
    assert told["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in told["settings"]["event_subscriptions"]


@pytest.mark.parametrize(
    "words", [(), ("--socket", "--url", "https://a.example"), ("--url", "http://a.example")], ids=" ".join
)
def test_anything_else_is_wrong_usage(words: tuple[str, ...]) -> None:
    assert ANYWHERE("slack", "manifest", *words).exit_code == 2
