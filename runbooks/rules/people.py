"""Who is asked: that somebody can be, and that somebody is before something dangerous."""

import re
from collections.abc import Iterator

from tocsin.actions.base import Risk
from tocsin.actions.registry import AnyAction
from tocsin.organisation import Organisation
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.problems import Path, did_you_mean
from tocsin.runbooks.subject import Flaw, Subject

PRODUCTION = frozenset({"prod", "production"})
"""What connections call the environment where nobody may be hurt unasked."""
_PRINCIPAL = re.compile(r"(group|role|user|oncall|system|slack|cli|api):\S+|\*")
_DANGEROUS = frozenset({Risk.HIGH, Risk.DESTRUCTIVE})


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield questions that nobody can answer, and changes that nobody is asked about."""
    runbook = subject.runbook
    for path, step in runbook.placed():
        if step.approve and not (step.approve.from_ or runbook.permissions.approve):
            message = "who approves? Give `approve.from` here or `permissions.approve` above: `[group:sre]`"
            yield Flaw((*path, "approve"), message)
    for path, named in _named(runbook):
        yield from _principal(subject.organisation, path, named)
    yield from _unasked(subject)


def _named(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    """Yield every principal that the runbook names."""
    for key, several in (("run", runbook.permissions.run), ("approve", runbook.permissions.approve)):
        yield from ((("permissions", key, index), one) for index, one in enumerate(several))
    for path, step in runbook.placed():
        for index, one in enumerate(step.approve.principals if step.approve else ()):
            yield (*path, "approve", "from", index), one
        if step.manual and step.manual.assignee:
            yield (*path, "manual", "assignee"), step.manual.assignee


def _principal(organisation: Organisation | None, path: Path, named: str) -> Iterator[Flaw]:
    if not _PRINCIPAL.fullmatch(named):
        forms = "`group:sre`, `role:admin`, `user:ana@acme.example` or `oncall:PSCHEDULE`"
        yield Flaw(path, f"`{named}` names nobody; write {forms}")
        return
    kind, _, name = named.partition(":")
    if organisation is not None and kind == "group" and name not in organisation.teams:
        yield Flaw(path, f"tocsin.yaml has no team `{name}`.{did_you_mean(name, organisation.teams)}")


def _unasked(subject: Subject) -> Iterator[Flaw]:
    """Yield the changes that happen with nobody asked before."""
    runbook = subject.runbook
    for path, step in runbook.placed():
        action = subject.action(step.uses)
        if action is None or action.risk is Risk.READ or step.approve is not None or "undo" in path:
            continue
        if subject.organisation and action.risk in _DANGEROUS and not _is_asked(subject, step, path):
            yield from _dangerous(subject, step, action, path)
        elif not runbook.permissions.run:
            message = (
                f"{action.name} changes things, and any responder may run it unasked: "
                "add `approve` to the step or `permissions.run`"
            )
            yield Flaw((*path, "uses"), message, "warning")


def _dangerous(subject: Subject, step: Step, action: AnyAction, path: Path) -> Iterator[Flaw]:
    """Yield what to say of a dangerous change: it is an error where it is known to be in production."""
    environment = _environment(subject, step)
    if environment and environment not in PRODUCTION:
        return
    what = "destructive" if action.risk is Risk.DESTRUCTIVE else "of high risk"
    where = f" in `{environment}`" if environment else ""
    instead = "add `approve: { from: [group:sre] }`"
    if path[0] == "finally":
        instead = "`finally` runs also when people said no, so move it into `steps` and add `approve`"
    told = f"{action.name} is {what}, and nobody is asked before it{where}: {instead}"
    yield Flaw((*path, "uses"), told, "error" if environment else "warning")


def _environment(subject: Subject, step: Step) -> str | None:
    """Return the environment that the step works in; None where that is not known."""
    connections = subject.organisation.connections if subject.organisation else {}
    named = connections.get(str(step.with_.get("connection")))
    return named.environment if named else None


def _is_asked(subject: Subject, step: Step, path: Path) -> bool:
    """Say whether somebody has agreed to the run before it comes to the step, however it was started."""
    runbook = subject.runbook
    if runbook.on and not runbook.by_hand and all(trigger.mode == "propose" for trigger in runbook.on):
        return True
    if _is_asked_there(subject, step):
        return True
    return any(_asks(one, step) for one in _before(runbook, path))


def _is_asked_there(subject: Subject, step: Step) -> bool:
    """Say whether ``guardrails.environments`` lets the run in only after a question."""
    runbook = subject.runbook
    rules = runbook.guardrails.environments
    computed = "${{" in str(step.with_.get("connection", ""))
    if not rules or (computed and not runbook.permissions.connections):
        return False  # the guardrail looks at the connections that are written down
    return rules.get(_environment(subject, step) or "prod", "propose") != "auto"


def _asks(one: Step, before: Step) -> bool:
    """Say whether the run comes past a step only when a person has said so."""
    if one.if_ is not None and one.if_ != before.if_:
        return False
    asked = one.approve is not None and one.approve.on_expiry != "skip"
    return asked or one.manual is not None or any(_asks(branch, before) for branch in one.parallel)


def _before(runbook: Runbook, path: Path) -> Iterator[Step]:
    """Yield the steps that every run is through with, or in, when it comes to the one at ``path``."""
    [(part, steps)] = [one for one in runbook.parts if path[: len(one[0])] == one[0]]
    rest = path[len(part) :]
    index = int(rest[0])
    yield from steps[:index]
    step, rest = steps[index], rest[1:]
    while rest:
        yield step
        inner = {"parallel": step.parallel, "on_failure": step.handlers, "undo": step.undo_steps}[
            str(rest[0])
        ]
        rest = rest[1:] if rest[0] == "parallel" else rest[2:]
        index = int(rest[0])
        yield from () if inner is step.parallel else inner[:index]
        step, rest = inner[index], rest[1:]
