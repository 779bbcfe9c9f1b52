"""How steps follow on each other: in a row, side by side, once for every item, in another runbook. Pure."""

import math
from collections.abc import Callable

from pydantic import JsonValue

from tocsin.errors import BadExpression, ErrorClass, Invalid
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.runbooks import approvals, scope, tree
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.model import Foreach
from tocsin.runbooks.moment import Moment, is_behind, is_stuck
from tocsin.runbooks.state import DONE, StepState
from tocsin.runbooks.tree import Node
from tocsin.runbooks.work import Decision, together

MAX_ITEMS = 1000
Leaf = Callable[[Moment, Node], Decision]
"""Decides about a step that does something of its own."""


def in_a_row(m: Moment, nodes: list[Node], leaf: Leaf) -> Decision | None:
    """Return what follows for steps one after the other; None when all are behind, or one is stuck."""
    for node in nodes:
        if is_behind(m, node):
            continue
        return None if is_stuck(m, node) else go_on(m, node, leaf)
    return None


def go_on(m: Moment, node: Node, leaf: Leaf) -> Decision:
    """Return what follows for a step that is neither behind nor stuck."""
    if m.seen(node).status == "failed":
        return in_a_row(m, tree.handlers(node), leaf) or Decision()
    if not node.groups:
        return Decision() if node.address in m.busy else leaf(m, node)
    try:
        return _group(m, node, leaf)
    except (BadExpression, Invalid) as error:
        return _failed(node, str(error))


def opening(m: Moment, node: Node) -> steering.GroupOpened | events.StepSkipped:
    """Return the event that says what stands in a group; raise BadExpression or Invalid if it cannot."""
    step = node.step
    if step.if_ is not None and not m.holds(node, step.if_):
        return events.StepSkipped(step=node.address, reason=f"`{step.if_}` does not hold")
    if step.foreach is not None:
        return steering.GroupOpened(step=node.address, items=_items(m, node, step.foreach))
    if step.runbook is None:
        return steering.GroupOpened(step=node.address)
    specs = node.frame.program.subs[step.runbook].runbook.inputs
    given = coerce(specs, m.rendered(node, step.with_), from_text=False)
    return steering.GroupOpened(step=node.address, inputs=given)


def _items(m: Moment, node: Node, foreach: Foreach) -> tuple[JsonValue, ...]:
    given = foreach.items if isinstance(foreach.items, str) else list(foreach.items)
    items = scope.rendered(node.frame, m.state, given)
    if not isinstance(items, list):
        raise BadExpression("`foreach.items` is not a list")
    if len(items) > MAX_ITEMS:
        raise BadExpression(f"`foreach.items` has {len(items)} items; {MAX_ITEMS} are the most")
    return tuple(items)


def _group(m: Moment, node: Node, leaf: Leaf) -> Decision:
    seen = m.seen(node)
    if not seen.opened:
        return Decision(events=(opening(m, node),))
    asked = approvals.of_group(m, node)
    if asked is not None:
        return asked
    if node.step.foreach is not None:
        return _each(m, node, node.step.foreach, leaf)
    return (_branches if node.step.runbook is None else _sub_runbook)(m, node, leaf)


def _sub_runbook(m: Moment, node: Node, leaf: Leaf) -> Decision:
    """Return what follows in a runbook that another one calls; its ``finally`` comes last here, too."""
    frame, inner = tree.called(node), tree.inside(node, m.state)
    runbook = frame.program.runbook
    following = in_a_row(m, inner, leaf)
    if following is not None:
        return following
    stuck = [one for one in inner if is_stuck(m, one)]
    if stuck:
        following = in_a_row(m, tree.roots(frame, runbook.on_failure.steps), leaf)
    following = following or in_a_row(m, tree.roots(frame, runbook.finally_), leaf)
    if following is not None:
        return following
    if stuck:
        return _failed(node, _blame(m, stuck))
    outputs = scope.rendered_map(frame, m.state, runbook.outputs)
    return Decision(events=(steering.GroupClosed(step=node.address, output=outputs),))


