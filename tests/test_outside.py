"""The connections that need not be listed: they are made of the settings."""

import pytest

from tocsin import outside
from tocsin.connections import PagerDutyConnection, SlackConnection
from tocsin.errors import ActionFailed
from tocsin.settings import load


def test_pagerdutys_token_makes_a_connection() -> None:
    settings = load({"TOCSIN_PAGERDUTY_API_TOKEN": "u+token", "TOCSIN_PAGERDUTY_FROM": "ana@acme.example"})
    found = outside.connections(settings).get("pagerduty:main", PagerDutyConnection)
    assert (found.token.get_secret_value(), found.sender, found.base_url) == (
        "u+token",
        "ana@acme.example",
        "https://api.pagerduty.com",
    )


def test_the_bot_token_makes_a_connection() -> None:
    found = outside.connections(load({"TOCSIN_SLACK_BOT_TOKEN": "xoxb-token"}))
    assert found.get("slack:main", SlackConnection).token.get_secret_value() == "xoxb-token"


def test_without_tokens_there_are_none() -> None:
    with pytest.raises(ActionFailed, match="no connection 'pagerduty:main'"):
        outside.connections(load({})).get("pagerduty:main", PagerDutyConnection)
