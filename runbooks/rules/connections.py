"""What a runbook touches, held against what it says it touches and what the organisation has."""

from collections.abc import Iterator

from tocsin.runbooks import expressions
from tocsin.runbooks.problems import Path, did_you_mean
from tocsin.runbooks.subject import Flaw, Subject
from tocsin.runbooks.uses import uses_of


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield connections that are not allowed, and names that ``tocsin.yaml`` does not have."""
    runbook = subject.runbook
    allowed = runbook.permissions.connections
    for use in uses_of(runbook):
        named = use.given.get("connection")
        if not isinstance(named, str) or "${{" in named:
            continue
        path = (*use.path, "with", "connection")
        if allowed and named not in allowed:
            hint = did_you_mean(named, allowed)
            yield Flaw(path, f"`{named}` is not in `permissions.connections`.{hint}")
        elif not allowed:
            yield from _there(subject, named, path)
    for index, named in enumerate(allowed):
        yield from _there(subject, named, ("permissions", "connections", index))
    yield from _secrets(subject)


def _there(subject: Subject, named: str, path: Path) -> Iterator[Flaw]:
    if subject.organisation is not None and named not in subject.organisation.connections:
        hint = did_you_mean(named, subject.organisation.connections)
        yield Flaw(path, f"tocsin.yaml has no connection `{named}`.{hint}")


def _secrets(subject: Subject) -> Iterator[Flaw]:
    if subject.organisation is None:
        return
    known = subject.organisation.secrets
    for use in uses_of(subject.runbook):
        for field, value in use.given.items():
            holes = [hole for text in expressions.texts(value) for hole in expressions.holes(text)]
            for name in filter(None, map(expressions.secret_name, holes)):
                if name not in known:
                    told = f"tocsin.yaml has no secret `{name}`.{did_you_mean(name, known)}"
                    yield Flaw((*use.path, "with", field), told)
