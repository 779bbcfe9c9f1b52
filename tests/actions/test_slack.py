"""slack.post: once, quietly, and no longer than Slack shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tocsin.actions.slack import MAX_TEXT, Post, PostMessage, shown
from tocsin.connections import Connections, SlackConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.player import Player

INCIDENTS = "C0INCIDENTS"


@pytest.fixture
def action(slack_url: str, player: Player) -> PostMessage:
    token = SecretStr("xoxb-practice")
    return PostMessage(Connections({"slack:main": SlackConnection(token=token, api_url=f"{slack_url}/api/")}))


def post(text: str = "It is done.", channel: str = INCIDENTS, thread: str | None = None) -> Post:
    return Post(channel=channel, text=text, thread_ts=thread)


def texts(player: Player) -> list[str]:
    return [str(message["text"]) for message in player.messages("#incidents")]


def test_another_step_posts_another_message(action: PostMessage, player: Player) -> None:
    plan = action.plan(post())
    action.run(post(), plan, "step-1")
    action.run(post(), plan, "step-2")
    assert texts(player) == ["It is done.", "It is done."]


def test_a_post_whose_answer_was_lost_is_found_again(action: PostMessage, player: Player) -> None:
    plan = action.plan(post())
    player.fault(Fault(method="chat.postMessage", after_effect=True))
    with pytest.raises(ActionFailed) as caught:
        action.run(post(), plan, "step-1")
    assert caught.value.retryable
    assert not action.run(post(), plan, "step-1").posted
    assert texts(player) == ["It is done."]


def test_a_reply_is_posted_once_in_its_thread(action: PostMessage, player: Player) -> None:
    thread = action.run(post("The thread"), action.plan(post()), "step-1").ts
    first = action.run(post("A reply", thread=thread), action.plan(post()), "step-2")
    second = action.run(post("A reply", thread=thread), action.plan(post()), "step-2")
    assert (first.posted, second.posted, first.ts) == (True, False, second.ts)


def test_an_expressions_result_pings_nobody(action: PostMessage, player: Player) -> None:
    want = post("<!channel> <!here> <!everyone|all> <!subteam^S0SRE>")
    action.run(want, action.plan(want), "step-1")
    assert "<!" not in texts(player)[0]


def test_a_rate_limit_is_throttled_and_quoted(action: PostMessage, player: Player) -> None:
    plan = action.plan(post())
    player.fault(Fault(method="chat.postMessage", status=429, error="ratelimited", retry_after=17))
    with pytest.raises(ActionFailed, match="wait 17 s") as caught:
        action.run(post(), plan, "step-1")
    assert caught.value.kind is ErrorClass.THROTTLED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("internal_error", ErrorClass.TRANSIENT),
        ("missing_scope", ErrorClass.DENIED),
        ("not_in_channel", ErrorClass.DENIED),
        ("thread_not_found", ErrorClass.MISSING),
        ("msg_too_long", ErrorClass.INVALID),
    ],
)
def test_an_error_of_slacks_has_a_class(
    action: PostMessage, player: Player, code: str, kind: ErrorClass
) -> None:
    plan = action.plan(post())
    player.fault(Fault(method="chat.postMessage", error=code))
    with pytest.raises(ActionFailed, match=code) as caught:
        action.run(post(), plan, "step-1")
    assert caught.value.kind is kind


def test_a_channel_without_the_bot_is_refused_when_planning(action: PostMessage) -> None:
    with pytest.raises(ActionFailed, match="#payments does not have the bot as a member"):
        action.plan(post(channel="C0PAYMENTS"))


def test_a_short_text_is_posted_as_it_is() -> None:
    assert shown("*bold* <@U0ANA> <!date^1^{date}|then> <https://example.com|link>") == (
        "*bold* <@U0ANA> <!date^1^{date}|then> <https://example.com|link>"
    )


def test_a_long_text_ends_with_the_number_of_lines_left_out() -> None:
    assert shown("\n".join(["x" * 99] * 100)).endswith("\n… 61 more lines")


@given(st.text(alphabet="<!channelhr |^>\nx", max_size=9000))
def test_no_text_pings_or_overflows(text: str) -> None:
    found = shown(text)
    assert (len(found) <= MAX_TEXT, "<!channel" in found, "<!here" in found) == (True, False, False)
