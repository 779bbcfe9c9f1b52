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
        yield from _fewer(name, _quorums(walk(old)[name]), _quorums(walk(new)[name]))
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
    return {name: _named(part(asks, name).get("from")) or default for name in asks}


def _named(asked: JsonValue) -> list[str]:
    """Return everybody whom an approval names, each quorum's principals among them."""
    given = asked if isinstance(asked, list) else []
    named = [texts(one.get("principals")) if isinstance(one, dict) else [str(one)] for one in given]
    return [principal for group in named for principal in group]


def _quorums(step: Map) -> dict[str, int]:
    """Return how many people of each kind a step with quorums takes."""
    asked = part(step, "approve").get("from")
    found = [one for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []
    return {", ".join(texts(one.get("principals"))): int(str(one.get("count") or 1)) for one in found}


def _fewer(name: str, before: dict[str, int], after: dict[str, int]) -> Iterator[Change]:
    """Yield the quorums that take fewer people than before."""
    for who in (one for one in before if before[one] > after.get(one, 0)):
        told = f"step `{name}`: takes {after.get(who, 0)} of {who}, and took {before[who]}"
        yield Change("guardrail_loosened", told)


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
