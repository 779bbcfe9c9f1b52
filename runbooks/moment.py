"""What the conductor looks at: a run as it stands, and the time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from tocsin.actions.base import Effect
from tocsin.runbooks import scope, tree
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tree import Frame, Node
from tocsin.runbooks.work import ActionFacts, Program


@dataclass(frozen=True)
class Moment:
    """A run at a time."""

    program: Program
    state: RunState
    now: datetime
    busy: frozenset[str] = frozenset()
    """Steps that are being worked at just now: nothing is decided about them."""

    @property
    def root(self) -> Frame:
        """Return the frame of the run's own runbook."""
        return Frame(self.program)

    def frames(self) -> Iterator[Frame]:
        """Yield the frame of the run's own runbook and of every one that is called, the outer ones first."""
        yield self.root
        if not self.program.subs:
            return
        for _, steps in self.program.runbook.parts:
            for node in tree.opened(tree.roots(self.root, steps), self.state):
                if node.step.runbook is not None and self.seen(node).opened and node.step.foreach is None:
                    yield tree.called(node)

    def seen(self, node: Node) -> StepState:
        """Return how far a step is."""
        return self.state.step(node.address)

    def find(self, address: str) -> Node:
        """Return the node at an address."""
        return tree.find(self.program, self.state, address)

    def facts(self, node: Node) -> ActionFacts:
        """Return the facts of the action that the node uses."""
        return node.frame.program.facts[node.step.uses or ""]

    def holds(self, node: Node, expression: str, /, **more: JsonValue) -> bool:
        """Say whether a condition holds where the node stands; raise BadExpression."""
        return scope.holds(node.frame, self.state, expression, **more)

    def rendered(
        self, node: Node, given: Mapping[str, JsonValue], /, **more: JsonValue
    ) -> dict[str, JsonValue]:
        """Return a map filled in as the node sees it; raise BadExpression."""
        return scope.rendered_map(node.frame, self.state, given, **more)

    def in_doubt(self, node: Node) -> bool:
        """Say whether an effect that must not happen twice may have happened, and nobody has looked yet."""
        seen = self.seen(node)
        if not seen.key or seen.status not in {"running", "retrying"} or seen.probed == "not_done":
            return False
        return self.facts(node).effect is Effect.ONCE


def is_behind(m: Moment, node: Node) -> bool:
    """Say whether the run goes on to the next step."""
    seen = m.seen(node)
    if seen.status == "failed":
        return node.step.failing == "continue" and is_handled(m, node)
    return seen.status in {"succeeded", "skipped", "undone"}


def is_stuck(m: Moment, node: Node) -> bool:
    """Say whether the step has failed, and what stands around it cannot go on."""
    return m.seen(node).status == "failed" and node.step.failing != "continue" and is_handled(m, node)


def is_handled(m: Moment, node: Node) -> bool:
    """Say whether all that is to be run after the step's failure is through, well or not."""
    return are_through(m, tree.handlers(node))


def are_through(m: Moment, nodes: list[Node]) -> bool:
    """Say whether steps in a row are all done, or stuck at one of them."""
    for node in nodes:
        if is_stuck(m, node):
            return True
        if not is_behind(m, node):
            return False
    return True
