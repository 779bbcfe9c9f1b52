"""Blocks past Slack's limits."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.blocks import section
from tests.playground.slack.refusals import refusal


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([{"type": "divider"}] * 51, id="51 blocks"),
        pytest.param([section("x" * 3001)], id="section of 3001"),
        pytest.param(
            [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], id="header of 151"
        ),
        pytest.param([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], id="header in mrkdwn"),
        pytest.param([{**section("x"), "fields": [{"type": "mrkdwn", "text": "x"}] * 11}], id="11 fields"),
        pytest.param(
            [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}], id="11 notes"
        ),
        pytest.param([{"type": "actions", "elements": [{"type": "telepathy"}]}], id="unknown element"),
        pytest.param([{"type": "hologram"}], id="unknown block"),
        pytest.param(
            [{**section("x"), "block_id": "b"}, {**section("y"), "block_id": "b"}], id="one id twice"
        ),
    ],
)
def test_blocks_past_slacks_limits_are_invalid(slack: WebClient, blocks: list[dict[str, object]]) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)
    assert refusal(caught) == "invalid_blocks"


@pytest.mark.parametrize(
    ("key", "value"),
    [("text", {"type": "plain_text", "text": "x" * 76}), ("value", "x" * 2001), ("style", "loud")],
)
def test_a_button_past_slacks_limits_is_invalid(slack: WebClient, key: str, value: object) -> None:
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, key: value}
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(
            channel="C0GENERAL", text="x", blocks=[{"type": "actions", "elements": [button]}]
        )
    assert refusal(caught) == "invalid_blocks"


def test_a_refused_block_is_named_by_its_json_pointer(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0GENERAL", text="x", blocks=[section("ok"), section("x" * 3001)])
    messages = caught.value.response["response_metadata"]["messages"]
    assert messages == ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"]


def test_blocks_too_long_together_are_refused(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0GENERAL", text="x", blocks=[section("x" * 3000)] * 5)
    assert refusal(caught) == "msg_blocks_too_long"
