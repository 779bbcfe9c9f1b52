"""Whether a run may begin now, and how much it may do by itself: rate, cooldown, environments."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.connections import Connection
from tocsin.db import hold
from tocsin.errors import Conflict, Forbidden, Invalid
from tocsin.events import run as events
from tocsin.runbooks import scope
from tocsin.runbooks.calendars import plain
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.model.base import span
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run
from tocsin.runbooks.tree import Frame
from tocsin.runbooks.work import Program


def keys_of(runbook: Runbook, state: RunState) -> dict[str, str]:
    """Return what the runbook's limits count the run by; raise BadExpression."""
    rate, cooldown = runbook.guardrails.rate_limit, runbook.guardrails.cooldown
    frame = Frame(Program(runbook, {}))
    texts = {"rate": rate.scope if rate else None, "cooldown": cooldown.per if cooldown else None}
    return {name: str(scope.rendered(frame, state, text)) for name, text in texts.items() if text is not None}


def check_calendars(runbook: Runbook, known: Container[str]) -> None:
    """Raise Invalid when a freeze is to hold that nobody can know of."""
    freeze = runbook.guardrails.freeze
    names = map(plain, freeze) if isinstance(freeze, tuple) else ()
    missing = [name for name in names if name not in known]
    if missing:
        raise Invalid(
            f"there is no calendar `{missing[0]}`, and `guardrails.freeze` of {runbook.name} needs it: add it"
            " to `calendars:` in tocsin.yaml. Nothing was started."
        )


async def admit(
    session: AsyncSession, runbook: Runbook, asked: events.RunRequested, connections: Mapping[str, Connection]
) -> events.RunRequested:
    """Return the request as it is let in, asking first or not; raise Conflict or Forbidden otherwise."""
    await hold(session, f"admission/{runbook.name}")
    await _check_rate(session, runbook, asked)
    reasons = [_by_environment(runbook, connections), await _by_cooldown(session, runbook, asked)]
    lowered = "; ".join(reason for reason in reasons if reason)
    if not lowered or asked.mode == "propose":
        return asked
    return asked.model_copy(update={"mode": "propose", "lowered": lowered})


async def _check_rate(session: AsyncSession, runbook: Runbook, asked: events.RunRequested) -> None:
    limit = runbook.guardrails.rate_limit
    if limit is None:
        return
    since = datetime.now(UTC) - limit.per
    where = (Run.runbook == runbook.name, Run.rate_key == asked.keys["rate"], col(Run.requested_at) > since)
    count = (await session.exec(select(func.count()).select_from(Run).where(*where))).one()
    if count >= limit.max:
        raise Conflict(
            f"{runbook.name} has run {count} times within {span(limit.per)}, and `guardrails.rate_limit`"
            f" lets it {limit.max} times. Nothing was started."
        )


async def _by_cooldown(session: AsyncSession, runbook: Runbook, asked: events.RunRequested) -> str:
    cooldown = runbook.guardrails.cooldown
    if cooldown is None:
        return ""
    since = datetime.now(UTC) - cooldown.window
    where = (Run.runbook == runbook.name, Run.cooldown_key == asked.keys["cooldown"])
    recent = col(Run.finished_at).is_(None) | (col(Run.finished_at) > since)
    found = (await session.exec(select(Run.id).where(*where, recent).limit(1))).first()
    if found is None:
        return ""
    told = f"run {found[:8]} is less than {span(cooldown.window)} ago"
    if cooldown.then == "refuse":
        raise Conflict(f"{told}, and `guardrails.cooldown` lets {runbook.name} rest. Nothing was started.")
    return told


def _by_environment(runbook: Runbook, connections: Mapping[str, Connection]) -> str:
    rules = runbook.guardrails.environments
    if not rules:
        return ""
    used = {str(step.with_.get("connection")) for step in runbook.walk()} | {*runbook.permissions.connections}
    environments = {connections[name].environment for name in sorted(used) if name in connections}
    asking = []
    for environment in sorted(filter(None, environments)):
        match rules.get(environment, "propose"):
            case "deny":
                raise Forbidden(f"{runbook.name} may not touch `{environment}`. Nothing was started.")
            case "propose":
                asking.append(f"in `{environment}` it asks first")
    return "; ".join(asking)
