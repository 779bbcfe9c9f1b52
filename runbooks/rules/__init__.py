"""The rules of lint: each yields what one kind of mistake looks like in a runbook."""

from collections.abc import Callable, Iterator

from tocsin.runbooks import references, uses
from tocsin.runbooks.known import Known
from tocsin.runbooks.rules import calls, connections, groups, last, names, order, people, promises, triggers
from tocsin.runbooks.subject import Flaw

RULES: tuple[Callable[[Known], Iterator[Flaw]], ...] = (
    names.flaws,
    triggers.flaws,
    references.flaws,
    uses.flaws,
    connections.flaws,
    promises.flaws,
    people.flaws,
    order.flaws,
    groups.flaws,
    calls.flaws,
    last.flaws,
)
"""Every rule. A new one is listed here and nowhere else."""
