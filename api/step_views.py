"""What readers are told of one step of a run: how far it is, what it changes, what it asks of people."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.actions.base import Change
from tocsin.events.run import ApprovalRequested, Quorum
from tocsin.runbooks.model import InputSpec
from tocsin.runbooks.overview import Role, Row, title
from tocsin.runbooks.state import RunState, StepState, missing
from tocsin.runbooks.work import Program


class View(BaseModel):
    """Base of everything that is told: frozen, and nothing besides what is documented."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanView(View):
    """What a step would change, or has changed."""

    step: str
    summary: str
    risk: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


class ApprovalView(View):
    """What people are asked, and what they said."""

    step: str
    title: str
    digest: str
    """What is approved: give it back to approve or reject exactly this."""
    open: bool
    """Whether an answer still counts."""
    approvers: tuple[str, ...]
    count: int
    """How many people have to say yes."""
    quorums: tuple[Quorum, ...]
    """With more than one, each has to be met by people of its own."""
    missing: tuple[Quorum, ...]
    """Who has still to say yes."""
    allow_self: bool
    editor: str | None
    """Whoever wrote the revision, and may not approve it."""
    confirm: str | None
    """What an approver has to type: give it back as ``confirm``."""
    shown: dict[str, JsonValue]
    """What stands in the question besides the plan."""
    plans: tuple[PlanView, ...]
    """What would be changed; of a group, by everything in it. Empty: it only asks whether to go on."""
    expires_at: datetime
    given_by: tuple[str, ...]


class ManualView(View):
    """What a person is asked to do."""

    assignee: str | None
    """Principal; null: every responder."""
    instructions: str
    checklist: tuple[str, ...]
    """Every entry has to be ticked."""
    fields: dict[str, InputSpec]
    """What has to be filled in."""
    open: bool
    """Whether it is still to be done."""
    expires_at: datetime


class ItemsView(View):
    """How far the items of a ``foreach`` are."""

    total: int
    done: int
    """Succeeded, skipped or undone."""
    failed: int
    running: int
    to_come: int
    left_out: int
    """Items that are not among the steps; ``every=true`` lists all."""


class StepView(View):
    """One step, as far as it has come."""

    id: str
    """Its address: ``scale``, ``hosts[3]/restart``, ``deploy/scale``."""
    title: str
    """Of an item, what the item is called."""
    kind: str
    """What it does: ``uses``, ``foreach``, ``parallel``, ``runbook``, ``manual``, ``wait``, ``set`` …"""
    depth: int
    """How deep it stands inside of others; what stands inside of it follows right after it."""
    role: Role
    """Why it is run, if not in its turn: ``on_failure``, ``on_cancel``, ``finally``, ``undo``."""
    uses: str | None
    """Its action."""
    runbook: str | None
    """The runbook that it calls."""
    status: str
    reason: str
    """Why it was skipped, what its verification said, or who did it by hand."""
    error: str
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None
    retry_at: datetime | None
    until: datetime | None
    """For a wait: when it ends."""
    frozen_until: datetime | None
    """A calendar held it back until then."""
    output: dict[str, JsonValue]
    items: ItemsView | None
    plan: PlanView | None
    approval: ApprovalView | None
    manual: ManualView | None


class _Plan(BaseModel):
    """The part of every action's plan that people read; the rest is what its undo needs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    summary: str = ""
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


def step_view(program: Program, state: RunState, row: Row) -> StepView:
    """Return what is told of a row."""
    step, seen = row.step, row.seen
    plain = ("reason", "error", "attempt", "started_at", "ended_at", "retry_at", "until", "frozen_until")
    return StepView(
        id=row.address,
        title=row.title,
        kind="foreach" if step.foreach is not None else step.kind,
        **{name: getattr(row, name) for name in ("depth", "role", "status")},
        **{name: getattr(step, name) for name in ("uses", "runbook")},
        **{name: getattr(seen, name) for name in plain},
        output=dict(seen.output),
        items=_items(row),
        plan=_plan(row.address, seen),
        approval=approval_view(program, state, seen, seen.request) if seen.request else None,
        manual=_manual(row) if seen.manual else None,
    )


def approval_views(program: Program, state: RunState) -> Iterator[ApprovalView]:
    """Yield every question of the run that stands, also of steps that have no row."""
    for seen in state.steps.values():
        if seen.request is not None:
            yield approval_view(program, state, seen, seen.request)


def approval_view(
    program: Program, state: RunState, seen: StepState, request: ApprovalRequested
) -> ApprovalView:
    """Return what is told of a question."""
    plain = ("step", "digest", "approvers", "count", "quorums", "allow_self", "editor", "confirm")
    about = request.plans or ({request.step: seen.digest} if seen.digest else {})
    plans = (_plan(step, state.step(step)) for step in about)
    return ApprovalView(
        title=title(program, state, request.step),
        **{name: getattr(request, name) for name in (*plain, "shown", "expires_at")},
        plans=tuple(plan for plan in plans if plan is not None),
        open=seen.status == "awaiting_approval" and not state.over,
        missing=missing(request, seen.approvals),
        given_by=tuple(str(yes.actor) for yes in seen.approvals),
    )


def _items(row: Row) -> ItemsView | None:
    if row.tally is None:
        return None
    counts = {name: getattr(row.tally, name) for name in ("total", "done", "failed", "running", "to_come")}
    return ItemsView(**counts, left_out=row.left_out)


def _plan(step: str, seen: StepState) -> PlanView | None:
    if not seen.plan:
        return None
    plan: Mapping[str, Any] = _Plan.model_validate(seen.plan).model_dump()
    return PlanView(step=step, risk=seen.risk, **plan)


def _manual(row: Row) -> ManualView:
    asked, manual = row.seen.manual, row.step.manual
    assert asked is not None  # noqa: S101  # the caller saw that it is asked
    plain = ("assignee", "instructions", "checklist", "expires_at")
    return ManualView(
        **{name: getattr(asked, name) for name in plain},
        fields=manual.fields if manual else {},
        open=row.status == "waiting",
    )
