"""Plans a run that nobody starts: the same conductor and the same actions, and nothing written down."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.actions.base import Plan
from tocsin.db import Database
from tocsin.events import Actor
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.model import Step
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.state import RunState, begin, witness
from tocsin.runbooks.work import PlanStep, Program


@dataclass(frozen=True)
class PlannedStep:
    """What one step would do, found out without doing it."""

    title: str
    plan: Plan | None = None
    """None: it is no action, or cannot be planned yet; ``note`` says why."""
    risk: str = ""
    note: str = ""


class Preview:
    """Says what a run would change."""

    def __init__(self, database: Database, runs: Runs, programs: Programs, deeds: Deeds) -> None:
        self._database = database
        self._runs = runs
        self._programs = programs
        self._deeds = deeds

    async def plan(self, actor: Actor, request: RunRequest) -> list[PlannedStep]:
        """Return every step with its plan; raise what ``Runs.start`` would raise. Touches nothing."""
        async with self._database.transaction() as session:
            event = await self._runs.prepare(session, actor, request)
            state = begin("preview", event, actor, datetime.now(UTC), request.incident_id)
            program = await self._programs.get(session, state)
        for work in decide(program, state, datetime.now(UTC)).work:
            if isinstance(work, PlanStep):
                planned = await self._deeds.do(program, state, work)
                state = witness(state, planned, actor, datetime.now(UTC))
        return [_told(program, state, step) for step in program.runbook.steps]


def _told(program: Program, state: RunState, step: Step) -> PlannedStep:
    seen = state.step(step.id)
    if seen.status == "planned":
        plan = Plan.model_validate({name: seen.plan[name] for name in Plan.model_fields})
        return PlannedStep(step.title, plan, seen.risk)
    if step.wait is not None:
        return PlannedStep(step.title, note=f"waits {int(step.wait.total_seconds())} s")
    if step.assert_:
        return PlannedStep(step.title, note="goes on only if " + " and ".join(step.assert_))
    later = "planned when it is reached: it needs what an earlier step finds out"
    return PlannedStep(step.title, note=seen.error or later)
