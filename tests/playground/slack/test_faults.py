"""Planted faults, and the ledger of what was done all the same."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.refusals import refusal

from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.player import Player


def test_a_forced_refusal_has_no_effect(slack: WebClient, player: Player) -> None:
    player.fault(Fault(method="chat.postMessage", error="internal_error"))
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0GENERAL", text="x")
    assert (refusal(caught), player.calls("chat.postMessage")) == ("internal_error", [])


def test_a_lost_answer_leaves_its_effect_behind(slack: WebClient, player: Player) -> None:
    player.fault(Fault(method="chat.postMessage", after_effect=True))
    with pytest.raises(OSError, match=r"reset|closed"):
        slack.chat_postMessage(channel="C0GENERAL", text="posted all the same")
    assert [call["answered"] for call in player.calls("chat.postMessage")] == [False]
    assert player.message("#general", "posted all the same") is not None


def test_a_delay_after_the_effect_holds_back_only_the_answer(slack: WebClient, player: Player) -> None:
    player.fault(Fault(method="chat.postMessage", after_effect=True, delay=2))
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(slack.chat_postMessage, channel="C0GENERAL", text="there at once")
        player.wait_for_message("#general", "there at once")
        assert not answer.done()


def test_the_ledger_keeps_arguments_but_no_token(slack: WebClient, player: Player) -> None:
    slack.conversations_setTopic(channel="C0GENERAL", topic="calm")
    assert [call["args"] for call in player.calls("conversations.setTopic")] == [
        {"channel": "C0GENERAL", "topic": "calm"}
    ]
