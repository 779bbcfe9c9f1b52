"""Channels: their names, members, pages, topics and bookmarks."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.refusals import refusal


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("Upper Case!", "invalid_name_specials"),
        ("---", "invalid_name_punctuation"),
        ("incidents", "name_taken"),
    ],
)
def test_a_bad_channel_name_is_refused_with_slacks_word(slack: WebClient, name: str, code: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.conversations_create(name=name)
    assert refusal(caught) == code


def test_an_archived_channel_still_holds_its_name(slack: WebClient, channel: str) -> None:
    slack.conversations_archive(channel=channel)
    with pytest.raises(SlackApiError) as caught:
        slack.conversations_create(name="inc-7-checkout-slow")
    assert refusal(caught) == "name_taken"


def test_the_bot_is_in_the_channel_it_creates(slack: WebClient, channel: str) -> None:
    assert slack.conversations_members(channel=channel)["members"] == ["U0TOCSIN"]


def test_invited_people_become_members(slack: WebClient, channel: str) -> None:
    slack.conversations_invite(channel=channel, users=["U0ANA", "U0BO"])
    assert slack.conversations_members(channel=channel)["members"] == ["U0TOCSIN", "U0ANA", "U0BO"]


@pytest.mark.parametrize(
    ("channel_name", "user", "code"),
    [
        ("C0INCIDENTS", "U0ANA", "already_in_channel"),
        ("C0INCIDENTS", "U0TOCSIN", "cant_invite_self"),
        ("C0INCIDENTS", "U0NOBODY", "user_not_found"),
        ("C0PAYMENTS", "U0DEE", "not_in_channel"),
        ("C0NOWHERE", "U0DEE", "channel_not_found"),
    ],
)
def test_an_impossible_invitation_is_refused(
    slack: WebClient, channel_name: str, user: str, code: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.conversations_invite(channel=channel_name, users=user)
    assert refusal(caught) == code


def test_one_refused_guest_refuses_the_whole_invitation(slack: WebClient, channel: str) -> None:
    with pytest.raises(SlackApiError):
        slack.conversations_invite(channel=channel, users=["U0ANA", "U0NOBODY"])
    assert slack.conversations_members(channel=channel)["members"] == ["U0TOCSIN"]


def test_channels_come_in_pages(slack: WebClient, channel: str) -> None:
    pages = [[room["name"] for room in page["channels"]] for page in slack.conversations_list(limit=3)]
    assert pages == [["general", "incidents", "payments"], ["inc-7-checkout-slow"]]


def test_a_topic_over_250_characters_is_too_long(slack: WebClient, channel: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.conversations_setTopic(channel=channel, topic="x" * 251)
    assert refusal(caught) == "too_long"


def test_renaming_keeps_the_old_name_on_record(slack: WebClient, channel: str) -> None:
    slack.conversations_rename(channel=channel, name="inc-7-payments-down")
    assert slack.conversations_info(channel=channel)["channel"]["previous_names"] == ["inc-7-checkout-slow"]


def test_a_bookmark_can_be_changed(slack: WebClient, channel: str) -> None:
    added = slack.bookmarks_add(
        channel_id=channel, title="Console", type="link", link="https://tocsin.example/7"
    )
    slack.bookmarks_edit(channel_id=channel, bookmark_id=added["bookmark"]["id"], title="INC-7")
    assert [one["title"] for one in slack.bookmarks_list(channel_id=channel)["bookmarks"]] == ["INC-7"]
