from html import escape
from zoneinfo import ZoneInfo

import pytest
from tests.postmortems.reading import Page, markdown
from tests.postmortems.story import ANA, BEN, Story, at, opened

from tocsin.events import incident, run
from tocsin.postmortems.facts import fold
from tocsin.postmortems.model import Postmortem
from tocsin.postmortems.render import Format, digest, render

TYPED = (
    "</style><script>alert(1)</script> <img src=x onerror=alert(1)>"
    " [x](javascript:alert(1)) | ` ![y](z) @here\n# H"
)
HARM = f"{TYPED} {escape(TYPED)}"
"""As it is typed, and as Slack hands it on."""


def facts(story: Story) -> Postmortem:
    return fold(story.entries, "https://tocsin.example", 1)


def harmed(text: str) -> Story:
    """Return a story in which everybody writes ``text`` wherever they can."""
    plan = {
        "summary": text,
        "changes": [{"resource": text, "field": text, "before": text, "after": None}],
        "warnings": [text],
    }
    requested = run.RunRequested(runbook=text, revision=text, inputs={text: text}, mode="auto", trigger=text)
    somebody = ANA.model_copy(update={"name": text})
    return (
        opened(title=text, summary=text)
        .tell(incident.RoleAssigned(role=text, person=text, person_name=text), by=somebody)
        .tell(
            incident.AlertReceived(
                source=text, title=text, service=text, dedup_key="P", urgency=text, url="javascript:alert(1)"
            )
        )
        .tell(incident.SeverityChanged(before=text, after=text, reason=text), by=somebody)
        .tell(incident.UpdatePosted(message=text), by=somebody)
        .tell(
            incident.MessagePinned(channel="C", ts="1", text=text, author=text, permalink="data:text/html,x")
        )
        .tell(requested, run="r1", by=somebody)
        .tell(run.StepPlanned(step=text, want={}, plan=plan, digest="d", risk=text), run="r1")
        .tell(run.ApprovalGiven(step=text, digest="d", comment=text), run="r1", by=somebody)
        .tell(
            run.StepFailed.model_validate({"step": text, "attempt": 1, "error": text, "kind": "denied"}),
            run="r1",
        )
        .tell(run.RunFinished(status="failed", summary=text), run="r1")
    )


def whole() -> Story:
    """Return a story of two days with a bit of everything."""
    story = harmed("quiet").tell(incident.UpdatePosted(message="Over."), at(days=1, hours=3), by=BEN)
    return story.tell(incident.StatusChanged(before="investigating", after="resolved"), at(days=2), by=BEN)


def page(text: str) -> Page:
    return Page(render(facts(harmed(text)), "html"))


def sheet(text: str) -> Page:
    return markdown(render(facts(harmed(text))))


def test_html_takes_no_tag_from_a_text() -> None:
    harmless, harmful = (
        Page(render(facts(harmed("quiet")), "html")),
        Page(render(facts(harmed(HARM)), "html")),
    )
    assert harmful.tags == harmless.tags


def test_html_takes_no_attribute_from_a_text() -> None:
    harmless, harmful = (
        Page(render(facts(harmed("quiet")), "html")),
        Page(render(facts(harmed(HARM)), "html")),
    )
    assert harmful.attributes == harmless.attributes


def test_html_links_only_to_the_web() -> None:
    assert page(HARM).addresses == ["https://tocsin.example/incidents/INC-7"]


def test_markdown_takes_no_markup_from_a_text() -> None:
    harmless, harmful = sheet("quiet"), sheet(HARM)
    assert [tag for tag in harmful.tags if tag != "br"] == [tag for tag in harmless.tags if tag != "br"]


def test_markdown_links_only_to_the_web() -> None:
    assert sheet(HARM).addresses == ["https://tocsin.example/incidents/INC-7"]


def test_markdown_tables_stay_whole() -> None:
    quiet, harmful = sheet("quiet"), sheet(HARM)
    assert [len(row) for row in harmful.rows] == [len(row) for row in quiet.rows]


def test_markdown_calls_nobody() -> None:
    assert "@here" not in render(facts(harmed(HARM)))


def test_json_comes_back_as_it_was() -> None:
    postmortem = facts(harmed(HARM))
    assert Postmortem.model_validate_json(render(postmortem, "json")) == postmortem


@pytest.mark.parametrize("format", ["md", "html", "json"])
def test_the_same_entries_give_the_same_bytes(format: Format) -> None:
    assert render(facts(whole()), format) == render(facts(whole()), format)


@pytest.mark.parametrize("format", ["md", "html", "json"])
def test_an_incident_of_which_nothing_is_known_is_written_too(format: Format) -> None:
    assert "None" not in render(facts(opened(title="")), format)


def test_an_empty_summary_becomes_a_question() -> None:
    assert "What happened, in three sentences" in render(facts(opened()))


def test_a_summary_takes_the_place_of_its_question() -> None:
    assert "What happened, in three sentences" not in render(facts(opened(summary="Cards fail.")))


def test_a_row_has_date_zone_elapsed_kind_actor_role_source_and_link() -> None:
    story = opened().tell(
        incident.RoleAssigned(role="incident commander", person="U0ANA", person_name="Ana"), by=ANA
    )
    pinned = incident.MessagePinned(
        channel="C1", ts="1.1", text="fixed", author="U0ANA", permalink="https://a.slack.com/p1"
    )
    story.tell(pinned, at(days=1, minutes=12, seconds=4), by=ANA)
    assert (
        "- 2026-03-03 14:07:31 UTC (+1d 00:12:04) · [message] “fixed” · by Ana (incident commander)"
        " · via slack · [link](<https://a.slack.com/p1>)\n"
    ) in render(facts(story))


def test_a_timeline_over_days_has_the_date_in_every_row() -> None:
    rows = render(facts(whole())).split("## Timeline", 1)[1]
    assert "- 2026-03-03 16:55:27 UTC (+1d 03:00:00) · [update] Over." in rows


@pytest.mark.parametrize("format", ["md", "html"])
def test_times_are_told_in_the_zone_that_was_asked_for(format: Format) -> None:
    text = render(facts(whole()), format, ZoneInfo("Asia/Tokyo"))
    assert ("2026-03-02 22:55:27 JST" in text, " UTC" in text) == (True, False)


def test_a_digest_is_the_sha256_of_the_text() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_private_incident_says_so() -> None:
    event = incident.IncidentOpened(
        number=8, title="x", severity="sev1", status="investigating", private=True
    )
    assert "This incident is private" in render(facts(Story().tell(event)))


def test_html_loads_nothing_from_elsewhere() -> None:
    html = render(facts(whole()), "html")
    assert ("<link" in html, "<script" in html, "url(" in html) == (False, False, False)


def test_a_document_names_the_log_position_it_was_written_from() -> None:
    assert "written from the log up to event 1 of 2026-03-02 13:55:27 UTC" in render(facts(opened()))
