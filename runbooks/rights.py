"""Who may do more by a new revision, and what it may touch that it did not."""

from collections.abc import Iterator

from pydantic import JsonValue

from tocsin.runbooks import looser
from tocsin.runbooks.change import Change, moved
from tocsin.runbooks.parts import Map, part, texts, walk

_RESPONDERS = ["role:responder"]
"""Who may, where a runbook names nobody."""


def permissions(old: Map, new: Map) -> Iterator[Change]:
    """Yield every change of permissions between two runbooks."""
    was, now = part(old, "permissions"), part(new, "permissions")
    for key in ("run", "approve"):
        yield from _widened(f"may {key} it", _principals(was.get(key)), _principals(now.get(key)))
    for name in (one for one in walk(new) if one in walk(old)):
        asked = [_approvers(one, given) for one, given in ((old, was), (new, now))]
        yield from _widened(f"may approve step `{name}`", *(approvers.get(name, []) for approvers in asked))
    yield from _connections(old, new)
    for key in sorted(now.keys() - {"run", "approve", "connections"}):
        if was.get(key) != now[key]:
            yield Change("permission_widened", moved(f"`permissions.{key}`", was.get(key), now[key]))


def _widened(what: str, before: list[str], after: list[str]) -> Iterator[Change]:
    more = looser.wider(before, after)
    fewer = looser.wider(after, before)
    if before and more:
        yield Change("permission_widened", f"{', '.join(more)} {what}, and might not before")
    if after and fewer:
        yield Change("changed", f"{', '.join(fewer)} {what} no more")


def _principals(value: JsonValue) -> list[str]:
    return texts(value) or _RESPONDERS


def _approvers(runbook: Map, given: Map) -> dict[str, list[str]]:
    """Return who approves each step that asks."""
    default = _principals(given.get("approve"))
    asks = {name: step["approve"] for name, step in walk(runbook).items() if step.get("approve")}
    return {name: texts(part(asks, name).get("from")) or default for name in asks}


def _connections(old: Map, new: Map) -> Iterator[Change]:
    """Yield the connections that are touched or allowed now, and were not, and the other way around."""
    was, now = (texts(part(one, "permissions").get("connections")) for one in (old, new))
    if was and not now:
        yield Change("permission_widened", "it may touch every connection, and might not before")
    touched = [
        {str(part(step, "with").get("connection") or "") for step in walk(one).values()} for one in (old, new)
    ]
    more = (set(now) | touched[1]) - set(was) - touched[0] - {""}
    for connection in sorted(more):
        yield Change("permission_widened", f"it may touch {connection}, and did not before")
    for connection in sorted(set(was) - set(now)) if now else ():
        yield Change("changed", f"it may touch {connection} no more")
