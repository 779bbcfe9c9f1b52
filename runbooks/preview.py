"""Plans a run that nobody starts: the conductor decides, actions look, and no event is written."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.actions.base import Plan
from tocsin.db import Database
from tocsin.errors import BadExpression
from tocsin.events import Actor
from tocsin.runbooks import scope, tree
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.conductor import planning
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.fold import begin, witness
from tocsin.runbooks.model import Approval, Step
from tocsin.runbooks.model.base import span
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.policy import approval_of
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tree import Node
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
        m = Moment(program, state, datetime.now(UTC))
        following = planning(m)
        plans = [one for one in following.work if isinstance(one, PlanStep)] if following else []
        happened = list(following.events) if following else []
        happened += await asyncio.gather(*(deeds.do(program, state, one) for one in plans))
        if not happened:
            return [_planned(m, node) for node in _shown(m)]
        for event in happened:
            state = witness(state, event, state.requested_by, datetime.now(UTC))


def _shown(m: Moment) -> Iterator[Node]:
    """Yield what a plan shows: every step, and what stands in the groups of which that is known."""
    for _, steps in m.program.runbook.parts:
        yield from tree.opened(tree.roots(m.root, steps), m.state)


def _planned(m: Moment, node: Node) -> PlannedStep:
    seen = m.seen(node)
    known = PlannedStep(step=node.address, title=node.step.title, uses=node.step.uses)
    if seen.error:
        return known.model_copy(update={"note": seen.error, "failed": True})
    if not seen.plan:
        return known.model_copy(update={"note": _outlook(m, node), "approval": node.step.approve})
    plan: JsonValue = redact({name: seen.plan[name] for name in Plan.model_fields})
    approval = approval_of(node, m.state)
    if approval is not None and not approval.from_:
        approval = approval.model_copy(update={"from_": node.frame.program.runbook.permissions.approve})
    return known.model_copy(
        update={"plan": Plan.model_validate(plan), "risk": seen.risk, "approval": approval}
    )


def _outlook(m: Moment, node: Node) -> str:
    """Return why a step has no plan yet."""
    plain = _of_kind(m, node)
    if plain:
        return plain
    step, paths = node.step, scope.read_by(node)
    sources = sorted({path[1] for path in paths if path[0] == "steps" and len(path) > 1})
    if sources:
        return f"planned when {', '.join(sources)} has run: it depends on what that finds"
    try:
        if step.if_ is not None and not m.holds(node, step.if_):
            return f"skipped: `{step.if_}` does not hold"
        m.rendered(node, step.with_)
    except BadExpression as error:
        return f"cannot be planned now: {error}"
    return "planned when its turn comes"


def _of_kind(m: Moment, node: Node) -> str:
    """Return what a step does that is never planned."""
    step, seen = node.step, m.seen(node)
    if node.groups and seen.opened:
        what = f"{len(seen.items)} items" if seen.repeats else "begin together"
        return what if step.runbook is None else f"runs {step.runbook}"
    match step.kind:
        case "wait":
            return f"waits {_pause(step)}"
        case "manual":
            return f"waits for {step.manual.assignee or 'a person'}" if step.manual else ""
        case "set":
            return f"computes {', '.join(step.set or {})}"
        case "assert":
            return f"goes on only if {' and '.join(f'`{one}`' for one in step.assert_)}"
        case "approve":
            return "asks whether to go on"
    return ""


def _pause(step: Step) -> str:
    wait = step.wait
    if wait is None or wait.for_ is not None:
        return span(wait.for_) if wait and wait.for_ else "0s"
    return f"until {wait.at}" if wait.at else f"until `{wait.until}`"
