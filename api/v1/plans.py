"""What a run would change, of a runbook that nobody starts."""

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.base import Change
from tocsin.api.auth import TheActor
from tocsin.api.deps import Door, TheDoor
from tocsin.api.idempotency import TheOnce
from tocsin.api.step_views import PlanView, View
from tocsin.api.v1.asked import Body
from tocsin.events import Actor
from tocsin.events.run import Quorum
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.preview import PlannedStep

router = APIRouter(prefix="/runbooks", tags=["runbooks"])


class Given(Body):
    """What the run would be given."""

    inputs: dict[str, JsonValue] = {}
    incident: str | None = None
    """Ref or id of the incident it would belong to."""
    revision: str | None = Field(default=None, pattern="^[0-9a-f]{6,64}$")
    """Digest of another revision than the published one, or the beginning of it."""


class PlannedView(View):
    """What is known of one step before the run."""

    step: str
    """Its address."""
    title: str
    uses: str | None
    plan: PlanView | None
    """What it would change; null when that cannot be known yet."""
    note: str
    """Why there is no plan."""
    failed: bool
    """The action refused to plan: the run would fail here."""
    approvals: tuple[Quorum, ...]
    """Who would have to say yes first."""


class RunPlan(View):
    """What a run would change now."""

    runbook: str
    revision: str
    steps: tuple[PlannedView, ...]


@router.post("/{name}/plan", response_model=RunPlan)
async def plan_runbook(name: str, given: Given, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Look what a run would change, and change nothing. What depends on an earlier step says so."""

    async def plan(session: AsyncSession) -> RunPlan:
        request = await _request(door, session, actor, name, given)
        revision = await door.revisions.get(session, name, given.revision)
        steps = await door.preview.plan(actor, request)
        return RunPlan(runbook=name, revision=revision.digest, steps=tuple(map(_told, steps)))

    return await once.answer(200, plan)


async def _request(door: Door, session: AsyncSession, actor: Actor, name: str, given: Given) -> RunRequest:
    incident = await door.lifecycle.read(session, actor, given.incident) if given.incident else None
    return RunRequest(
        runbook=name,
        inputs=given.inputs,
        revision=given.revision,
        incident_id=incident.id if incident else None,
        trigger="api",
    )


def _told(step: PlannedStep) -> PlannedView:
    plan = None
    if step.plan is not None:
        changes: tuple[Change, ...] = tuple(step.plan.changes)
        plan = PlanView(
            step=step.step,
            summary=step.plan.summary,
            risk=step.risk,
            changes=changes,
            warnings=tuple(step.plan.warnings),
        )
    asked = step.approval.quorums if step.approval and step.approval.from_ else ()
    usual = (Quorum(principals=("role:responder",), count=step.approval.count),) if step.approval else ()
    quorums = tuple(Quorum(principals=one.principals, count=one.count) for one in asked)
    plain = {name: getattr(step, name) for name in ("step", "title", "uses", "note", "failed")}
    return PlannedView(**plain, plan=plan, approvals=quorums or usual)
