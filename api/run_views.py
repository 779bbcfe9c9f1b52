"""What readers are told of a run, as JSON and on pages."""

from dataclasses import asdict
from datetime import UTC, datetime

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.deps import Door
from tocsin.api.step_views import ApprovalView, PlanView, StepView, View, approval_views, step_view
from tocsin.events import Actor
from tocsin.incidents.tables import Incident
from tocsin.runbooks import standing, switch
from tocsin.runbooks.overview import rows, title
from tocsin.runbooks.standing import Cause, Doubt
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run, Stop


class RunView(View):
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


class WaitView(View):
    """One thing that keeps a run from going on."""

    cause: Cause
    step: str
    """Address; empty where the whole run waits."""
    title: str
    what: str
    """Who is still missing, the assignee, the calendar, the resources, the condition, why it was paused."""
    until: datetime | None
    """When it ends by itself, well or not; of a pause, since when."""
    runs: tuple[str, ...]
    """Ids of the runs in front."""


class StuckView(View):
    """A step that goes on only when a person has looked: ``resolve-unknown``, ``resolve-undo`` or cancel."""

    step: str
    title: str
    doubt: Doubt
    told: str
    """What is known, or what there is to put back by hand."""


class StopView(View):
    """Everything is stopped: no run begins anything further."""

    reason: str
    stopped_by: str
    stopped_at: datetime


class RunDetail(RunView):
    """A run with its steps."""

    inputs: dict[str, JsonValue]
    outputs: dict[str, JsonValue]
    lowered: str
    """Why it asks before its first change although it was to act by itself."""
    rerun_of: str | None
    closure: str
    """SHA-256 over its revision, those it calls, the versions of actions, and the organisation's policy."""
    subs: dict[str, str]
    """The revision of every runbook that it calls, by name; it stays on them."""
    """Id of the run that it repeats."""
    glass: str
    """Why no freeze holds for it, and who said so."""
    steps: tuple[StepView, ...]
    """In reading order, those that are still to come included; of many items, those that matter."""
    plan: tuple[PlanView, ...]
    """What these steps change, as far as it is known."""
    approvals: tuple[ApprovalView, ...]
    waits: tuple[WaitView, ...]
    """All that keeps it from going on now."""
    stuck: tuple[StuckView, ...]
    """What only a person can say."""
    stopped: StopView | None
    """Set while everything is stopped and the run is not over."""
    waits_for: tuple[str, ...]
    """Resources that another run holds."""
    to_mend: dict[str, str]
    """Steps that could not be undone, each with what a person has to do."""


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


async def run_detail(door: Door, session: AsyncSession, state: RunState, *, every: bool = False) -> RunDetail:
    """Return what a run's own page tells; ``every``: with all items of every ``foreach``."""
    program = await door.programs.read(session, state)
    incident = await session.get(Incident, state.incident_id) if state.incident_id else None
    steps = tuple(step_view(program, state, row) for row in rows(program, state, every=every))
    stop = None if state.over else await switch.current(session)
    return RunDetail(
        **_told(door, state, incident),
        steps=steps,
        plan=tuple(step.plan for step in steps if step.plan),
        approvals=tuple(approval_views(program, state)),
        waits=tuple(WaitView(**asdict(one)) for one in standing.waits(program, state, datetime.now(UTC))),
        stuck=tuple(StuckView(**asdict(one)) for one in standing.stuck(program, state)),
        stopped=stop_view(stop) if stop else None,
        waits_for=state.awaited,
        to_mend={title(program, state, step): mend for step, mend in state.undo_failures.items()},
    )


def stop_view(stop: Stop) -> StopView:
    """Return what is told of who stopped everything."""
    return StopView(**stop.model_dump(exclude={"id"}))


def _told(door: Door, state: RunState, incident: Incident | None) -> dict[str, object]:
    plain = ("id", "runbook", "revision", "status", "over", "mode", "trigger", "requested_at", "finished_at")
    return {
        **{name: getattr(state, name) for name in (*plain, "lowered", "rerun_of", "closure", "summary")},
        "subs": dict(state.subs),
        "glass": f"{state.glass_by}: {state.glass}" if state.glass else "",
        "requested_by": str(state.requested_by),
        "incident": incident.ref if incident else None,
        "url": _url(door, state.id),
        "inputs": dict(state.inputs),
        "outputs": dict(state.outputs),
    }


def _url(door: Door, run_id: str) -> str:
    return f"{door.settings.base_url}/runs/{run_id}"
