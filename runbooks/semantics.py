"""What the change from one revision to the next means to somebody who has to agree with it. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.runbooks import looser
from tocsin.runbooks.model import Runbook

Kind = Literal[
    "step_added",
    "step_removed",
    "step_moved",
    "risk_raised",
    "permission_widened",
    "guardrail_loosened",
    "changed",
]
RAISING = frozenset({"step_added", "risk_raised", "permission_widened", "guardrail_loosened"})
"""Kinds of change that take more reviewers."""
RiskOf = Callable[[str], Risk]
"""Returns the risk of the action that a ``uses`` names."""
Map = dict[str, JsonValue]

_SHOWN = 60
_RISKS = list(Risk)
_OPAQUE = frozenset({"with", "vars", "inputs", "outputs", "on", "permissions", "guardrails"})
"""Keys beneath which there are no steps."""
_RESPONDERS = ["role:responder"]
"""Who may, where a runbook names nobody."""


class Change(NamedTuple):
    """One thing that is different."""

    kind: Kind
    text: str

    @property
    def raises(self) -> bool:
        """Say whether more people should look at it."""
        return self.kind in RAISING


def compare(before: Runbook | None, after: Runbook, risk_of: RiskOf) -> tuple[Change, ...]:
    """Return every change, those that take more reviewers first; ``before`` is None for a first revision."""
    old = before.model_dump(mode="json") if before else _nothing(after)
    new = after.model_dump(mode="json")
    found = [
        *_steps(_walk(old), _walk(new), risk_of),
        *_guards(old, new, risk_of),
        *_permissions(old, new),
        *_guardrails(old["guardrails"], new["guardrails"]),
        *_triggers(old["on"], new["on"]),
        *_inputs(old["inputs"], new["inputs"]),
        *_rest(old, new),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda change: not change.raises))


def _nothing(after: Runbook) -> dict[str, JsonValue]:
    """Return what stands for a runbook that is not there yet: nobody may do anything."""
    nobody = {"run": ["role:admin"], "approve": ["role:admin"], "connections": []}
    plain = after.model_copy(update={"steps": (), "on": (), "inputs": {}, "vars": {}, "outputs": {}})
    return {**plain.model_dump(mode="json"), "permissions": nobody}


def _walk(value: JsonValue) -> dict[str, dict[str, JsonValue]]:
    """Return every step at any depth by its id, in the order of the file, without the steps inside of it."""
    found: dict[str, dict[str, JsonValue]] = {}
    if isinstance(value, list):
        for one in value:
            found |= _walk(one)
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            found[str(value["id"])] = _bare(value)
        for key, one in value.items():
            if key not in _OPAQUE:
                found |= _walk(one)
    return found


def _bare(value: Map) -> dict[str, JsonValue]:
    """Return a part of a runbook without the steps inside of it."""
    kept: dict[str, JsonValue] = {}
    for key, one in value.items():
        if isinstance(one, dict) and key not in _OPAQUE:
            kept[key] = _bare(one)
        elif key in _OPAQUE or not _walk(one):
            kept[key] = one
    return kept


def _steps(old: Mapping[str, Map], new: Mapping[str, Map], risk_of: RiskOf) -> Iterator[Change]:
    for name, step in new.items():
        if name not in old:
            yield Change("step_added", f"step `{name}` is added: {_does(step, risk_of)}")
        else:
            yield from _step(name, old[name], step, risk_of)
    for name in old.keys() - new.keys():
        kind: Kind = "guardrail_loosened" if _is_guard(old[name]) else "step_removed"
        yield Change(kind, f"step `{name}` is removed: {_does(old[name], risk_of)}")
    stays = [name for name in old if name in new]
    order = [name for name in new if name in old]
    if stays != order:
        yield Change("step_moved", f"the steps are in another order: {', '.join(order)}")


def _step(name: str, old: Map, new: Map, risk_of: RiskOf) -> Iterator[Change]:
    used = old.get("uses"), new.get("uses")
    risks = [risk_of(str(one)) if one else Risk.READ for one in used]
    if _RISKS.index(risks[1]) > _RISKS.index(risks[0]):
        yield Change("risk_raised", f"step `{name}`: its risk goes from {risks[0]} to {risks[1]} ({used[1]})")
    for path, (one, other) in _differences(_leaves(old), _leaves(new)):
        if path != "approve.from":  # a matter of permissions
            yield _judged(f"step `{name}`: `{path}`", looser.STEP.get(path), one, other)


def _guards(old: Map, new: Map, risk_of: RiskOf) -> Iterator[Change]:
    """Yield the assertions that stand no longer before a change that they stood before."""
    before, after = _guarded(_walk(old), risk_of), _guarded(_walk(new), risk_of)
    stays = _walk(new).keys()
    for name in before.keys() & after.keys():
        for guard in sorted((before[name] - after[name]) & stays):
            yield Change("guardrail_loosened", f"step `{guard}` no longer stands before `{name}`")


def _guarded(steps: Mapping[str, Map], risk_of: RiskOf) -> dict[str, set[str]]:
    """Return for every step that changes something the assertions and gates before it."""
    guards: set[str] = set()
    found = {}
    for name, step in steps.items():
        if _is_guard(step):
            guards.add(name)
        elif step.get("uses") and risk_of(str(step["uses"])) is not Risk.READ:
            found[name] = set(guards)
    return found


def _is_guard(step: Map) -> bool:
    """Say whether a step does nothing but hold others back."""
    return step.get("uses") is None and bool(step.get("assert") or step.get("approve"))


def _permissions(old: Map, new: Map) -> Iterator[Change]:
    was, now = _map(old, "permissions"), _map(new, "permissions")
    for key in ("run", "approve"):
        yield from _widened(f"may {key} it", _principals(was.get(key)), _principals(now.get(key)))
    for name in _walk(new).keys() & _walk(old).keys():
        asked = [_approvers(one, permissions) for one, permissions in ((old, was), (new, now))]
        yield from _widened(f"may approve step `{name}`", *(approvers.get(name, []) for approvers in asked))
    yield from _connections(old, new)
    for key in now.keys() - {"run", "approve", "connections"}:
        if was.get(key) != now[key]:
            yield Change("permission_widened", _moved(f"`permissions.{key}`", was.get(key), now[key]))


def _widened(what: str, before: list[str], after: list[str]) -> Iterator[Change]:
    more = looser.wider(before, after)
    fewer = sorted(set(before) - set(after))
    if before and more:
        yield Change("permission_widened", f"{', '.join(more)} {what}, and might not before")
    if after and fewer:
        yield Change("changed", f"{', '.join(fewer)} {what} no more")


def _principals(value: JsonValue) -> list[str]:
    return _texts(value) or _RESPONDERS


def _approvers(runbook: Map, permissions: Map) -> dict[str, list[str]]:
    """Return who approves each step that asks."""
    default = _principals(permissions.get("approve"))
    asks = {name: step["approve"] for name, step in _walk(runbook).items() if step.get("approve")}
    return {name: _texts(_map(asks, name).get("from")) or default for name in asks}


def _connections(old: Map, new: Map) -> Iterator[Change]:
    """Yield the connections that are touched or allowed now, and were not, and the other way around."""
    was, now = (_texts(_map(one, "permissions").get("connections")) for one in (old, new))
    if was and not now:
        yield Change("permission_widened", "it may touch every connection, and might not before")
    touched = [
        {str(_map(step, "with").get("connection") or "") for step in _walk(one).values()}
        for one in (old, new)
    ]
    more = (set(now) | touched[1]) - set(was) - touched[0] - {""}
    for connection in sorted(more):
        yield Change("permission_widened", f"it may touch {connection}, and did not before")
    for connection in sorted(set(was) - set(now)) if now else ():
        yield Change("changed", f"it may touch {connection} no more")


def _guardrails(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    for path, (one, other) in _differences(_leaves(old), _leaves(new)):
        yield _judged(f"`guardrails.{path}`", looser.GUARDRAILS.get(path, looser.another), one, other)


def _triggers(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    was, now = _by_kind(old), _by_kind(new)
    for name, trigger in now.items():
        if name not in was:
            itself = " and acts by itself" if trigger.get("mode") == "auto" else ""
            yield Change("permission_widened", f"it starts by {name}{itself}, and did not before")
            continue
        for path, (one, other) in _differences(_leaves(was[name]), _leaves(trigger)):
            yield _judged(f"trigger {name}: `{path}`", looser.TRIGGER.get(path), one, other)
    for name in was.keys() - now.keys():
        yield Change("changed", f"it no longer starts by {name}")


def _by_kind(triggers: JsonValue) -> dict[str, dict[str, JsonValue]]:
    """Return the triggers by what starts them; a second one of the same kind is another one."""
    found: dict[str, dict[str, JsonValue]] = {}
    for trigger in triggers if isinstance(triggers, list) else []:
        given = trigger if isinstance(trigger, dict) else {}
        kind = next((key for key, value in given.items() if value is not None), "nothing")
        name = "hand" if kind == "manual" else f"{kind} {_short(given.get(kind))}"
        while name in found:
            name += " again"
        found[name] = given
    return found


def _inputs(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    was, now = (one if isinstance(one, dict) else {} for one in (old, new))
    for name in now.keys() - was.keys():
        yield Change("changed", f"input `{name}` is added")
    for name in was.keys() - now.keys():
        yield Change("changed", f"input `{name}` is removed")
    for name in (one for one in now if one in was):
        for path, (one, other) in _differences(_leaves(was[name]), _leaves(now[name])):
            yield _judged(f"input `{name}`: `{path}`", looser.INPUT.get(path), one, other)


def _rest(old: Map, new: Map) -> Iterator[Change]:
    """Yield the differences of everything else."""
    seen = _OPAQUE - {"vars", "outputs"}
    # An empty list is that of steps which are not there; of steps it is told elsewhere.
    was, now = (
        _bare({key: one for key, one in all.items() if key not in seen and one != []}) for all in (old, new)
    )
    for path, (one, other) in _differences(_leaves(was), _leaves(now)):
        rule = looser.turned_off if path == "on_failure.compensate" else None
        yield _judged(f"`{path}`", rule, one, other)


def _judged(what: str, rule: looser.Rule | None, before: JsonValue, after: JsonValue) -> Change:
    verdict = rule(before, after) if rule else None
    if verdict is None:
        return Change("changed", _moved(what, before, after))
    return Change("guardrail_loosened", f"{what} {verdict}{_from_to(before, after)}")


def _does(step: Map, risk_of: RiskOf) -> str:
    uses = step.get("uses")
    if uses:
        return f"{uses}, risk {risk_of(str(uses))}"
    return next((key for key in ("wait", "assert", "approve") if step.get(key)), "changes nothing itself")


def _leaves(value: JsonValue, path: str = "") -> dict[str, JsonValue]:
    """Return every value that is no map by its dotted path; an optional part counts as a value as well."""
    if not isinstance(value, dict):
        return {path: value}
    found: dict[str, JsonValue] = {path: True} if path else {}
    for key, one in value.items():
        found |= _leaves(one, f"{path}.{key}" if path else key)
    return found


def _differences(old: Map, new: Map) -> Iterator[tuple[str, tuple[JsonValue, JsonValue]]]:
    """Yield what is not the same; of a part that came or went, only the part itself."""
    for path in [*old, *(path for path in new if path not in old)]:
        whole = path.rpartition(".")[0]
        came_or_went = bool(whole) and bool(old.get(whole)) != bool(new.get(whole))
        if old.get(path) != new.get(path) and not came_or_went:
            yield path, (old.get(path), new.get(path))


def _moved(what: str, before: JsonValue, after: JsonValue) -> str:
    return f"{what} is changed{_from_to(before, after)}"


def _from_to(before: JsonValue, after: JsonValue) -> str:
    if before is True or after is True or isinstance(before, dict) or isinstance(after, dict):
        return ""
    return f": {_short(before)} → {_short(after)}"


def _short(value: JsonValue) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _map(value: Map, key: str) -> Map:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _texts(value: JsonValue) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
