"""From a declared incident to its channel: every artefact once, whatever happens in between."""

import itertools

from tests.bot.stage import Stage, declare
from tocsin.events import SYSTEM, Fact
from tocsin.events.runbook import SourceRefused, SourceUnreachable, TriggersDemoted
from tocsin.incidents.lifecycle import Declaration
from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.shapes import Json


async def test_a_declared_incident_has_a_channel_with_topic_and_purpose(stage: Stage) -> None:
    incident = await stage.declared("Checkout is slow")
    room = await stage.play(stage.player.channel, "inc-1-checkout-is-slow")
    assert incident.channel == room["id"]
    assert room["topic"]["value"] == "SEV3 · investigating · Checkout is slow"  # type: ignore[index]


async def test_the_summary_is_pinned_and_says_how_it_stands(stage: Stage) -> None:
    incident = await stage.declared()
    room = await stage.play(stage.player.channel, incident.channel)
    pinned = [pin["ts"] for pin in room["pins"]]  # type: ignore[attr-defined]
    summary = await stage.play(stage.player.wait_for_message, incident.channel, "INC-1> Checkout")
    assert pinned == [summary["ts"]]


async def test_the_declarer_is_invited(stage: Stage) -> None:
    incident = await stage.declared(user="dee")
    room = await stage.play(stage.player.channel, incident.channel)
    assert "U0DEE" in room["members"]  # type: ignore[operator]


async def test_people_of_the_service_are_invited_and_who_is_missing_is_said(stage: Stage) -> None:
    await declare(stage, title="Pods restart", service="checkout")
    room = await stage.play(stage.player.wait_for_channel, "inc-1")
    await stage.play(stage.player.wait_for_message, room["id"], "gone@acme.example (nobody here")
    found = await stage.play(stage.player.channel, room["id"])
    assert "U0BO" in found["members"]  # type: ignore[operator]


async def announcements(stage: Stage) -> list[Json]:
    return [one for one in await stage.play(stage.player.messages, "#incidents") if one["user"] == "U0TOCSIN"]


async def test_one_announcement_follows_the_incident_in_place(stage: Stage) -> None:
    await stage.declared()
    await stage.play(stage.player.wait_for_message, "#incidents", "investigating")
    await stage.play(stage.player.command, "ana", "#inc-1-checkout-is-slow", "/incident status identified")
    await stage.play(stage.player.wait_for_message, "#incidents", "identified")
    assert len(await announcements(stage)) == 1


async def test_a_strangers_channel_is_never_adopted(stage: Stage) -> None:
    client = stage.office.client
    made = await client.conversations_create(name="inc-1-checkout-is-slow")
    await client.conversations_setPurpose(channel=made["channel"]["id"], purpose="Somebody else's")
    incident = await stage.declared()
    assert incident.channel_name == "inc-1-checkout-is-slow-2"


async def test_a_channel_that_a_crashed_try_left_without_purpose_is_taken_up(stage: Stage) -> None:
    made = await stage.office.client.conversations_create(name="inc-1-checkout-is-slow")
    incident = await stage.declared()
    assert incident.channel == made["channel"]["id"]


async def test_a_channel_made_by_a_call_whose_answer_was_lost_is_found_again(stage: Stage) -> None:
    await stage.play(stage.player.fault, Fault(method="conversations.create", after_effect=True))
    incident = await stage.declared()
    assert incident.channel_name == "inc-1-checkout-is-slow"


async def test_an_announcement_whose_answer_was_lost_is_not_posted_again(stage: Stage) -> None:
    await stage.play(stage.player.fault, Fault(method="chat.postMessage", after_effect=True, times=2))
    incident = await stage.declared()
    await stage.artefact(incident.id, "announcement")
    posted = await stage.play(stage.player.calls, "chat.postMessage")
    keys = [str(call["args"]["metadata"]) for call in posted]  # type: ignore[index]
    assert len(keys) == len(set(keys))


async def test_a_rate_limit_delays_and_loses_nothing(stage: Stage) -> None:
    await stage.play(stage.player.fault, Fault(method="conversations.create", status=429, retry_after=1))
    assert (await stage.declared()).channel is not None


