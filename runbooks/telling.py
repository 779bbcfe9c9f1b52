"""What a runbook says of its steps once they have succeeded: ``timeline:``. Pure."""

from collections.abc import Iterator

from tocsin.errors import BadExpression
from tocsin.events import steering
from tocsin.runbooks import scope
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.tree import Node, opened, roots

MAX_SUMMARY = 2000


def untold(m: Moment) -> Iterator[steering.StepTold]:
    """Yield what is still to be said."""
    if not m.program.tells:
        return
    for _, steps in m.program.runbook.parts:
        for node in opened(roots(m.root, steps), m.state):
            seen = m.seen(node)
            if node.step.timeline.tells and seen.status == "succeeded" and not seen.told:
                yield _told(m, node)


def _told(m: Moment, node: Node) -> steering.StepTold:
    timeline = node.step.timeline
    try:
        summary = str(scope.rendered(node.frame, m.state, timeline.summary))
    except BadExpression as error:
        summary = f"its summary cannot be computed: {error}"
    return steering.StepTold(step=node.address, level=timeline.level, summary=summary[:MAX_SUMMARY])
