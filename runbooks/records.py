"""Folds the events of runbooks and their sources into the tables."""

from sqlalchemy import delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.events import run
from tocsin.events import runbook as events
from tocsin.log import Entry
from tocsin.runbooks.tables import Pointer, Proposal, Revision, Run, SourceFile, SourceState, Standing

_FAILED = frozenset({"failed", "compensated", "needs_attention"})
TABLES = (Revision, Pointer, Proposal, SourceState, SourceFile, Standing)


async def project(session: AsyncSession, entry: Entry) -> None:
    """Fold one entry; entries of no interest change nothing."""
    match entry.event:
        case events.RevisionRecorded() as recorded:
            session.add(await _recorded(session, entry, recorded))
        case events.RevisionProposed() as proposed:
            await session.merge(_proposed(entry, proposed))
        case events.ReviewGiven(runbook=runbook):
            proposal = await session.get_one(Proposal, runbook)
            proposal.reviewers = [*proposal.reviewers, entry.actor.model_dump(mode="json")]
        case events.ProposalRejected(runbook=runbook):
            await session.exec(delete(Proposal).where(col(Proposal.runbook) == runbook))
        case events.RevisionPublished() as published:
            await _published(session, entry, published)
        case events.RunbookWithdrawn(runbook=runbook):
            for table in (Pointer, Proposal, Standing):
                await session.exec(delete(table).where(col(table.runbook) == runbook))
        case events.SourceLanded() as landed:
            await _landed(session, entry, landed)
        case events.SourceRefused() as refused:
            await _refused(session, entry, refused)
        case run.RunFinished(status=status):
            await _finished(session, entry, status)
        case events.TriggersDemoted(runbook=runbook, failures=failures):
            await session.merge(Standing(runbook=runbook, failures=failures, demoted=True))
        case events.TriggersRearmed(runbook=runbook):
            await session.exec(delete(Standing).where(col(Standing.runbook) == runbook))
        case _:
            return
    await session.flush()


async def _recorded(session: AsyncSession, entry: Entry, event: events.RevisionRecorded) -> Revision:
    numbers = select(func.count()).select_from(Revision).where(Revision.runbook == event.runbook)
    number = (await session.exec(numbers)).one() + 1
    found = event.provenance
    return Revision(
        number=number,
        recorded_at=entry.recorded_at,
        author=entry.actor.model_dump(mode="json"),
        **(found.model_dump(include={"source", "repository", "commit"}) if found else {}),
        **event.model_dump(exclude={"type", "provenance"}),
    )


def _proposed(entry: Entry, event: events.RevisionProposed) -> Proposal:
    return Proposal(
        **event.model_dump(include={"runbook", "digest", "against"}),
        proposed_by=str(entry.actor),
        proposed_at=entry.recorded_at,
        reviewers=[],
    )


async def _published(session: AsyncSession, entry: Entry, event: events.RevisionPublished) -> None:
    """Move the pointer. What is published is no draft any more, and has not failed yet."""
    by_person = entry.actor.kind != "system"
    told = event.model_dump(include={"runbook", "channel", "digest", "previous"})
    await session.merge(Pointer(by_person=by_person, **told))
    revision = await session.get_one(Revision, (event.runbook, event.digest))
    revision.published_at = revision.published_at or entry.recorded_at
    proposal = await session.get(Proposal, event.runbook)
    if proposal is not None and proposal.digest == event.digest:
        await session.delete(proposal)
    if event.channel == "published":
        await session.exec(delete(Standing).where(col(Standing.runbook) == event.runbook))


async def _landed(session: AsyncSession, entry: Entry, event: events.SourceLanded) -> None:
    for path in event.gone:
        where = (col(SourceFile.source) == event.source, col(SourceFile.path) == path)
        await session.exec(delete(SourceFile).where(*where))
    for file in event.changed:
        await session.merge(SourceFile(source=event.source, **file.model_dump()))
    await session.merge(
        SourceState(name=event.source, commit=event.commit, landed_at=entry.recorded_at, problems=[])
    )


async def _refused(session: AsyncSession, entry: Entry, event: events.SourceRefused) -> None:
    known = await session.get(SourceState, event.source) or SourceState(name=event.source, problems=[])
    known.refused_commit, known.refused_at = event.commit, entry.recorded_at
    known.problems = list(event.problems)
    session.add(known)


async def _finished(session: AsyncSession, entry: Entry, status: str) -> None:
    """Count a failed run of what is published; a good one ends the row. Who was demoted stays so."""
    finished = await session.get_one(Run, entry.run_id)
    pointer = await session.get(Pointer, (finished.runbook, "published"))
    if pointer is None or pointer.digest != finished.revision:
        return
    standing = await session.get(Standing, finished.runbook)
    if status == "succeeded" and standing is not None and not standing.demoted:
        await session.delete(standing)
    counted = bool(finished.summary)  # it ended before, by asking for a person
    if status in _FAILED and not counted:
        failures = standing.failures + 1 if standing else 1
        demoted = bool(standing and standing.demoted)
        await session.merge(Standing(runbook=finished.runbook, failures=failures, demoted=demoted))
