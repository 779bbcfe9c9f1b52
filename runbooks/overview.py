"""A run as people see it: its tree of steps, row by row, the many items of ``foreach`` counted. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from tocsin.runbooks import tree
from tocsin.runbooks.model import Step
from tocsin.runbooks.state import RunState, StepState, StepStatus
from tocsin.runbooks.tree import Frame, Node
from tocsin.runbooks.work import Program

SHOWN = 8
"""Items of one ``foreach`` that have rows of their own, unless all are asked for."""
Role = Literal["", "on_failure", "on_cancel", "finally", "undo"]
"""Why a row's step is run: in its turn, or because of something else."""
_TO_COME: frozenset[StepStatus] = frozenset({"pending", "planned"})
_WELL: frozenset[StepStatus] = frozenset({"succeeded", "skipped", "undone"})
_ILL: frozenset[StepStatus] = frozenset({"failed", "unknown"})
_NAMES = ("name", "id", "title", "host")
"""Keys of an item that is a map, by which people know it."""
_LABEL = 80


@dataclass(frozen=True)
class Tally:
    """How far the items of a ``foreach`` are."""

    total: int
    done: int
    """Succeeded, skipped or undone."""
    failed: int
    """Failed, or of unknown outcome."""
    running: int
    """Begun, and not at their end: those that wait are among them."""

    @property
    def to_come(self) -> int:
        """Return how many have not begun."""
        return self.total - self.done - self.failed - self.running


@dataclass(frozen=True)
class Row:
    """One step, as a reader sees it."""

    node: Node
    seen: StepState
    status: StepStatus
    """As of the step; a group is running as soon as something in it has begun."""
    title: str
    depth: int
    """0: a step of the runbook itself."""
    role: Role = ""
    tally: Tally | None = None
    """Of a ``foreach`` that knows its items."""
    left_out: int = 0
    """Items that have no row: nothing is to be seen of them that the tally does not say."""

    @property
    def address(self) -> str:
        """Return where it stands."""
        return self.node.address

    @property
    def step(self) -> Step:
        """Return what the runbook says of it."""
        return self.node.step


@dataclass(frozen=True)
class Fold:
    """Rows that stand next to each other and say nothing new."""

    count: int
    depth: int
    done: bool
    """True: behind us. False: to come."""


def rows(program: Program, state: RunState, *, every: bool = False) -> list[Row]:
    """Return the run's tree in reading order; ``every``: all items of every ``foreach``.

    Handlers, ``finally`` and steps that undo stand in it once one of them has begun.
    """
    return list(_Reader(program, state, every).rows())


def folded(found: Sequence[Row], most: int) -> list[Row | Fold]:
    """Return the rows; of more than ``most``, neighbours that are done, or to come, become one."""
    if len(found) <= most:
        return list(found)
    kept: list[Row | Fold] = []
    for sort, group in groupby(found, key=_sort):
        some = list(group)
        together = sort and len(some) > 1
        depth = min(row.depth for row in some)
        kept += [Fold(len(some), depth, done=sort == "done")] if together else some
    return kept


def title(program: Program, state: RunState, address: str) -> str:
    """Return what people call the step at an address, wherever it is named without its surroundings."""
    try:
        node = tree.find(program, state, address)
    except (KeyError, IndexError):
        return address  # of an older Tocsin, whose addresses were others
    around = address.rpartition("/")[0]
    inside = f"{title(program, state, around)} › " if around else ""
    if not address.endswith("]"):
        return f"{inside}{node.step.title}"
    return f"{inside}{node.step.title} · {item_label(state, address)}"


def item_label(state: RunState, address: str) -> str:
    """Return what people call an item of ``foreach``."""
    group, _, index = address[:-1].rpartition("[")
    item = state.step(group).items[int(index)]
    if isinstance(item, Mapping):
        named = [item[key] for key in _NAMES if isinstance(item.get(key), str | int)]
        item = named[0] if named else item
    text = " ".join((item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)).split())
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


