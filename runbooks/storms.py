"""How often a trigger may do what it does: ``cooldown``, ``storm`` and ``dedupe``, counted in the database.

Whoever counts holds the trigger until the transaction is over: two processes never count past each other.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import hold
from tocsin.runbooks.model import Dedupe, Runbook, Trigger
from tocsin.runbooks.model.base import span
from tocsin.runbooks.tables import Run, Suggestion


@dataclass(frozen=True)
class Verdict:
    """What a trigger may do now."""

    goes: bool = True
    lowered: str = ""
    """Why it asks first, although it was to act by itself."""
    why: str = ""
    """Why it starts nothing."""
    window: timedelta = timedelta(0)
    """How long the limit looks back: it is said once in that time."""


def name_of(runbook: Runbook, trigger: Trigger) -> str:
    """Return a trigger's own name: it stays when other triggers of the runbook change, and counts by it."""
    said = trigger.model_dump_json(exclude_defaults=True)
    return f"{runbook.name}/{hashlib.sha256(said.encode()).hexdigest()[:12]}"


async def judge(session: AsyncSession, name: str, trigger: Trigger, now: datetime) -> Verdict:
    """Return what ``cooldown`` and ``storm`` let the trigger do now."""
    if trigger.cooldown is None and trigger.storm is None:
        return Verdict()
    await hold(session, f"trigger/{name}")
    if trigger.cooldown is not None and await _fired(session, name, now - trigger.cooldown):
        why = f"it did so less than {span(trigger.cooldown)} ago, and has a `cooldown`"
        return Verdict(goes=False, why=why, window=trigger.cooldown)
    storm = trigger.storm
    if storm is None or await _fired(session, name, now - storm.per) < storm.max:
        return Verdict()
    why = f"it did so {storm.max} times within {span(storm.per)}, and more is a `storm`"
    if storm.then == "drop" or trigger.mode == "suggest":
        return Verdict(goes=False, why=why, window=storm.per)
    if trigger.mode == "propose":
        return Verdict()
    return Verdict(lowered=f"its trigger fired {storm.max} times within {span(storm.per)} already: a storm")


async def is_known(session: AsyncSession, runbook: Runbook, dedupe: Dedupe, key: str, now: datetime) -> bool:
    """Say whether a trigger of the runbook has seen the key within the window."""
    # Two triggers with one key that arrive together: the second one looks when the first has started.
    await hold(session, f"dedupe/{runbook.name}/{key}")
    since = now - dedupe.window
    runs = (Run.runbook == runbook.name, Run.dedupe_key == key, col(Run.requested_at) >= since)
    offers = (
        Suggestion.runbook == runbook.name,
        Suggestion.dedupe_key == key,
        col(Suggestion.suggested_at) >= since,
    )
    return await _count(session, runs, offers) > 0


async def _fired(session: AsyncSession, name: str, since: datetime) -> int:
    """Return how many runs a trigger has started or suggested since then."""
    return await _count(
        session,
        (Run.fired_by == name, col(Run.requested_at) > since),
        (Suggestion.fired_by == name, col(Suggestion.suggested_at) > since),
    )


Where = tuple[ColumnElement[bool] | bool, ...]


async def _count(session: AsyncSession, runs: Where, offers: Where) -> int:
    started = select(func.count()).select_from(Run).where(*runs).scalar_subquery()
    suggested = select(func.count()).select_from(Suggestion).where(*offers).scalar_subquery()
    count: int = (await session.exec(select(started + suggested))).one()
    return count
