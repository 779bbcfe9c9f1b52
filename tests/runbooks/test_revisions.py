"""Revisions: recorded once, never changed, and published by whom people trust most: themselves."""

import pytest

from tests.runbooks.workshop import Workshop, asked_of
from tests.runbooks.world import BO, put, runbook
from tocsin.errors import BadRunbook, Forbidden, NotFound
from tocsin.events import SYSTEM, Actor
from tocsin.main import house as build_house
from tocsin.settings import Settings

ADMIN = Actor(kind="cli", id="root")
OLDER = """
schema: runbook/v1
name: scale-deployment
title: As it was before
steps: [{ id: rest, wait: 1s }]
"""
ONE, TWO = runbook(put("one", "a", 1)), runbook(put("one", "a", 2))


async def published(workshop: Workshop) -> str:
    async with workshop.database.transaction() as session:
        return (await workshop.house.revisions.get(session, "boxes")).digest


async def publish(workshop: Workshop, actor: Actor, digest: str) -> None:
    async with workshop.database.transaction() as session:
        await workshop.house.revisions.publish(session, actor, "boxes", digest)


async def test_the_same_content_is_the_same_revision(workshop: Workshop) -> None:
    first = await workshop.publish(ONE)
    again = await workshop.publish(ONE.replace("title: Boxes", "title:   Boxes   # the same"))
    async with workshop.database.transaction() as session:
        entries = await workshop.house.log.read(session, "runbook/boxes")
    assert (first == again, [entry.event.type for entry in entries]) == (
        True,
        ["revision_recorded", "revision_published"],
    )


async def test_a_run_stays_on_the_revision_it_began_with(workshop: Workshop) -> None:
    state = await workshop.go(runbook(put("one", "a", 1, approve="{ from: ['group:sre'] }")))
    await workshop.publish(TWO)
    await workshop.approve(state.id, asked_of(state))
    await workshop.worker.advance(state.id)
    assert workshop.world.boxes == {"a": 1}


async def test_a_person_can_go_back_by_the_beginning_of_a_digest(workshop: Workshop) -> None:
    first = await workshop.publish(ONE)
    await workshop.publish(TWO)
    await publish(workshop, ADMIN, first[:8])
    assert await published(workshop) == first


async def test_a_responder_may_not_publish(workshop: Workshop) -> None:
    first = await workshop.publish(ONE)
    with pytest.raises(Forbidden):
        await publish(workshop, BO, first)


async def test_a_text_with_a_secret_in_it_is_not_kept(workshop: Workshop) -> None:
    with pytest.raises(BadRunbook, match="looks like a secret"):
        await workshop.publish(ONE + "description: xoxb-123456789012-abcdefgh\n")


async def test_what_is_not_there_is_said_with_what_is(workshop: Workshop) -> None:
    await workshop.publish(ONE)
    with pytest.raises(NotFound, match="published are boxes"):
        async with workshop.database.transaction() as session:
            await workshop.house.revisions.get(session, "boxen")


async def test_a_command_does_not_publish_what_its_files_say_while_a_server_does(settings: Settings) -> None:
    async with build_house(settings, serving=True) as served, served.database.transaction() as session:
        before = await served.revisions.published_digests(session)
        old = await served.revisions.record(session, SYSTEM, OLDER, "scale-deployment.yaml")
        await served.revisions.publish(session, SYSTEM, "scale-deployment", old)
    async with build_house(settings) as command, command.database.transaction() as session:
        assert ("scale-deployment", old) in await command.revisions.published_digests(session)
    async with build_house(settings, serving=True) as served, served.database.transaction() as session:
        assert await served.revisions.published_digests(session) == before
