"""Runbooks that call others: what they give them, and circles. Only those that are looked at together."""

from collections.abc import Iterator, Mapping

from tocsin.runbooks.known import Known
from tocsin.runbooks.model import Handler, Runbook
from tocsin.runbooks.problems import Path
from tocsin.runbooks.rules.bindings import bound, missing
from tocsin.runbooks.subject import Flaw
from tocsin.runbooks.tree import MAX_DEPTH


def flaws(known: Known) -> Iterator[Flaw]:
    """Yield what is wrong with the calls of other runbooks."""
    others = {**known.others, known.runbook.name: known.runbook}
    for path, step in known.runbook.placed():
        called = others.get(step.runbook or "")
        if called is None:
            continue
        yield from _depth(known.runbook, called, others, (*path, "runbook"))
        yield from bound(known, (*path, "with"), step.with_, called.inputs, called.name)
        left = missing(step.with_, called.inputs)
        if left:
            named = ", ".join(f"`{name}`" for name in left)
            yield Flaw((*path, "runbook"), f"{called.name} needs {named}; add it to `with`")
        yield from _ended(called, (*path, "runbook"))


def _depth(runbook: Runbook, called: Runbook, others: Mapping[str, Runbook], path: Path) -> Iterator[Flaw]:
    chain = [runbook.name, *_longest(called, others, (runbook.name,))]
    if chain[-1] in chain[:-1]:
        yield Flaw(path, f"runbooks call each other in a circle: {' → '.join(chain)}")
    elif len(chain) > MAX_DEPTH + 1:
        yield Flaw(path, f"runbooks call each other more than {MAX_DEPTH} deep: {' → '.join(chain)}")


def _longest(runbook: Runbook, others: Mapping[str, Runbook], above: tuple[str, ...]) -> list[str]:
    """Return the longest chain of calls from here; one that closes a circle before any other."""
    if runbook.name in above or len(above) > MAX_DEPTH:
        return [runbook.name]
    called = {step.runbook for step in runbook.walk() if step.runbook in others}
    chains = [_longest(others[name], others, (*above, runbook.name)) for name in sorted(filter(None, called))]
    circles = [chain for chain in chains if chain[-1] in {*above, runbook.name, *chain[:-1]}]
    return [runbook.name, *max(circles or chains, key=len, default=[])]


def _ended(called: Runbook, path: Path) -> Iterator[Flaw]:
    """Yield the ends of the called runbook that are none here."""
    for step in called.steps:
        if isinstance(step.on_failure, Handler) and step.on_failure.end is not None:
            told = (
                f"{called.name} ends as a success when its step `{step.id}` fails; "
                "called from here, it has failed then: write `on_failure: continue` if that is fine"
            )
            yield Flaw(path, told, "warning")
