"""Messages: who may write where, threads, changes, marks and files."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from tests.playground.slack.refusals import refusal

from tocsin.playground.slack.player import Player, plain_text


def test_a_message_to_an_archived_channel_is_refused(slack: WebClient, channel: str) -> None:
    slack.conversations_archive(channel=channel)
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel=channel, text="too late")
    assert refusal(caught) == "is_archived"


def test_a_message_to_a_channel_without_the_bot_is_refused(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0PAYMENTS", text="hello")
    assert refusal(caught) == "not_in_channel"


def test_a_message_that_says_nothing_is_refused(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel="C0GENERAL", text="")
    assert refusal(caught) == "no_text"


def test_metadata_comes_back_only_when_asked_for(slack: WebClient) -> None:
    metadata = {"event_type": "incident", "event_payload": {"ref": "INC-7"}}
    slack.chat_postMessage(channel="C0GENERAL", text="x", metadata=metadata)
    shown = slack.conversations_history(channel="C0GENERAL", include_all_metadata=True)["messages"][0]
    hidden = slack.conversations_history(channel="C0GENERAL")["messages"][0]
    assert (shown["metadata"], "metadata" in hidden) == (metadata, False)


def test_a_thread_is_kept_out_of_the_history(slack: WebClient, player: Player) -> None:
    parent = player.say("ana", "#general", "who is on call?")
    slack.chat_postMessage(channel="C0GENERAL", text="bo is", thread_ts=str(parent["ts"]))
    thread = slack.conversations_replies(channel="C0GENERAL", ts=str(parent["ts"]))["messages"]
    history = slack.conversations_history(channel="C0GENERAL")["messages"]
    assert [one["text"] for one in thread] == ["who is on call?", "bo is"]
    assert [(one["text"], one["reply_count"]) for one in history] == [("who is on call?", 1)]


def test_the_bot_cannot_change_a_persons_message(slack: WebClient, player: Player) -> None:
    said = player.say("ana", "#general", "mine")
    with pytest.raises(SlackApiError) as caught:
        slack.chat_update(channel="C0GENERAL", ts=str(said["ts"]), text="yours")
    assert refusal(caught) == "cant_update_message"


def test_an_updated_message_says_the_new_words(slack: WebClient, player: Player) -> None:
    posted = slack.chat_postMessage(channel="C0GENERAL", text="investigating")
    slack.chat_update(channel="C0GENERAL", ts=posted["ts"], text="mitigated")
    assert player.message("#general", "mitigated") is not None
    assert player.message("#general", "investigating") is None


def test_a_message_that_is_not_there_is_not_found(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.chat_update(channel="C0GENERAL", ts="1.000001", text="x")
    assert refusal(caught) == "message_not_found"


def test_an_ephemeral_message_is_not_in_the_history(slack: WebClient, player: Player) -> None:
    slack.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")
    assert player.message("#general", "psst", seen_by="U0ANA") is not None
    assert slack.conversations_history(channel="C0GENERAL")["messages"] == []


def test_a_second_equal_reaction_is_refused(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel="C0GENERAL", text="x")["ts"]
    slack.reactions_add(channel="C0GENERAL", timestamp=ts, name="eyes")
    with pytest.raises(SlackApiError) as caught:
        slack.reactions_add(channel="C0GENERAL", timestamp=ts, name="eyes")
    assert refusal(caught) == "already_reacted"


def test_a_second_pin_is_refused(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel="C0GENERAL", text="x")["ts"]
    slack.pins_add(channel="C0GENERAL", timestamp=ts)
    with pytest.raises(SlackApiError) as caught:
        slack.pins_add(channel="C0GENERAL", timestamp=ts)
    assert refusal(caught) == "already_pinned"


def test_a_file_is_shared_by_files_upload_v2(slack: WebClient, player: Player, address: str) -> None:
    slack.files_upload_v2(
        channel="C0GENERAL", content="# INC-7", filename="post mortem.md", initial_comment="The postmortem"
    )
    message = player.wait_for_message("#general", "The postmortem")
    files = message["files"]
    assert isinstance(files, list)
    assert files[0]["url_private"] == f"{address}/files/F0A000001/post%20mortem.md"


def test_typed_markup_reaches_readers_escaped(player: Player) -> None:
    player.say("ana", "#general", "<b>@bo</b> see #incidents & hurry")
    said = player.messages("#general")[-1]
    assert plain_text(said) == "&lt;b&gt;<@U0BO>&lt;/b&gt; see <#C0INCIDENTS|incidents> &amp; hurry"
