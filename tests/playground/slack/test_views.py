"""Triggers, and the views they open."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.blocks import section
from tests.playground.slack.clock import Clock
from tests.playground.slack.refusals import refusal

from tocsin.playground.slack.player import Player


def test_a_made_up_trigger_opens_nothing(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.views_open(trigger_id="13.made.up", view=modal())
    assert refusal(caught) == "invalid_trigger_id"


def test_a_trigger_expires_after_three_seconds(slack: WebClient, player: Player, clock: Clock) -> None:
    trigger = player.command("ana", "#general", "/incident declare")["trigger_id"]
    clock.time += 3.5
    with pytest.raises(SlackApiError) as caught:
        slack.views_open(trigger_id=str(trigger), view=modal())
    assert refusal(caught) == "expired_trigger_id"


def test_a_trigger_works_once(slack: WebClient, player: Player) -> None:
    trigger = str(player.command("ana", "#general", "/incident declare")["trigger_id"])
    slack.views_open(trigger_id=trigger, view=modal())
    with pytest.raises(SlackApiError) as caught:
        slack.views_open(trigger_id=trigger, view=modal())
    assert refusal(caught) == "exchanged_trigger_id"


def test_a_view_that_changed_meanwhile_conflicts(slack: WebClient, player: Player) -> None:
    trigger = str(player.command("ana", "#general", "/incident declare")["trigger_id"])
    opened = slack.views_open(trigger_id=trigger, view=modal())["view"]
    slack.views_update(view_id=opened["id"], view=modal(), hash=opened["hash"])
    with pytest.raises(SlackApiError) as caught:
        slack.views_update(view_id=opened["id"], view=modal(), hash=opened["hash"])
    assert refusal(caught) == "hash_conflict"


def test_a_modal_title_over_24_characters_is_refused(slack: WebClient, player: Player) -> None:
    trigger = str(player.command("ana", "#general", "/incident declare")["trigger_id"])
    with pytest.raises(SlackApiError) as caught:
        slack.views_open(trigger_id=trigger, view=modal(title="x" * 25))
    assert refusal(caught) == "invalid_arguments"


def modal(title: str = "Declare") -> dict[str, object]:
    return {
        "type": "modal",
        "callback_id": "declare",
        "title": {"type": "plain_text", "text": title},
        "blocks": [section("What is wrong?")],
    }
