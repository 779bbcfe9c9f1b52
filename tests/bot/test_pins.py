"""📌: on the timeline at the message's own time, hidden again when it is taken off."""

from tests.bot.stage import Stage
from tocsin.events.incident import MessagePinned
from tocsin.incidents.tables import Incident
from tocsin.log import Entry
from tocsin.playground.slack.shapes import Json


async def said(stage: Stage, incident: Incident, words: str, thread: str = "") -> Json:
    return await stage.play(stage.player.say, "ana", incident.channel or "", words, thread)


async def pins(stage: Stage, incident: Incident) -> list[Entry]:
    return [entry for entry in await stage.entries(incident.id) if isinstance(entry.event, MessagePinned)]


async def wait_for(stage: Stage, incident: Incident, kind: str) -> None:
    async def happened() -> bool:
        return kind in await stage.types(incident.id)

    await stage.until(happened)


async def test_a_pinned_message_has_its_own_time_author_and_text(stage: Stage) -> None:
    incident = await stage.declared()
    message = await said(stage, incident, "@bo saw it at <https://shop.example|the shop>")
    await stage.play(stage.player.react, "ana", message, "pushpin")
    await wait_for(stage, incident, "message_pinned")
    (entry,) = await pins(stage, incident)
    assert isinstance(entry.event, MessagePinned)
    assert (entry.event.author, entry.event.text) == ("Ana Lindqvist", "@Bo Achterberg saw it at the shop")
    assert f"{entry.occurred_at.timestamp():.6f}" == message["ts"]


async def test_the_bot_marks_what_it_put_on_the_timeline(stage: Stage) -> None:
    incident = await stage.declared()
    message = await said(stage, incident, "it began at noon")
    await stage.play(stage.player.pin, "ana", message)
    await stage.play(stage.player.wait_for, lambda: marked(stage, incident))
    assert len(await pins(stage, incident)) == 1


def marked(stage: Stage, incident: Incident) -> bool:
    found = stage.player.message(incident.channel or "", "it began at noon")
    return "white_check_mark" in str(found)


async def test_taking_the_pin_off_hides_it(stage: Stage) -> None:
    incident = await stage.declared()
    message = await said(stage, incident, "a false lead")
    await stage.play(stage.player.react, "ana", message, "pushpin")
    await wait_for(stage, incident, "message_pinned")
    await stage.play(stage.player.react, "ana", message, "pushpin", remove=True)
    await wait_for(stage, incident, "entry_hidden")
    assert "entry_shown" not in await stage.types(incident.id)


async def test_pinning_again_shows_it_again(stage: Stage) -> None:
    incident = await stage.declared()
    message = await said(stage, incident, "a lead after all")
    await stage.play(stage.player.pin, "ana", message)
    await wait_for(stage, incident, "message_pinned")
    await stage.play(stage.player.pin, "ana", message, remove=True)
    await wait_for(stage, incident, "entry_hidden")
    await stage.play(stage.player.pin, "ana", message)
    await wait_for(stage, incident, "entry_shown")
    assert len(await pins(stage, incident)) == 1


async def test_a_reply_in_a_thread_is_taken_and_not_its_parent(stage: Stage) -> None:
    incident = await stage.declared()
    parent = await said(stage, incident, "the parent")
    reply = await said(stage, incident, "the reply", str(parent["ts"]))
    await stage.play(stage.player.react, "ana", reply, "pushpin")
    await wait_for(stage, incident, "message_pinned")
    (entry,) = await pins(stage, incident)
    assert isinstance(entry.event, MessagePinned)
    assert entry.event.text == "the reply"


async def test_an_event_sent_again_adds_nothing(stage: Stage) -> None:
    incident = await stage.declared()
    message = await said(stage, incident, "it began at noon")
    await stage.play(stage.player.react, "ana", message, "pushpin")
    await wait_for(stage, incident, "message_pinned")
    pinned = next(one for one in await stage.play(stage.player.deliveries) if "pushpin" in str(one))
    await stage.play(stage.player.deliver, str(pinned["event_id"]))
    await stage.play(stage.player.pin, "ana", message)
    await wait_for_quiet(stage)
    kinds = await stage.types(incident.id)
    assert (kinds.count("message_pinned"), kinds.count("entry_shown")) == (1, 0)


async def wait_for_quiet(stage: Stage) -> None:
    """Wait until no job is left to do."""

    async def quiet() -> bool:
        async with stage.office.database.transaction() as session:
            connection = await session.connection()
            left = await connection.exec_driver_sql(
                "select count(*) from procrastinate_jobs where status in ('todo', 'doing')"
            )
            return bool(left.scalar_one() == 0)

    await stage.until(quiet)


async def test_our_own_summary_never_lands_on_the_timeline(stage: Stage) -> None:
    incident = await stage.declared()
    summary = await stage.play(stage.player.wait_for_message, incident.channel or "", "opened")
    await stage.play(stage.player.react, "ana", summary, "pushpin")
    await wait_for_quiet(stage)
    assert await pins(stage, incident) == []


async def test_a_pin_in_another_channel_is_no_matter_of_ours(stage: Stage) -> None:
    incident = await stage.declared()
    message = await stage.play(stage.player.say, "ana", "#general", "lunch?")
    await stage.play(stage.player.react, "ana", message, "pushpin")
    await wait_for_quiet(stage)
    assert await pins(stage, incident) == []
