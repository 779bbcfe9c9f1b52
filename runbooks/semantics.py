"""What the change from one revision to the next means to somebody who has to agree with it. Pure."""

from collections.abc import Callable, Iterator, Mapping

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.runbooks import looser
from tocsin.runbooks.change import Change, Kind, judged, short
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.parts import OPAQUE, Map, bare, differences, leaves, part, walk
from tocsin.runbooks.rights import permissions

RiskOf = Callable[[str], Risk]
"""Returns the risk of the action that a ``uses`` names."""
_RISKS = list(Risk)
_OTHERS = "all that it does not name"
_KINDS = ("manual", "wait", "set", "assert", "approve", "parallel")


def compare(before: Runbook | None, after: Runbook, risk_of: RiskOf) -> tuple[Change, ...]:
    """Return every change, those that take more reviewers first; ``before`` is None for a first revision."""
    old = before.model_dump(mode="json") if before else _nothing(after)
    new = after.model_dump(mode="json")
    found = [
        *_steps(walk(old), walk(new), risk_of),
        *_guards(old, new, risk_of),
        *permissions(old, new),
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


def _steps(old: Mapping[str, Map], new: Mapping[str, Map], risk_of: RiskOf) -> Iterator[Change]:
    for name, step in new.items():
        if name not in old:
            yield Change("step_added", f"step `{name}` is added: {_does(step, risk_of)}")
        else:
            yield from _step(name, old[name], step, risk_of)
    for name in (one for one in old if one not in new):
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
    for path, (one, other) in differences(leaves(old), leaves(new)):
        if path != "approve.from":  # a matter of permissions
            yield judged(f"step `{name}`: `{path}`", looser.STEP.get(path), one, other)


def _guards(old: Map, new: Map, risk_of: RiskOf) -> Iterator[Change]:
    """Yield the assertions that stand no longer before a change that they stood before."""
    before, after = _guarded(walk(old), risk_of), _guarded(walk(new), risk_of)
    stays = walk(new).keys()
    for name in (one for one in before if one in after):
        for guard in sorted((before[name] - after[name]) & stays):
            yield Change("guardrail_loosened", f"step `{guard}` no longer stands before `{name}`")


def _guarded(steps: Mapping[str, Map], risk_of: RiskOf) -> dict[str, set[str]]:
    """Return for every step that changes something the assertions and gates before it."""
    guards: set[str] = set()
    found = {}
    for name, step in steps.items():
        if _is_guard(step):
            guards.add(name)
        elif step.get("runbook") or (step.get("uses") and risk_of(str(step["uses"])) is not Risk.READ):
            found[name] = set(guards)
    return found


def _is_guard(step: Map) -> bool:
    """Say whether a step does nothing but hold others back."""
    acts = step.get("uses") or step.get("runbook")
    return not acts and any(step.get(key) for key in ("assert", "approve", "manual"))


def _guardrails(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    for path, (one, other) in differences(leaves(old), leaves(new)):
        if not path.startswith("environments"):
            yield judged(f"`guardrails.{path}`", looser.GUARDRAILS.get(path, looser.another), one, other)
    was, now = (part(one, "environments") if isinstance(one, dict) else {} for one in (old, new))
    for name in sorted({*was, *now, _OTHERS}):
        modes = [one.get(name, "propose") if one else "auto" for one in (was, now)]
        if modes[0] != modes[1]:
            yield judged(f"`guardrails.environments` for {name}", looser.ENVIRONMENT, *modes)


def _triggers(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    was, now = _by_kind(old), _by_kind(new)
    for name, trigger in now.items():
        if name not in was:
            itself = " and acts by itself" if trigger.get("mode") == "auto" else ""
            yield Change("permission_widened", f"it starts by {name}{itself}, and did not before")
            continue
        for path, (one, other) in differences(leaves(was[name]), leaves(trigger)):
            yield judged(f"trigger {name}: `{path}`", looser.TRIGGER.get(path), one, other)
    for name in (one for one in was if one not in now):
        yield Change("changed", f"it no longer starts by {name}")


def _by_kind(triggers: JsonValue) -> dict[str, dict[str, JsonValue]]:
    """Return the triggers by what starts them; a second one of the same kind is another one."""
    found: dict[str, dict[str, JsonValue]] = {}
    for trigger in triggers if isinstance(triggers, list) else []:
        given = trigger if isinstance(trigger, dict) else {}
        kind = next((key for key, value in given.items() if value is not None), "nothing")
        name = "hand" if kind == "manual" else f"{kind} {short(given.get(kind))}"
        while name in found:
            name += " again"
        found[name] = given
    return found


def _inputs(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    was, now = (one if isinstance(one, dict) else {} for one in (old, new))
    for name in (one for one in now if one not in was):
        yield Change("changed", f"input `{name}` is added")
    for name in (one for one in was if one not in now):
        yield Change("changed", f"input `{name}` is removed")
    for name in (one for one in now if one in was):
        for path, (one, other) in differences(leaves(was[name]), leaves(now[name])):
            yield judged(f"input `{name}`: `{path}`", looser.INPUT.get(path), one, other)


def _rest(old: Map, new: Map) -> Iterator[Change]:
    """Yield the differences of everything else."""
    seen = OPAQUE - {"vars", "outputs"}
    # An empty list is that of steps which are not there; of steps it is told elsewhere.
    was, now = (
        bare({key: one for key, one in all.items() if key not in seen and one != []}) for all in (old, new)
    )
    for path, (one, other) in differences(leaves(was), leaves(now)):
        rule = looser.turned_off if path == "on_failure.compensate" else None
        yield judged(f"`{path}`", rule, one, other)


def _does(step: Map, risk_of: RiskOf) -> str:
    uses = step.get("uses")
    if uses:
        return f"{uses}, risk {risk_of(str(uses))}"
    if step.get("runbook"):
        return f"calls the runbook {step['runbook']}"
    return next((key for key in _KINDS if step.get(key)), "changes nothing itself")