def _branches(m: Moment, node: Node, leaf: Leaf) -> Decision:
    """Return what follows for steps that begin together."""
    inner = tree.inside(node, m.state)
    going = [one for one in inner if not is_behind(m, one) and not is_stuck(m, one)]
    if going:
        return together(go_on(m, one, leaf) for one in going)
    stuck = [one for one in inner if is_stuck(m, one)]
    if stuck:
        return _failed(node, _blame(m, stuck, of=len(inner)))
    return Decision(events=(steering.GroupClosed(step=node.address),))


def _each(m: Moment, node: Node, foreach: Foreach, leaf: Leaf) -> Decision:
    """Return what follows for items, as many at a time as the step lets."""
    states = tree.item_states(node, m.state)
    stuck = [index for index, seen in enumerate(states) if seen.status == "failed"]
    open_ones = [index for index, seen in enumerate(states) if seen.status not in DONE]
    going = [index for index in open_ones if _has_begun(m, node, index, states[index])]
    fresh: list[int] = []
    if not (stuck and foreach.fail_fast) and not _is_enough(m, node, foreach, states):
        fresh = _next(foreach, states, going)
    if going or fresh:
        return together(go_on(m, one, leaf) for one in tree.items(node, m.state, [*going, *fresh]))
    if stuck:
        return _failed(node, _blame(m, tree.items(node, m.state, stuck), of=len(states)))
    outputs: list[JsonValue] = [dict(seen.output) for seen in states]
    return Decision(events=(steering.GroupClosed(step=node.address, output={"items": outputs}),))


def _has_begun(m: Moment, node: Node, index: int, seen: StepState) -> bool:
    """Say whether an item has begun; one that only has a plan has not."""
    if not seen.opened:
        return seen.status not in {"pending", "planned"}
    [item] = tree.items(node, m.state, [index])
    inner = tree.opened(tree.inside(item, m.state), m.state)
    return any(not one.groups and m.seen(one).status not in {"pending", "planned"} for one in inner)


def _next(foreach: Foreach, states: list[StepState], going: list[int]) -> list[int]:
    """Return the items that may begin now."""
    first, size = _wave(foreach, states) if foreach.waves else (0, len(states))
    room = (foreach.max_parallel or (size if foreach.waves else 1)) - len(going)
    begun = set(going)
    fresh = [index for index in range(first, first + size) if states[index].status not in DONE]
    return [index for index in fresh if index not in begun][: max(0, room)]


def _wave(foreach: Foreach, states: list[StepState]) -> tuple[int, int]:
    """Return where the first wave that is not through begins, and its size."""
    first = 0
    for size in wave_sizes(foreach, len(states)):
        if not all(seen.status in DONE for seen in states[first : first + size]):
            return first, size
        first += size
    return first, 0


def wave_sizes(foreach: Foreach, count: int) -> list[int]:
    """Return how many items each wave has; the last one of ``waves`` is repeated until all are in one."""
    sizes: list[int] = []
    waves = list(foreach.waves)
    while sum(sizes) < count:
        wave = waves.pop(0) if len(waves) > 1 else waves[0]
        left = count - sum(sizes)
        if wave == "rest":
            sizes.append(left)
        elif isinstance(wave, str):
            sizes.append(min(left, max(1, math.ceil(count * int(wave[:-1]) / 100))))
        else:
            sizes.append(min(left, wave))
    return sizes


def _is_enough(m: Moment, node: Node, foreach: Foreach, states: list[StepState]) -> bool:
    if foreach.stop_when is None or not any(seen.status in DONE for seen in states):
        return False
    return m.holds(node, foreach.stop_when)


def _blame(m: Moment, stuck: list[Node], of: int = 0) -> str:
    told = "; ".join(f"{one.address}: {m.seen(one).error}" for one in stuck[:3])
    more = f" and {len(stuck) - 3} more" if len(stuck) > 3 else ""
    return f"{len(stuck)} of {of} failed: {told}{more}" if of > 1 else f"{told}{more}"


def _failed(node: Node, error: str) -> Decision:
    kind = ErrorClass.INVALID
    return Decision(events=(events.StepFailed(step=node.address, attempt=1, error=error[:2000], kind=kind),))
