from datetime import timedelta

from tests.postmortems.story import ANA, BEN, BEN_AT_THE_PAGER, Story, at, opened

from tocsin.errors import ErrorClass
from tocsin.events import Actor, incident, run
from tocsin.events.runbook import TriggersDemoted
from tocsin.postmortems.timeline import timeline

COMMANDER = "incident commander"
REQUESTED = run.RunRequested(
    runbook="restart", revision="ab" * 32, inputs={}, mode="propose", trigger="slash"
)


def update(message: str) -> incident.UpdatePosted:
    return incident.UpdatePosted(message=message)


def pinned(text: str, author: str = "U0BEN", permalink: str = "") -> incident.MessagePinned:
    return incident.MessagePinned(channel="C1", ts="1.1", text=text, author=author, permalink=permalink)


def takes(person: Actor, role: str = COMMANDER) -> incident.RoleAssigned:
    return incident.RoleAssigned(role=role, person=person.id, person_name=person.name)


def texts(story: Story) -> list[str]:
    return [row.text for row in timeline(story.entries)]


def test_nothing_happened_makes_no_rows() -> None:
    assert timeline([]) == ()


def test_rows_stand_in_the_order_things_happened() -> None:
    story = opened().tell(update("second"), at(minutes=9)).tell(update("first"), at(minutes=3))
    assert texts(story)[1:] == ["first", "second"]


def test_what_happened_at_one_moment_stands_as_it_was_logged() -> None:
    story = opened().tell(update("first"), at(minutes=3)).tell(update("second"), at(minutes=3))
    assert texts(story)[1:] == ["first", "second"]


def test_a_message_from_before_the_opening_has_a_negative_time() -> None:
    story = opened().tell(pinned("slow?"), at(minutes=-3), learnt=at(minutes=1))
    assert timeline(story.entries)[0].elapsed == timedelta(minutes=-3)


def test_elapsed_time_goes_on_after_a_day() -> None:
    story = opened().tell(update("still here"), at(days=2, hours=1))
    assert timeline(story.entries)[-1].elapsed == timedelta(days=2, hours=1)


def test_an_actor_has_the_role_of_that_time() -> None:
    story = opened().tell(takes(ANA), at(minutes=1), by=ANA).tell(update("a"), at(minutes=2), by=ANA)
    story.tell(takes(BEN), at(minutes=3), by=ANA).tell(update("b"), at(minutes=4), by=ANA)
    roles = {row.text: row.actor_role for row in timeline(story.entries)}
    assert (roles["a"], roles["b"]) == (COMMANDER, None)


def test_whoever_hands_a_role_over_still_has_it() -> None:
    story = opened().tell(takes(ANA), at(minutes=1), by=BEN).tell(takes(BEN), at(minutes=3), by=ANA)
    assert timeline(story.entries)[-1].actor_role == COMMANDER


def test_a_role_is_known_through_another_door_by_the_email() -> None:
    changed = incident.PageChanged(source="pagerduty", dedup_key="P1", change="acknowledged")
    story = opened().tell(takes(BEN), at(minutes=1), by=BEN).tell(changed, at(minutes=2), by=BEN_AT_THE_PAGER)
    assert timeline(story.entries)[-1].actor_role == COMMANDER


def test_two_roles_of_one_person_are_both_told() -> None:
    story = opened().tell(takes(ANA), at(minutes=1), by=ANA)
    story.tell(takes(ANA, "scribe"), at(minutes=2), by=ANA).tell(update("a"), at(minutes=3), by=ANA)
    assert timeline(story.entries)[-1].actor_role == "incident commander, scribe"


def test_a_pinned_message_is_its_authors_not_the_pinners() -> None:
    story = opened().tell(takes(BEN), at(minutes=1), by=BEN)
    story.tell(pinned("it is the cache"), at(minutes=2), by=ANA)
    row = timeline(story.entries)[-1]
    assert (row.actor, row.actor_role) == ("Ben", COMMANDER)


def test_a_pinned_message_keeps_its_permalink() -> None:
    story = opened().tell(pinned("x", permalink="https://acme.slack.com/archives/C1/p11"))
    assert timeline(story.entries)[-1].permalink == "https://acme.slack.com/archives/C1/p11"


def test_an_address_that_is_no_web_address_is_no_link() -> None:
    story = opened().tell(pinned("x", permalink="javascript:alert(1)"))
    assert timeline(story.entries)[-1].permalink == ""


