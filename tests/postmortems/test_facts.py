from datetime import timedelta

import pytest
from tests.postmortems.story import (
    ANA,
    BEN,
    BEN_AT_THE_PAGER,
    OPENED,
    Story,
    at,
    opened,
)

from tocsin.errors import NotFound
from tocsin.events import Actor, incident, steering
from tocsin.postmortems.facts import fold
from tocsin.postmortems.model import Postmortem

ALERT = incident.AlertReceived(
    source="pagerduty", title="5xx", service="shop", dedup_key="P1", url="https://pd.example/P1"
)


def facts(story: Story) -> Postmortem:
    return fold(story.entries, "https://tocsin.example", 1)


def measured(story: Story) -> dict[str, timedelta | None]:
    return {measure.name: measure.value for measure in facts(story).course.measures}


def page(change: str, key: str = "P1") -> incident.PageChanged:
    return incident.PageChanged.model_validate({"source": "pagerduty", "dedup_key": key, "change": change})


def status(after: str) -> incident.StatusChanged:
    return incident.StatusChanged(before="whatever", after=after)


def takes(person: Actor) -> incident.RoleAssigned:
    return incident.RoleAssigned(role="incident commander", person=person.id, person_name=person.name)


def test_entries_without_an_opening_are_no_incident() -> None:
    with pytest.raises(NotFound):
        facts(Story().tell(status("resolved")))


def test_broken_glass_has_to_be_reviewed() -> None:
    story = opened().tell(steering.GlassBroken(reason="nobody can pay"), by=BEN, run="3f2a91bc0000")
    first = facts(story).follow_ups.questions[0]
    assert first.startswith("Ben let run 3f2a91bc change things in spite of a freeze (nobody can pay)")


def test_what_is_not_known_is_none_and_not_zero() -> None:
    assert set(measured(opened()).values()) == {None}


def test_an_unresolved_incident_has_no_end() -> None:
    assert facts(opened()).course.resolved_at is None


def test_time_to_resolve_goes_over_a_day() -> None:
    story = opened().tell(status("resolved"), at(days=3, hours=1))
    assert measured(story)["Time to resolve"] == timedelta(days=3, hours=1)


def test_time_to_resolve_counts_to_the_last_resolution() -> None:
    story = opened().tell(status("resolved"), at(1)).tell(status("investigating"), at(2))
    story.tell(status("resolved"), at(5))
    assert measured(story)["Time to resolve"] == timedelta(hours=5)


def test_a_reopened_incident_is_not_resolved() -> None:
    story = opened().tell(status("resolved"), at(1)).tell(status("investigating"), at(2))
    assert facts(story).course.resolved_at is None


def test_time_to_mitigate_is_to_the_first_calm_status() -> None:
    story = opened().tell(status("monitoring"), at(1)).tell(status("mitigated"), at(2))
    assert measured(story)["Time to mitigate"] == timedelta(hours=1)


def test_time_to_acknowledge_begins_with_the_alert() -> None:
    story = opened().tell(ALERT, at(minutes=-2)).tell(page("acknowledged"), at(minutes=3))
    assert measured(story)["Time to acknowledge"] == timedelta(minutes=5)


def test_clocks_that_contradict_each_other_measure_nothing() -> None:
    story = opened().tell(ALERT, at(minutes=5)).tell(page("acknowledged"), at(minutes=3))
    assert measured(story)["Time to acknowledge"] is None


def test_every_measure_says_what_it_measures() -> None:
    assert all(measure.definition for measure in facts(opened()).course.measures)


def test_severities_say_how_long_each_lasted() -> None:
    story = opened().tell(incident.SeverityChanged(before="sev3", after="sev1"), at(minutes=10))
    story.tell(status("resolved"), at(days=1))
    lasted = [(stage.name, stage.lasted) for stage in facts(story).course.severities]
    assert lasted == [("sev3", timedelta(minutes=10)), ("sev1", timedelta(hours=23, minutes=50))]


def test_a_hand_over_ends_one_tenure_and_begins_the_next() -> None:
    story = opened().tell(takes(ANA), at(minutes=1)).tell(takes(BEN), at(minutes=9))
    assert [(one.person, one.until) for one in facts(story).roles] == [
        ("Ana", OPENED + timedelta(minutes=9)),
        ("Ben", None),
    ]


def test_a_page_says_who_acknowledged_it_and_when() -> None:
    story = opened().tell(ALERT).tell(page("acknowledged"), at(minutes=4), by=BEN_AT_THE_PAGER)
    answered = facts(story).pages[0]
    assert (answered.acknowledged_by, answered.acknowledged_at) == (
        "Ben Okafor",
        OPENED + timedelta(minutes=4),
    )


def test_alerts_of_one_page_are_counted() -> None:
    assert [one.alerts for one in facts(opened().tell(ALERT).tell(ALERT)).pages] == [2]


def test_a_page_that_we_resolved_is_resolved() -> None:
    story = opened().tell(ALERT).tell(incident.PagerResolved(dedup_key="P1"), at(1))
    assert facts(story).pages[0].resolved_at == OPENED + timedelta(hours=1)


def test_a_hidden_alert_is_told_nowhere_yet_its_time_counts() -> None:
    story = opened().tell(ALERT, at(minutes=-2), ref="pd:1").tell(page("acknowledged"), at(minutes=1))
    story.tell(incident.EntryHidden(source_ref="pd:1"))
    assert (facts(story).pages, measured(story)["Time to acknowledge"]) == ((), timedelta(minutes=3))


def test_a_hidden_message_is_told_nowhere() -> None:
    message = incident.MessagePinned(channel="C1", ts="1", text="4111 1111", author="U0BEN")
    story = opened().tell(message, ref="m").tell(incident.EntryHidden(source_ref="m"))
    assert "4111" not in facts(story).model_dump_json()


def test_a_message_is_kept_whole_with_its_lines() -> None:
    message = incident.MessagePinned(channel="C1", ts="1", text="<@U0ANA>\nsecond", author="U0BEN")
    assert facts(opened().tell(message)).messages[0].text == "@Ana\nsecond"


def test_a_person_of_two_doors_took_part_once() -> None:
    story = opened().tell(ALERT).tell(takes(BEN), by=BEN)
    story.tell(page("acknowledged"), by=BEN_AT_THE_PAGER)
    assert [person.name for person in facts(story).people] == ["Ana", "Ben"]


def test_a_monitoring_integration_is_nobody() -> None:
    integration = Actor(kind="pagerduty", id="PSVC", name="Checkout service")
    story = opened().tell(ALERT, by=integration).tell(page("resolved"), by=integration)
    assert [person.name for person in facts(story).people] == ["Ana"]


def test_people_are_asked_what_only_they_can_say() -> None:
    titles = [prompt.title for prompt in facts(opened()).prompts]
    assert titles == ["Contributing factors", "What went well", "Where we were lucky", "What went badly"]
