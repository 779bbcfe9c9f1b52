"""Runs in Slack: started by a word, asked about with a diff, decided by a press, followed in place."""

import asyncio
import itertools

from sqlmodel import select

from tests.bot.stage import Stage
from tests.bot.test_commands import say
from tocsin.events import SYSTEM
from tocsin.incidents.tables import Incident
from tocsin.jobs import Job
from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.shapes import Json
from tocsin.runbooks.tables import Run

START = "/runbook run tell text='We are on it'"


async def asked(stage: Stage, user: str = "ana") -> tuple[Incident, Json]:
    """Start the run in an incident and return the message that asks."""
    incident = await stage.declared()
    await say(stage, START, user=user, channel=incident.channel or "")
    return incident, await stage.play(
        stage.player.wait_for_message, incident.channel or "", "Approve: Post the notice"
    )


async def test_runbooks_are_listed_with_what_they_need(stage: Stage) -> None:
    assert "*Tell the customers*  `/runbook run tell text=…`" in await say(stage, "/runbook list")


async def test_a_plan_shows_the_change_and_starts_nothing(stage: Stage) -> None:
    await say(stage, "/runbook plan tell text=hello")
    plan = await stage.play(stage.player.wait_for_message, "#general", "Plan of tell", seen_by="U0ANA")
    assert ("null → hello" in str(plan), "No run yet" in await say(stage, "/runbook status")) == (True, True)


async def test_a_missing_input_is_said_before_anything_begins(stage: Stage) -> None:
    assert "Input `text` is required" in await say(stage, "/runbook run tell")


async def test_a_runbook_goes_by_its_slash_name_too(stage: Stage) -> None:
    assert "Tell the customers" in await say(stage, "/runbook run notice text=hello")


async def test_who_is_no_responder_may_not_start_it(stage: Stage) -> None:
    assert "may not start this run" in await say(stage, START, user="dee")


async def test_the_question_shows_before_and_after_risk_and_revision(stage: Stage) -> None:
    _, question = await asked(stage)
    shown = str(question["blocks"])
    assert all(part in shown for part in ("null → We are on it", "low risk", "tell@", "expires"))


async def test_a_question_that_two_events_cause_at_once_is_asked_once(stage: Stage) -> None:
    incident = await stage.declared()
    await stage.play(stage.player.fault, Fault(method="chat.postMessage", delay=1, times=20))
    await say(stage, START, channel=incident.channel or "")
    await stage.until(lambda: _is_asking(stage))
    again = Job(task="bot.show_runs", args={"incident_id": incident.id})
    async with stage.office.database.transaction() as session:
        # As the opening of the channel does, at the worst moment.
        await stage.office.queue.defer(session, [again])
    await stage.play(stage.player.wait_for_message, incident.channel or "", "Approve: Post the notice")
    await asyncio.sleep(3)
    posted = await stage.play(stage.player.calls, "chat.postMessage")
    assert sum("Approve: Post the notice" in str(call["args"]) for call in posted) == 1


async def _is_asking(stage: Stage) -> bool:
    async with stage.office.database.transaction() as session:
        statuses = await session.exec(select(Run.status))
        return "awaiting_approval" in statuses.all()


async def test_the_one_who_asked_may_not_approve(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.press, "ana", question, "approval_approve")
    told = await stage.play(
        stage.player.wait_for_message, incident.channel or "", "somebody else has to", seen_by="U0ANA"
    )
    assert told["ephemeral_to"] == "U0ANA"


async def test_the_press_checks_the_rights_again(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.join, "elif", incident.channel or "")
    await stage.play(stage.player.press, "elif", question, "approval_approve")
    await stage.play(
        stage.player.wait_for_message, incident.channel or "", "may not approve", seen_by="U0ELIF"
    )
    assert "approval_given" not in await stage.types(incident.id)


async def test_an_approval_is_shown_with_its_giver_and_without_buttons(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.press, "bo", question, "approval_approve")
    decided = await stage.play(stage.player.wait_for_message, incident.channel or "", "Approved by <@U0BO>")
    assert (decided["ts"], "approval_approve" in str(decided)) == (question["ts"], False)