async def test_where_channels_are_forbidden_the_declarer_is_told_what_to_do(stage: Stage) -> None:
    await stage.play(stage.player.fault, Fault(method="conversations.create", error="restricted_action"))
    await stage.play(stage.player.command, "ana", "#general", "/incident declare Checkout is slow")
    incident = await stage.incident()
    await stage.artefact(incident.id, "channel")
    direct = await stage.office.speech.channel("U0ANA")
    told = await stage.play(stage.player.wait_for_message, direct, "an admin allows it")
    assert "restricted_action" in str(told["text"])


async def test_where_channels_are_forbidden_everybody_is_told_of_a_paged_incident(stage: Stage) -> None:
    await stage.play(stage.player.fault, Fault(method="conversations.create", error="restricted_action"))
    async with stage.office.database.transaction() as session:
        await stage.office.lifecycle.declare(session, SYSTEM, Declaration(title="Paged"))
    told = await stage.play(stage.player.wait_for_message, "#incidents", "an admin allows it")
    assert "INC-1" in str(told["text"])


async def test_a_runbook_that_only_proposes_now_is_said_in_its_incident(stage: Stage) -> None:
    incident = await stage.declared()
    fact = Fact(event=TriggersDemoted(runbook="tell", digest="d" * 64, failures=3), incident_id=incident.id)
    async with stage.office.database.transaction() as session:
        await stage.office.log.append(session, f"incident/{incident.id}", [fact])
    told = await stage.play(stage.player.wait_for_message, incident.channel, "failed 3 times in a row")
    assert "tocsin runbook rearm tell" in str(told["text"])


async def test_a_runbook_that_only_proposes_now_is_said_to_everybody_without_an_incident(
    stage: Stage,
) -> None:
    fact = Fact(event=TriggersDemoted(runbook="tell", digest="d" * 64, failures=3))
    async with stage.office.database.transaction() as session:
        await stage.office.log.append(session, "system", [fact])
    assert await stage.play(stage.player.wait_for_message, "#incidents", "`tell` failed 3 times in a row")


async def test_a_commit_that_was_not_taken_is_said_to_everybody(stage: Stage) -> None:
    problems = ("pay.yaml:3:1: is no runbook", "rest.yaml:1:1: is none either")
    fact = Fact(event=SourceRefused(source="payments", place="ops.git", problems=problems))
    async with stage.office.database.transaction() as session:
        await stage.office.log.append(session, "system", [fact])
    told = await stage.play(stage.player.wait_for_message, "#incidents", "Nothing was taken")
    assert "pay.yaml:3:1: is no runbook (and 1 more)" in str(told["text"])


async def test_a_repository_that_cannot_be_read_is_said_to_everybody(stage: Stage) -> None:
    fact = Fact(event=SourceUnreachable(source="payments", place="ops.git", error="the token was refused"))
    async with stage.office.database.transaction() as session:
        await stage.office.log.append(session, "system", [fact])
    assert await stage.play(
        stage.player.wait_for_message, "#incidents", "cannot be read: the token was refused"
    )


async def test_a_private_incident_has_a_private_channel_and_no_announcement(stage: Stage) -> None:
    await declare(stage, title="A leak", private=True)
    room = await stage.play(stage.player.wait_for_channel, "inc-1-a-leak")
    await stage.play(stage.player.wait_for_message, room["id"], "private")
    assert room["is_private"]
    assert await announcements(stage) == []


async def test_doing_every_job_once_more_changes_nothing(stage: Stage) -> None:
    incident = await stage.declared()
    await stage.artefact(incident.id, "announcement")
    before = await stage.types(incident.id)
    from tocsin.bot.upkeep import Upkeep

    upkeep = Upkeep(stage.office)
    for job in (upkeep.open_channel, upkeep.pin_summary, upkeep.announce, upkeep.invite, upkeep.set_topic):
        await job(incident.id)
    assert await stage.types(incident.id) == before


async def test_the_summary_is_edited_at_most_once_a_second(stage: Stage) -> None:
    incident = await stage.declared()
    for number in range(6):
        await stage.play(stage.player.command, "ana", incident.channel, f"/incident update step {number}")
    await stage.play(stage.player.wait_for_message, incident.channel, "step 5")
    assert incident.channel is not None
    edits = [
        call for call in await stage.play(stage.player.calls, "chat.update") if incident.channel in str(call)
    ]
    times = [float(str(call["at"])) for call in edits]
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(times))