def test_slack_markup_in_a_message_is_read() -> None:
    story = opened().tell(update("hi"), by=BEN).tell(pinned("<@U0BEN> &lt;3\nnew line"), by=ANA)
    assert texts(story)[-1] == "“@Ben <3 new line”"


def test_a_text_from_elsewhere_is_not_read_as_slack_markup() -> None:
    story = opened().tell(update("a <b> &amp; c"), by=Actor(kind="web", id="ana"))
    assert texts(story)[-1] == "a <b> &amp; c"


def test_what_was_learnt_much_later_is_marked() -> None:
    story = opened().tell(pinned("x"), at(minutes=1), learnt=at(minutes=20))
    assert timeline(story.entries)[-1].recorded_at == story.entries[-1].recorded_at


def test_what_was_learnt_at_once_is_not_marked() -> None:
    story = opened().tell(pinned("x"), at(minutes=1), learnt=at(minutes=6))
    assert timeline(story.entries)[-1].recorded_at is None


def test_a_hidden_entry_is_left_out() -> None:
    story = opened().tell(pinned("card number"), ref="message:C1:1.1")
    story.tell(incident.EntryHidden(source_ref="message:C1:1.1"), by=ANA)
    assert texts(story) == ["Incident opened as sev3: Checkout is down"]


def test_an_entry_that_was_hidden_and_shown_again_is_there() -> None:
    story = opened().tell(pinned("graph"), ref="message:C1:1.1")
    story.tell(incident.EntryHidden(source_ref="message:C1:1.1"))
    story.tell(incident.EntryShown(source_ref="message:C1:1.1"))
    assert texts(story)[-1] == "“graph”"


def test_hiding_reaches_no_entry_of_a_run() -> None:
    story = opened().tell(REQUESTED, run="r1", ref="same").tell(incident.EntryHidden(source_ref="same"))
    assert len(timeline(story.entries)) == 2


def test_bookkeeping_is_left_out() -> None:
    story = opened().tell(incident.MessageKept(artefact="summary", channel="C1", ts="1"))
    story.tell(run.LocksTaken(resources=("k8s:main",)), run="r1")
    assert len(timeline(story.entries)) == 1


def test_the_same_thing_several_times_in_a_row_is_one_row() -> None:
    alert = incident.AlertReceived(source="pagerduty", title="5xx", service="shop", dedup_key="P1")
    story = opened().tell(alert, at(minutes=1)).tell(alert, at(minutes=2)).tell(alert, at(minutes=9))
    row = timeline(story.entries)[-1]
    assert (row.times, row.until) == (3, story.entries[-1].occurred_at)


def test_the_same_thing_after_something_else_is_a_row_of_its_own() -> None:
    story = opened().tell(update("a"), at(1)).tell(update("b"), at(2)).tell(update("a"), at(3))
    assert texts(story)[1:] == ["a", "b", "a"]


def test_retries_of_a_step_are_one_row() -> None:
    story = opened().tell(REQUESTED, run="r1").tell(run.StepStarted(step="s", attempt=1, key="k"), run="r1")
    failed = run.StepFailed(
        step="s", attempt=1, error="503", kind=ErrorClass.TRANSIENT, retry_at=story.entries[0].occurred_at
    )
    story.tell(failed, at(minutes=1), run="r1").tell(
        run.StepStarted(step="s", attempt=2, key="k"), at(minutes=2), run="r1"
    )
    story.tell(failed.model_copy(update={"attempt": 2}), at(minutes=3), run="r1")
    row = timeline(story.entries)[-1]
    assert (row.text, row.times) == ("restart › s failed, will be tried again: 503", 2)


def test_a_step_row_names_its_run_and_step() -> None:
    story = opened().tell(REQUESTED, run="r1").tell(run.StepVerified(step="drain"), run="r1")
    row = timeline(story.entries)[-1]
    assert (row.text, row.run_id, row.step) == ("restart › drain verified", "r1", "drain")


def test_a_text_of_many_words_is_cut() -> None:
    assert len(texts(opened().tell(update("word " * 1000)))[-1]) <= 500


def test_a_runbook_that_only_proposes_now_is_told() -> None:
    [_, row] = timeline(opened().tell(TriggersDemoted(runbook="tell", digest="d", failures=3)).entries)
    assert (row.kind, row.text) == ("problem", "tell only proposes now: it failed 3 times in a row")
