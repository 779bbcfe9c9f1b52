"""Bursts of messages, and waiting as told."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.clock import Clock


def test_a_burst_of_messages_is_told_to_wait(slack: WebClient) -> None:
    for number in range(30):
        slack.chat_postMessage(channel="C0GENERAL", text=f"message {number}")
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0GENERAL", text="one too many")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"


def test_waiting_as_told_lets_the_next_message_through(slack: WebClient, clock: Clock) -> None:
    for number in range(30):
        slack.chat_postMessage(channel="C0GENERAL", text=f"message {number}")
    clock.time += 1
    assert slack.chat_postMessage(channel="C0GENERAL", text="after the wait")["ok"]
