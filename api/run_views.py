"""What readers are told of a run, as JSON and on pages."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.base import Change
from tocsin.api.deps import Door
from tocsin.events import Actor
from tocsin.events.run import ApprovalRequested
from tocsin.incidents.tables import Incident
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tables import Run


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunView(_View):
    """A run as it stands."""

    id: str
    runbook: str
    revision: str
    status: str
    """``requested``, ``planning``, ``awaiting_approval``, ``running``, … ``needs_attention``."""
    over: bool
    """Whether it has ended. One that needs attention has not."""
    mode: str
    trigger: str
    incident: str | None
    """Ref of the incident it belongs to."""
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    summary: str
    url: str
    """Its page in the console."""


class PlanView(_View):
    """What a step would change, or has changed."""

    step: str
    summary: str
    risk: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


class ApprovalView(_View):
    """What people are asked, and what they said."""

    step: str
    digest: str
    """What is approved: give it back to approve or reject exactly this."""
    open: bool
    """Whether an answer still counts."""
    approvers: tuple[str, ...]
    count: int
    """How many people have to say yes."""
    allow_self: bool
    expires_at: datetime
    given_by: tuple[str, ...]


class StepView(_View):
    """One step, as far as it has come."""

    id: str
    title: str
    uses: str | None
    """Its action; null for a wait or an assertion."""
    status: str
    reason: str
    """Why it was skipped, or what its verification said."""
    error: str
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None
    retry_at: datetime | None
    until: datetime | None
    """For a wait: when it ends."""
    output: dict[str, JsonValue]
    plan: PlanView | None
    approval: ApprovalView | None


class RunDetail(RunView):
    """A run with its steps."""

    inputs: dict[str, JsonValue]
    outputs: dict[str, JsonValue]
    steps: tuple[StepView, ...]
    """In the order of the runbook, those that are still to come included."""
    plan: tuple[PlanView, ...]
    """Everything the run changes, as far as it is known."""
    approvals: tuple[ApprovalView, ...]
    waits_for: tuple[str, ...]
    """Resources that another run holds."""
    to_mend: dict[str, str]
    """Steps that could not be undone, each with what a person has to do."""


class _Plan(BaseModel):
    """The part of every action's plan that people read; the rest is what its undo needs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    summary: str = ""
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


def run_view(door: Door, run: Run, incident: Incident | None) -> RunView:
    """Return what a list tells of a run."""
    names = set(RunView.model_fields) - {"url", "incident", "over"}
    return RunView(
        **{name: getattr(run, name) for name in names},
        over=run.finished_at is not None,
        incident=incident.ref if incident else None,
        url=_url(door, run.id),
    )


async def readable_run(door: Door, session: AsyncSession, actor: Actor, run_id: str) -> RunState:
    """Return the run; raise NotFound when there is none, or its incident is private and not the actor's."""
    state = await door.runs.read(session, actor, run_id)
    if state.incident_id is not None:
        await door.lifecycle.read(session, actor, state.incident_id)
    return state


async def run_detail(door: Door, session: AsyncSession, state: RunState) -> RunDetail:
    """Return what a run's own page tells."""
    runbook = parse(await door.revisions.get(session, state.runbook, state.revision))
    incident = await session.get(Incident, state.incident_id) if state.incident_id else None
    steps = tuple(_step(step, state.step(step.id)) for step in runbook.steps)
    return RunDetail(
        **_told(door, state, incident),
        steps=steps,
        plan=tuple(step.plan for step in steps if step.plan),
        approvals=tuple(step.approval for step in steps if step.approval),
        waits_for=state.awaited,
        to_mend=_to_mend(runbook, state),
    )


def _told(door: Door, state: RunState, incident: Incident | None) -> dict[str, object]:
    plain = ("id", "runbook", "revision", "status", "over", "mode", "trigger", "requested_at", "finished_at")
    return {
        **{name: getattr(state, name) for name in plain},
        "requested_by": str(state.requested_by),
        "incident": incident.ref if incident else None,
        "summary": state.summary,
        "url": _url(door, state.id),
        "inputs": dict(state.inputs),
        "outputs": dict(state.outputs),
    }


def _step(step: Step, state: StepState) -> StepView:
    plain = ("status", "reason", "error", "attempt", "started_at", "ended_at", "retry_at", "until")
    return StepView(
        id=step.id,
        title=step.title,
        uses=step.uses,
        **{name: getattr(state, name) for name in plain},
        output=dict(state.output),
        plan=_plan(step.id, state.risk, state.plan),
        approval=_approval(state, state.request) if state.request else None,
    )


def _plan(step: str, risk: str, plan: Mapping[str, JsonValue]) -> PlanView | None:
    if not plan:
        return None
    read = _Plan.model_validate(plan)
    return PlanView(step=step, risk=risk, **{name: getattr(read, name) for name in _Plan.model_fields})


def _approval(state: StepState, request: ApprovalRequested) -> ApprovalView:
    plain = ("step", "digest", "approvers", "count", "allow_self", "expires_at")
    return ApprovalView(
        **{name: getattr(request, name) for name in plain},
        open=state.status == "awaiting_approval",
        given_by=tuple(str(actor) for actor in state.approvals),
    )


def _to_mend(runbook: Runbook, state: RunState) -> dict[str, str]:
    titles = {step.id: step.title for step in runbook.steps}
    return {titles.get(step, step): mend for step, mend in state.undo_failures.items()}


def _url(door: Door, run_id: str) -> str:
    return f"{door.settings.base_url}/runs/{run_id}"
