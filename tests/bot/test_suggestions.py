"""What triggers suggest, in Slack: a message with a button, and what became of it."""

import asyncio

from sqlmodel import select

from tests.bot.stage import Stage
from tocsin.events import SYSTEM, Event, Fact
from tocsin.events.incident import ArtefactFailed
from tocsin.events.starting import RunHeldBack, RunSuggested
from tocsin.incidents.tables import Incident
from tocsin.playground.slack.shapes import Json
from tocsin.runbooks.tables import Run

NOTICE = """\
schema: runbook/v1
name: hold
title: Hold the deployments
on:
  - incident: opened
    when: "'deploy' in incident.title"
    mode: suggest
    with: { why: "${{ incident.title }}" }
inputs: { why: { type: string } }
permissions: { run: [group:sre] }
steps: [{ id: hold, wait: 1h }]
"""


async def publish(stage: Stage) -> None:
    async with stage.office.database.transaction() as session:
        digest = await stage.office.revisions.record(session, SYSTEM, NOTICE, "hold.yaml")
        await stage.office.revisions.publish(session, SYSTEM, "hold", digest)


async def suggested(stage: Stage) -> tuple[Incident, Json]:
    """Declare an incident that the runbook looks out for, and return the message that suggests it."""
    await publish(stage)
    incident = await stage.declared("A deploy broke checkout")
    return incident, await stage.play(
        stage.player.wait_for_message, incident.channel or "", "Run Hold the deployments?"
    )


async def runs(stage: Stage) -> list[Run]:
    async with stage.office.database.transaction() as session:
        return list((await session.exec(select(Run))).all())


async def append(stage: Stage, stream: str, event: Event, incident_id: str | None = None) -> None:
    async with stage.office.database.transaction() as session:
        await stage.office.log.append(session, stream, [Fact(event=event, incident_id=incident_id)])


async def test_a_suggestion_is_shown_with_its_inputs_and_a_button_and_starts_nothing(stage: Stage) -> None:
    _, message = await suggested(stage)
    shown = str(message["blocks"])
    wanted = (
        "why = A deploy broke checkout",
        "incident:opened",
        "Run Hold the deployments",
        "suggestion_run",
    )
    assert [part for part in wanted if part not in shown] == []
    assert await runs(stage) == []


async def test_whoever_presses_starts_the_run_and_the_message_says_who(stage: Stage) -> None:
    incident, message = await suggested(stage)
    await stage.play(stage.player.press, "bo", message, "suggestion_run")
    taken = await stage.play(stage.player.wait_for_message, incident.channel or "", "started run")
    [run] = await runs(stage)
    assert (taken["ts"], "suggestion_run" in str(taken)) == (message["ts"], False)
    assert (run.trigger, run.incident_id, run.requested_by) == ("suggestion", incident.id, "Bo Achterberg")


async def test_who_may_not_start_the_runbook_is_told_so(stage: Stage) -> None:
    incident, message = await suggested(stage)
    await stage.play(stage.player.join, "elif", incident.channel or "")
    await stage.play(stage.player.press, "elif", message, "suggestion_run")
    await stage.play(
        stage.player.wait_for_message, incident.channel or "", "may not start this run", seen_by="U0ELIF"
    )
    assert await runs(stage) == []


async def test_of_two_presses_at_once_one_starts_the_run(stage: Stage) -> None:
    _, message = await suggested(stage)
    presses = (stage.play(stage.player.press, user, message, "suggestion_run") for user in ("ana", "bo"))
    await asyncio.gather(*presses)
    assert len(await runs(stage)) == 1


async def test_what_belongs_to_no_incident_is_suggested_to_everybody(stage: Stage) -> None:
    await publish(stage)
    offer = RunSuggested(
        suggestion="s1", runbook="hold", inputs={"why": "x"}, trigger="webhook:deploys", fired_by="hold/1"
    )
    await append(stage, "trigger/hold", offer)
    message = await stage.play(stage.player.wait_for_message, "#incidents", "Run Hold the deployments?")
    await stage.play(stage.player.press, "bo", message, "suggestion_run")
    taken = await stage.play(stage.player.wait_for_message, "#incidents", "started run")
    assert taken["ts"] == message["ts"]


async def test_a_trigger_that_is_held_back_is_said_in_the_channel(stage: Stage) -> None:
    incident = await stage.declared()
    held = RunHeldBack(runbook="hold", trigger="alert", why="it did so 3 times within 10m")
    await append(stage, f"incident/{incident.id}", held, incident.id)
    told = await stage.play(stage.player.wait_for_message, incident.channel or "", "3 times within 10m")
    assert "Nothing was started" in str(told)


async def test_a_trigger_that_is_wrong_and_belongs_to_no_incident_is_told_to_everybody(stage: Stage) -> None:
    failed = ArtefactFailed(artefact="trigger of hold", error="no `event.gone`", mend="Correct its `on:`")
    await append(stage, "trigger/hold", failed)
    assert await stage.play(stage.player.wait_for_message, "#incidents", "trigger of hold")
