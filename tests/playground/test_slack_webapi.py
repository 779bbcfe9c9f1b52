"""The Web API, called by the real slack_sdk."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player, plain_text
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace


class Clock:
    """A clock that goes only when told to."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def address(clock: Clock) -> Iterator[str]:
    settings = Settings(request_url="http://127.0.0.1:9/slack/events", retry_delays=())
    with hosted(Workspace(settings, clock)) as address:
        yield address


@pytest.fixture
def player(address: str) -> Iterator[Player]:
    with Player(address) as player:
        player.reset()
        yield player


@pytest.fixture
def slack(address: str, player: Player) -> WebClient:
    return WebClient("xoxb-practice", base_url=f"{address}/api/", retry_handlers=[])


@pytest.fixture
def channel(slack: WebClient) -> str:
    created: str = slack.conversations_create(name="inc-7-checkout-slow")["channel"]["id"]
    return created


def refusal(caught: pytest.ExceptionInfo[SlackApiError]) -> str:
    code: str = caught.value.response["error"]
    return code


def section(words: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


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


def test_a_bookmark_can_be_changed(slack: WebClient, channel: str) -> None:
    added = slack.bookmarks_add(
        channel_id=channel, title="Console", type="link", link="https://tocsin.example/7"
    )
    slack.bookmarks_edit(channel_id=channel, bookmark_id=added["bookmark"]["id"], title="INC-7")
    assert [one["title"] for one in slack.bookmarks_list(channel_id=channel)["bookmarks"]] == ["INC-7"]


def test_a_file_is_shared_by_files_upload_v2(slack: WebClient, player: Player, address: str) -> None:
    slack.files_upload_v2(
        channel="C0GENERAL", content="# INC-7", filename="post mortem.md", initial_comment="The postmortem"
    )
    message = player.wait_for_message("#general", "The postmortem")
    files = message["files"]
    assert isinstance(files, list)
    assert files[0]["url_private"] == f"{address}/files/F0A000001/post%20mortem.md"


def test_people_are_found_by_email(slack: WebClient) -> None:
    assert slack.users_lookupByEmail(email="bo@acme.example")["user"]["id"] == "U0BO"


def test_an_unknown_email_finds_nobody(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.users_lookupByEmail(email="zed@acme.example")
    assert refusal(caught) == "users_not_found"


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


def test_typed_markup_reaches_readers_escaped(player: Player) -> None:
    player.say("ana", "#general", "<b>@bo</b> see #incidents & hurry")
    said = player.messages("#general")[-1]
    assert plain_text(said) == "&lt;b&gt;<@U0BO>&lt;/b&gt; see <#C0INCIDENTS|incidents> &amp; hurry"


def modal(title: str = "Declare") -> dict[str, object]:
    return {
        "type": "modal",
        "callback_id": "declare",
        "title": {"type": "plain_text", "text": title},
        "blocks": [section("What is wrong?")],
    }
