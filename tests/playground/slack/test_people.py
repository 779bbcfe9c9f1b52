"""People, found by email."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.refusals import refusal


def test_people_are_found_by_email(slack: WebClient) -> None:
    assert slack.users_lookupByEmail(email="bo@acme.example")["user"]["id"] == "U0BO"


def test_an_unknown_email_finds_nobody(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.users_lookupByEmail(email="zed@acme.example")
    assert refusal(caught) == "users_not_found"
