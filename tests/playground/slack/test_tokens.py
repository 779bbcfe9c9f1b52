"""Who may call the Web API."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.refusals import refusal


def test_a_call_without_a_token_is_not_authed(address: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        WebClient(base_url=f"{address}/api/").auth_test()
    assert refusal(caught) == "not_authed"


def test_a_strange_token_is_invalid_auth(address: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        WebClient("xoxb-strange", base_url=f"{address}/api/").auth_test()
    assert refusal(caught) == "invalid_auth"


def test_a_bot_token_opens_no_socket(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.apps_connections_open(app_token="xoxb-practice")
    assert refusal(caught) == "not_allowed_token_type"


def test_an_unknown_method_says_so(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.api_call("incidents.declare")
    assert refusal(caught) == "unknown_method"
