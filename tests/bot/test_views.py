"""Views: within Slack's limits whatever comes, and never a ping that nobody meant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.actions.base import Change, Plan
from tocsin.bot.asks import Question
from tocsin.bot.human_tasks import HumanTask
from tocsin.bot.office import Links
from tocsin.bot.speech import Words
from tocsin.bot.views import run_forms
from tocsin.bot.views.approval import Matter, approval, details
from tocsin.bot.views.diffs import diff
from tocsin.bot.views.human_task import TaskCard, shown
from tocsin.bot.views.incident import Scene, announcement, summary
from tocsin.bot.views.run import Card, progress
from tocsin.bot.views.suggestion import suggested
from tocsin.bot.views.text import clamp_lines, lasting
from tocsin.events import Actor, Event, steering
from tocsin.events.run import ApprovalRequested, StepPlanned
from tocsin.incidents.tables import Incident, Page
from tocsin.log import Entry
from tocsin.organisation import Organisation
from tocsin.playground.slack.blocks import ALL_TEXT, problems, text_length
from tocsin.runbooks.model import InputSpec, Runbook
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tables import Stop, Suggestion
from tocsin.runbooks.work import Program

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
HOSTILE = "<!channel> & <@U0BO> ``` " * 400


def runbook(steps: int) -> Runbook:
    made = [{"id": f"s{n}", "name": HOSTILE[:200], "wait": "1m"} for n in range(steps)]
    return Runbook.model_validate(
        {"schema": "runbook/v1", "name": "big", "title": HOSTILE[:300], "steps": made}
    )


def state(**more: object) -> RunState:
    return RunState(
        id="f" * 32,
        runbook="big",
        revision="a" * 64,
        inputs={"text": HOSTILE},
        scope={},
        mode="auto",
        trigger="slash",
        requested_by=Actor(kind="slack", id="U0ANA"),
        requested_at=NOW,
        incident_id=None,
        actions={},
        **more,  # type: ignore[arg-type]
    )


def card(count: int, **more: object) -> Card:
    stop = Stop(reason=HOSTILE, stopped_by=HOSTILE[:60], stopped_at=NOW)
    return Card(Program(runbook(count), {}), state(**more), Links("http://console.example"), NOW, stop)


def by_hand(entries: int) -> Words:
    asked = steering.ManualRequested(
        step="s0", assignee=None, instructions=HOSTILE, checklist=(HOSTILE[:300],) * entries, expires_at=NOW
    )
    return shown(TaskCard(HumanTask("manual", "s0", 1, logged(asked)), card(1)))


def logged(event: Event) -> Entry:
    return Entry(
        position=1,
        stream="run/1",
        version=1,
        event=event,
        actor=Actor(kind="slack", id="U0ANA"),
        source="slack",
        source_ref=None,
        incident_id=None,
        run_id="1",
        occurred_at=NOW,
        recorded_at=NOW,
        hash="",
    )


def changes(count: int) -> tuple[Change, ...]:
    return tuple(Change(resource=f"r{n}", field="text", before=None, after=HOSTILE) for n in range(count))


def matter(count: int, risk: str = "low") -> Matter:
    plan = Plan(summary=HOSTILE[:500], changes=changes(count), warnings=(HOSTILE[:500],) * 20)
    planned = StepPlanned(
        step="s0", want={"text": HOSTILE}, plan=plan.model_dump(mode="json"), digest="d", risk=risk
    )
    request = ApprovalRequested(
        step="s0", digest="d" * 64, approvers=("group:sre",), count=1, allow_self=False, expires_at=NOW
    )
    return Matter(
        Question(request, {"s0": planned}), state(), Program(runbook(1), {}), "http://console.example/runs/1"
    )


def suggestion(inputs: int, run_id: str | None = None) -> Words:
    found = Suggestion(
        id="s1",
        runbook="big",
        inputs={f"input{n}": HOSTILE for n in range(inputs)},
        trigger=HOSTILE[:100],
        fired_by="big/1",
        position=1,
        suggested_at=NOW,
        run_id=run_id,
        taken_by=HOSTILE[:60],
    )
    return suggested(found, runbook(1), Links("http://console.example"))


def incident() -> Incident:
    return Incident(
        id="1" * 32,
        number=1,
        title=HOSTILE[:200],
        severity="sev1",
        status="investigating",
        summary=HOSTILE,
        private=False,
        opened_by=HOSTILE[:60],
        opened_by_id="slack:U0ANA",
        opened_at=NOW,
        changed_at=NOW,
        update=HOSTILE,
    )


def scene() -> Scene:
    url = "https://acme.pagerduty.com/incidents/P1"
    page = {"source": "pagerduty", "incident_id": "1", "title": "", "status": "triggered", "url": url}
    pages = [Page.model_validate({**page, "dedup_key": str(n), "changed_at": NOW}) for n in range(30)]
    return Scene(incident(), Organisation(), "http://console.example/incidents/INC-1", pages=pages)


@pytest.mark.parametrize("count", [0, 1, 300])
@pytest.mark.parametrize("risk", ["low", "destructive"])
def test_a_question_of_any_size_is_a_message_that_slack_takes(count: int, risk: str) -> None:
    blocks = list(approval(matter(count, risk)).blocks)
    assert (problems(blocks), text_length(blocks) < ALL_TEXT) == ([], True)


def test_details_of_any_size_are_a_window_that_slack_takes() -> None:
    assert problems(details(matter(300))["blocks"], 100) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("view", [summary, announcement])
def test_an_incident_of_any_size_is_a_message_that_slack_takes(view: object) -> None:
    blocks = list(view(scene()).blocks)  # type: ignore[operator]
    assert (problems(blocks), text_length(blocks) < ALL_TEXT) == ([], True)


def test_a_run_of_two_hundred_steps_is_a_message_that_slack_takes() -> None:
    blocks = list(progress(card(200, summary=HOSTILE, glass=HOSTILE)).blocks)
    assert problems(blocks) == []


@pytest.mark.parametrize("entries", [0, 1, 20])
def test_a_manual_step_of_any_size_is_a_message_that_slack_takes(entries: int) -> None:
    assert problems(list(by_hand(entries).blocks)) == []


@pytest.mark.parametrize("entries", [1, 10, 20])
def test_a_manual_step_of_any_size_is_a_window_that_slack_takes(entries: int) -> None:
    asked = steering.ManualRequested(
        step="s0", assignee=None, instructions=HOSTILE, checklist=(HOSTILE[:140],) * entries, expires_at=NOW
    )
    fields = {f"f{n}": InputSpec(type="string", required=True, description=HOSTILE[:200]) for n in range(20)}
    assert problems(run_forms.complete(asked, fields, "1:s0")["blocks"], 100) == []  # type: ignore[arg-type]


def test_a_question_about_many_plans_is_a_message_that_slack_takes() -> None:
    one = matter(30)
    plans = {f"s{n}": one.question.plans["s0"] for n in range(100)}
    many = replace(one, question=replace(one.question, plans=plans))
    blocks = list(approval(many).blocks)
    assert (problems(blocks), text_length(blocks) < ALL_TEXT) == ([], True)


@pytest.mark.parametrize("run_id", [None, "f" * 32])
@pytest.mark.parametrize("inputs", [0, 1, 60])
def test_a_suggestion_of_any_size_is_a_message_that_slack_takes(inputs: int, run_id: str | None) -> None:
    assert problems(list(suggestion(inputs, run_id).blocks)) == []


@pytest.mark.parametrize("said", ["<!channel>", "<@U0BO>"])
def test_nobody_is_pinged_by_what_others_wrote(said: str) -> None:
    told = [summary(scene()), announcement(scene()), approval(matter(3)), suggestion(3, "f" * 32)]
    told += [progress(card(3, summary=HOSTILE)), by_hand(3)]
    assert not any(said in str(words.blocks) or said in words.text for words in told)


def test_a_change_reads_before_and_after() -> None:
    change = Change(resource="k8s:main/shop/deployment/checkout", field="replicas", before=3, after=5)
    assert diff([change]) == "k8s:main/shop/deployment/checkout\n  replicas   3 → 5"


def test_what_stays_as_it_is_is_not_shown() -> None:
    assert diff([Change(resource="r", field="f", before=1, after=1)]).startswith("nothing would change")


def test_lines_that_do_not_fit_are_counted() -> None:
    assert clamp_lines(["x" * 10] * 5, 40) == "xxxxxxxxxx\nxxxxxxxxxx\n… 3 more"


def test_a_step_shows_its_glyph_and_how_long_it_took() -> None:
    done = StepState(status="succeeded", started_at=NOW, ended_at=NOW + timedelta(seconds=12))
    message = progress(card(1, steps={"s0": done}))
    line = message.blocks[2]["text"]["text"]  # type: ignore[index]
    assert line.startswith("✓ ")
    assert line.endswith("  _12 s_")


@pytest.mark.parametrize(
    ("seconds", "words"), [(42, "42 s"), (420, "7 min"), (7500, "2 h 05 min"), (277200, "3 d 5 h")]
)
def test_durations_are_words(seconds: int, words: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == words
