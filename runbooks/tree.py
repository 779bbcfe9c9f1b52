"""Where a step stands in a run: steps inside steps, items of ``foreach``, runbooks inside runbooks. Pure.

Every step of a run has an address. ``scale`` is a step of the runbook itself, wherever it stands there;
``hosts[3]`` is the fourth item of the ``foreach`` step ``hosts``, ``hosts[3]/restart`` a step inside of it,
and ``deploy/scale`` the step ``scale`` of the runbook that the step ``deploy`` calls.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from tocsin.runbooks.model import Step, Timeline
from tocsin.runbooks.state import DONE, RunState, StepState, StepStatus
from tocsin.runbooks.work import Program

MAX_DEPTH = 5
"""How deep runbooks may call each other."""
_SEGMENT = re.compile(r"([a-z][a-z0-9_]*)(?:\[([0-9]+)\])?")


@dataclass(frozen=True)
class Frame:
    """Whose names a step's expressions see."""

    program: Program
    prefix: str = ""
    """What the addresses in it begin with."""
    entered: str = ""
    """Address of the step that called the sub-runbook; empty in the run's own runbook."""
    items: Mapping[str, JsonValue] = field(default_factory=dict)
    """The items of the ``foreach`` steps around, by the names they are given."""
    outer: "Frame | None" = None
    """Where a name is looked for that is not in this frame: around an item of ``foreach``."""


@dataclass(frozen=True)
class Node:
    """One step of a run."""

    address: str
    step: Step
    frame: Frame

    @property
    def groups(self) -> bool:
        """Say whether it holds other steps, and does nothing of its own."""
        return self.step.foreach is not None or self.step.kind in {"parallel", "runbook"}


def roots(frame: Frame, steps: tuple[Step, ...]) -> list[Node]:
    """Return the nodes of steps that stand side by side in a frame."""
    return [Node(frame.prefix + step.id, step, frame) for step in steps]


def inside(node: Node, state: RunState) -> list[Node]:
    """Return what stands directly in a group that is opened: items, branches, a runbook's steps."""
    step, frame = node.step, node.frame
    if step.foreach is not None:
        return items(node, state, range(len(state.step(node.address).items)))
    if step.runbook is not None:
        return roots(called(node), called(node).program.runbook.steps)
    return roots(_own(node), step.parallel) if _is_item(node) else roots(frame, step.parallel)


def items(node: Node, state: RunState, indexes: Iterable[int]) -> list[Node]:
    """Return some of the items of a ``foreach``, by their indexes."""
    body, given = _body(node.step), state.step(node.address).items
    return [_item(node, body, index, given[index]) for index in indexes]


def called(node: Node) -> Frame:
    """Return the frame of the sub-runbook that the node calls."""
    program = node.frame.program.subs[node.step.runbook or ""]
    return Frame(program, prefix=f"{node.address}/", entered=node.address)


def handlers(node: Node) -> list[Node]:
    """Return the steps that are run when the node has failed."""
    return roots(_own(node) if _is_item(node) else node.frame, node.step.handlers)


def undo_steps(node: Node) -> list[Node]:
    """Return the steps that undo the node, where the runbook brings its own."""
    return roots(_own(node) if _is_item(node) else node.frame, node.step.undo_steps)


def find(program: Program, state: RunState, address: str) -> Node:
    """Return the node at an address; raise KeyError when the run has none there."""
    frame = Frame(program)
    node: Node | None = None
    for segment in address.split("/"):
        if node is not None:
            frame = called(node) if node.step.runbook and node.step.foreach is None else _own(node)
        match = _SEGMENT.fullmatch(segment)
        if match is None:
            raise KeyError(address)
        step = frame.program.step(match[1])
        node = Node(frame.prefix + step.id, step, frame)
        if match[2] is not None:
            [node] = items(node, state, [int(match[2])])
    assert node is not None  # noqa: S101  # split yields at least one segment
    return node


def resolve(frame: Frame, state: RunState, name: str) -> str:
    """Return the address that ``steps.<name>`` means in a frame."""
    here: Frame | None = frame
    while here is not None:
        if here.prefix + name in state.steps:
            return here.prefix + name
        here = here.outer
    return frame.prefix + name


def opened(nodes: list[Node], state: RunState, skip: frozenset[StepStatus] = frozenset()) -> Iterator[Node]:
    """Yield the nodes and all that stands in those that are opened, the outer ones first.

    Items of ``foreach`` that are in one of the states ``skip`` and have nothing inside are left out: there
    may be a thousand.
    """
    for node in nodes:
        yield node
        if not (node.groups and state.step(node.address).opened):
            continue
        if node.step.foreach is None:
            yield from opened(inside(node, state), state, skip)
            continue
        states = item_states(node, state)
        wanted = [
            index
            for index, seen in enumerate(states)
            if seen.status not in skip or (seen.opened and seen.status not in DONE)
        ]
        yield from opened(items(node, state, wanted), state, skip)


def item_states(node: Node, state: RunState) -> list[StepState]:
    """Return how far every item of a ``foreach`` is."""
    return [state.step(f"{node.address}[{index}]") for index in range(len(state.step(node.address).items))]


def _body(step: Step) -> Step:
    """Return what a ``foreach`` step does with one item."""
    # The step speaks for its items; what is hidden is hidden whole.
    quiet = Timeline(level="hidden" if step.timeline.level == "hidden" else "info")
    whole = {"foreach": None, "timeline": quiet, "if_": None, "approve": None, "on_failure": "fail"}
    return step.model_copy(update=whole)


def _item(node: Node, body: Step, index: int, item: JsonValue) -> Node:
    foreach = node.step.foreach
    assert foreach is not None  # noqa: S101  # only a step with `foreach` has items
    address = f"{node.address}[{index}]"
    frame = Frame(
        node.frame.program,
        prefix=node.frame.prefix,
        entered=node.frame.entered,
        items={**node.frame.items, foreach.as_: item},
        outer=node.frame.outer,
    )
    return Node(address, body, frame)


def _is_item(node: Node) -> bool:
    return node.address.endswith("]")


def _own(node: Node) -> Frame:
    """Return the frame of what stands in one item of ``foreach``."""
    frame = node.frame
    return Frame(frame.program, f"{node.address}/", frame.entered, frame.items, outer=frame)
