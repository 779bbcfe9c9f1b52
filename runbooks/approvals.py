"""Asking people before a step, and what their yes is bound to. Pure."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.runbooks import policy, scope, tree
from tocsin.runbooks.model import Approval
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tree import Node
from tocsin.runbooks.work import Decision

PLAN_FRESH = timedelta(seconds=60)
"""An older plan is made again before it is acted on; if it says something else, people are asked again."""


def digest(state: RunState, address: str, plans: dict[str, str] | None = None) -> str:
    """Return what an approval is bound to: revision, inputs, step and plans. Any change of them voids it."""
    bound = [state.revision, dict(state.inputs), address, plans or state.step(address).digest]
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def request(
    m: Moment, node: Node, approval: Approval, plans: dict[str, str] | None = None
) -> events.ApprovalRequested:
    """Return the question; raise BadExpression when something that it shows cannot be computed."""
    usual = node.frame.program.runbook.permissions.approve or ("role:responder",)
    quorums = approval.quorums if approval.from_ else ()
    named = approval.principals or usual
    several = [events.Quorum(principals=one.principals, count=one.count) for one in quorums]
    confirm = None
    if approval.confirm is not None:
        confirm = str(scope.rendered(node.frame, m.state, approval.confirm))
    return events.ApprovalRequested(
        step=node.address,
        digest=digest(m.state, node.address, plans),
        approvers=named,
        count=sum(one.count for one in quorums) or approval.count,
        allow_self=approval.self_,
        expires_at=m.now + approval.expires,
        quorums=tuple(several) if len(several) > 1 else (),
        editor=None if approval.editor else node.frame.program.written_by,
        confirm=confirm,
        plans=plans or {},
        shown=_shown(m, node, approval),
    )


def awaited(m: Moment, node: Node) -> Decision:
    """Return what follows while people are asked."""
    asked = m.seen(node).request
    assert asked is not None  # noqa: S101  # the status says that it was asked for
    if m.now >= asked.expires_at:
        return Decision(events=(events.ApprovalExpired(step=node.address, digest=asked.digest),))
    return Decision(wake_at=asked.expires_at)


def gate(m: Moment, node: Node) -> Decision:
    """Return what follows at a step that only asks."""
    match m.seen(node).status:
        case "pending":
            return Decision(events=(request(m, node, node.step.approve or Approval()),))
        case "approved":
            return Decision(events=(steering.GatePassed(step=node.address),))
        case _:
            return awaited(m, node)


def of_group(m: Moment, node: Node) -> Decision | None:
    """Return what follows before the first item of a ``foreach`` that has to be approved; None: go on."""
    if node.step.foreach is None:
        return None
    plans = dict(_plans(m, node))
    approval = node.step.approve or (policy.usual(m.state) if plans else None)
    seen = m.seen(node)
    if approval is None or seen.status == "approved" or not seen.items:
        return None
    if seen.status == "awaiting_approval":
        return awaited(m, node)
    return Decision(events=(request(m, node, approval, plans),))


def _plans(m: Moment, node: Node) -> Iterator[tuple[str, str]]:
    """Yield the digest of every plan for a change inside the group."""
    for one in tree.opened(tree.inside(node, m.state), m.state):
        seen = m.seen(one)
        if seen.digest and seen.risk != Risk.READ:
            yield one.address, seen.digest


def is_stale(m: Moment, seen: StepState) -> bool:
    """Say whether a plan is too old to be acted on."""
    return seen.planned_at is None or m.now - seen.planned_at > PLAN_FRESH


def _shown(m: Moment, node: Node, approval: Approval) -> dict[str, JsonValue]:
    """Return what the question shows besides the plan."""
    wanted = [expression for expression in approval.show if expression != "plan"]
    return {
        expression: scope.rendered(node.frame, m.state, f"${{{{ {expression} }}}}") for expression in wanted
    }