class _Reader:
    """Reads one run."""

    def __init__(self, program: Program, state: RunState, every: bool) -> None:
        self._program = program
        self._state = state
        self._every = every

    def rows(self) -> Iterator[Row]:
        root = Frame(self._program)
        yield from self._all(tree.roots(root, self._program.runbook.steps), 0)
        yield from self._endings(root, 0)

    def _endings(self, frame: Frame, depth: int) -> Iterator[Row]:
        """Yield what a runbook runs last."""
        runbook = frame.program.runbook
        yield from self._begun(tree.roots(frame, runbook.on_failure.steps), depth, "on_failure")
        yield from self._begun(tree.roots(frame, runbook.on_cancel.steps), depth, "on_cancel")
        yield from self._begun(tree.roots(frame, runbook.finally_), depth, "finally")

    def _begun(self, nodes: list[Node], depth: int, role: Role) -> Iterator[Row]:
        """Yield steps that are not run in their turn, once one of them has begun."""
        if any(self._state.step(node.address).status not in _TO_COME for node in nodes):
            yield from self._all(nodes, depth, role)

    def _all(self, nodes: list[Node], depth: int, role: Role = "") -> Iterator[Row]:
        for node in nodes:
            yield from self._of(node, depth, role)

    def _of(self, node: Node, depth: int, role: Role) -> Iterator[Row]:
        """Yield a step and all that belongs to it."""
        seen = self._state.step(node.address)
        if node.step.foreach is not None and seen.opened:
            yield from self._items(node, depth, role)
        else:
            yield self._row(node, self.status(node), depth, role)
            if node.groups and node.step.foreach is None and seen.status != "skipped":
                yield from self._all(tree.inside(node, self._state), depth + 1)
                if node.step.runbook is not None:
                    yield from self._endings(tree.called(node), depth + 1)
        yield from self._begun(tree.handlers(node), depth + 1, "on_failure")
        yield from self._begun(tree.undo_steps(node), depth + 1, "undo")

    def _items(self, node: Node, depth: int, role: Role) -> Iterator[Row]:
        """Yield a ``foreach`` with its tally, and those of its items that are worth a row."""
        items = tree.inside(node, self._state)
        statuses = [self.status(item) for item in items]
        tally = Tally(
            total=len(items),
            done=sum(one in _WELL for one in statuses),
            failed=sum(one in _ILL for one in statuses),
            running=sum(one not in _WELL | _ILL | _TO_COME for one in statuses),
        )
        wanted = range(len(items)) if self._every else _worth_seeing(statuses)
        yield self._row(node, self.status(node), depth, role, tally, len(items) - len(wanted))
        for index in wanted:
            yield from self._of(items[index], depth + 1, "")

    def _row(
        self,
        node: Node,
        status: StepStatus,
        depth: int,
        role: Role,
        tally: Tally | None = None,
        left_out: int = 0,
    ) -> Row:
        named = item_label(self._state, node.address) if node.address.endswith("]") else node.step.title
        return Row(node, self._state.step(node.address), status, named, depth, role, tally, left_out)

    def status(self, node: Node) -> StepStatus:
        seen = self._state.step(node.address)
        if not seen.opened or seen.status not in {"planned", "approved"}:
            return seen.status
        inner = map(self.status, tree.inside(node, self._state))
        return "running" if any(one not in _TO_COME for one in inner) else seen.status


def _worth_seeing(statuses: Sequence[StepStatus]) -> Sequence[int]:
    """Return the items that have a row: all of a few; of many, those that failed, then those at work."""
    if len(statuses) <= SHOWN:
        return range(len(statuses))
    ill = [index for index, one in enumerate(statuses) if one in _ILL]
    busy = [index for index, one in enumerate(statuses) if one not in _ILL | _WELL | _TO_COME]
    return sorted([*ill, *busy][:SHOWN])


def _sort(row: Row) -> str:
    if row.status in _WELL:
        return "done"
    return "to come" if row.status in _TO_COME else ""