async def test_an_approved_run_does_its_work_and_its_one_message_says_so(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.press, "bo", question, "approval_approve")
    await stage.play(stage.player.wait_for_message, "#general", "We are on it")
    done = await stage.play(stage.player.wait_for_message, incident.channel or "", "✓ Post the notice")
    runs = [
        one
        for one in await stage.play(stage.player.messages, incident.channel or "")
        if "Tell the customers" in str(one)
    ]
    assert [done["ts"]] == [one["ts"] for one in runs if "✓" in str(one) or "◔" in str(one)]


async def test_of_two_presses_at_once_one_decides_and_the_other_is_told(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.join, "chidi", incident.channel or "")
    await asyncio.gather(
        stage.play(stage.player.press, "bo", question, "approval_approve"),
        stage.play(stage.player.press, "chidi", question, "approval_approve"),
    )
    assert (await stage.types(incident.id)).count("approval_given") == 1


async def test_a_rejection_needs_a_reason_and_shows_it(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.press, "bo", question, "approval_reject")
    view = await stage.play(stage.player.wait_for_view, "bo", "Reject")
    await stage.play(stage.player.submit, "bo", view, {"reason": "not yet"})
    rejected = await stage.play(stage.player.wait_for_message, incident.channel or "", "Rejected by <@U0BO>")
    assert ("not yet" in str(rejected), "approval_approve" in str(rejected)) == (True, False)


async def test_details_show_plan_inputs_and_rights(stage: Stage) -> None:
    _, question = await asked(stage)
    await stage.play(stage.player.press, "bo", question, "approval_details")
    view = await stage.play(stage.player.wait_for_view, "bo", "Tell the customers")
    assert all(part in str(view) for part in ("text = We are on it", "group:sre", "slack:main"))


async def test_cancelling_closes_the_question(stage: Stage) -> None:
    incident, _ = await asked(stage)
    run = await stage.play(stage.player.wait_for_message, incident.channel or "", "waits for an approval")
    await stage.play(stage.player.press, "ana", run, "run_cancel")
    view = await stage.play(stage.player.wait_for_view, "ana", "Cancel")
    await stage.play(stage.player.submit, "ana", view, {"how": "leave", "reason": "wrong text"})
    closed = await stage.play(stage.player.wait_for_message, incident.channel or "", "cancelled the run")
    assert "approval_approve" not in str(closed)


async def test_a_run_without_incident_asks_in_the_announcements_channel(stage: Stage) -> None:
    await say(stage, START)
    question = await stage.play(stage.player.wait_for_message, "#incidents", "Approve: Post the notice")
    await stage.play(stage.player.press, "bo", question, "approval_approve")
    assert await stage.play(stage.player.wait_for_message, "#incidents", "Approved by <@U0BO>")


async def test_the_postmortem_is_shared_with_its_file(stage: Stage) -> None:
    incident = await stage.declared()
    await say(stage, "/incident resolve rolled back", channel=incident.channel or "")
    shared = await stage.play(stage.player.wait_for_message, incident.channel or "", "Postmortem of INC-1")
    assert [one["name"] for one in shared["files"]] == ["INC-1-postmortem-1.md"]  # type: ignore[attr-defined]


async def test_a_runs_message_is_edited_at_most_once_a_second(stage: Stage) -> None:
    incident, question = await asked(stage)
    await stage.play(stage.player.press, "bo", question, "approval_approve")
    done = await stage.play(stage.player.wait_for_message, incident.channel or "", "✓ Post the notice")
    edits = [
        one for one in await stage.play(stage.player.calls, "chat.update") if str(done["ts"]) in str(one)
    ]
    times = [float(str(one["at"])) for one in edits]
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(times))


LOUD = """
schema: runbook/v1
name: loud
title: Say it
steps:
  - id: count
    set: { carts: 7 }
    timeline: { level: major, summary: "${{ steps.count.outputs.carts }} carts were lost" }
"""


async def test_what_a_step_says_loudly_is_said_in_the_channel(stage: Stage) -> None:
    async with stage.office.database.transaction() as session:
        digest = await stage.office.revisions.record(session, SYSTEM, LOUD, "loud.yaml")
        await stage.office.revisions.publish(session, SYSTEM, "loud", digest)
    incident = await stage.declared()
    await say(stage, "/runbook run loud", channel=incident.channel or "")
    assert await stage.play(stage.player.wait_for_message, incident.channel or "", "7 carts were lost")
