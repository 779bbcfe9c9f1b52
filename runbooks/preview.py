"""Plans a run that nobody starts: the conductor decides, actions look, and no event is written."""

import asyncio
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.actions.base import Plan
from tocsin.db import Database
from tocsin.errors import BadExpression
from tocsin.events import Actor
from tocsin.runbooks import expressions
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.model import Approval, Step
from tocsin.runbooks.policy import approval_of
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.scope import scope_of
from tocsin.runbooks.state import RunState, begin, witness
from tocsin.runbooks.work import PlanStep, Program
from tocsin.secrets import redact


class PlannedStep(BaseModel):
    """What is known of one step before the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    title: str
    uses: str | None
    plan: Plan | None = None
    """What it would change; None when it cannot be known yet."""
    risk: str = ""
    approval: Approval | None = None
    """Who has to say yes first; an empty ``from`` stands for every responder."""
    note: str = ""
    """Why there is no plan."""
    failed: bool = False
    """The action refused to plan: the run would fail here."""


class Preview:
    """Says what a published run would change."""

    def __init__(self, database: Database, runs: Runs, programs: Programs, deeds: Deeds) -> None:
        self._database = database
        self._runs = runs
        self._programs = programs
        self._deeds = deeds

    async def plan(self, actor: Actor, request: RunRequest) -> list[PlannedStep]:
        """Return every step with its plan; raise what ``Runs.start`` would raise. Touches nothing."""
        async with self._database.transaction() as session:
            asked = await self._runs.prepare(session, actor, request)
            state = begin("preview", asked, actor, datetime.now(UTC), request.incident_id)
            program = await self._programs.get(session, state)
        return await preview(program, self._deeds, state)


async def preview(program: Program, deeds: Deeds, state: RunState) -> list[PlannedStep]:
    """Return every step in its order, with the plan that would be made if the run began now."""
    while True:
        work = decide(program, state, datetime.now(UTC)).work
        plans = [one for one in work if isinstance(one, PlanStep)]
        if not plans:
            return [_planned(program, state, step) for step in program.runbook.steps]
        for event in await asyncio.gather(*(deeds.do(program, state, one) for one in plans)):
            state = witness(state, event, state.requested_by, datetime.now(UTC))


def _planned(program: Program, state: RunState, step: Step) -> PlannedStep:
    seen = state.step(step.id)
    known = PlannedStep(step=step.id, title=step.title, uses=step.uses)
    if seen.error:
        return known.model_copy(update={"note": seen.error, "failed": True})
    if not seen.plan:
        return known.model_copy(update={"note": _outlook(program, state, step), "approval": step.approve})
    plan: JsonValue = redact({name: seen.plan[name] for name in Plan.model_fields})
    approval = approval_of(program.runbook, step, state)
    if approval is not None and not approval.from_:
        approval = approval.model_copy(update={"from_": program.runbook.permissions.approve})
    return known.model_copy(
        update={"plan": Plan.model_validate(plan), "risk": seen.risk, "approval": approval}
    )


def _outlook(program: Program, state: RunState, step: Step) -> str:
    """Return why a step has no plan yet."""
    if step.wait is not None:
        return f"waits {int(step.wait.total_seconds())} s"
    if step.assert_:
        return f"goes on only if {' and '.join(f'`{one}`' for one in step.assert_)}"
    paths = expressions.names([dict(step.with_), f"${{{{ {step.if_ or 'true'} }}}}"])
    sources = sorted({path[1] for path in paths if path[0] == "steps" and len(path) > 1})
    if sources:
        return f"planned when {', '.join(sources)} has run: it depends on what that finds"
    try:
        scope = scope_of(program.runbook, state)
        if step.if_ is not None and not expressions.holds(step.if_, scope):
            return f"skipped: `{step.if_}` does not hold"
        expressions.render(dict(step.with_), scope)
    except BadExpression as error:
        return f"cannot be planned now: {error}"
    return "planned when its turn comes"
