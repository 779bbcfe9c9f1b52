"""What expressions see of a run: plain JSON, and nothing else.

Only what an expression names is put together for it: a run may have thousands of steps.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks import expressions
from tocsin.runbooks.model import Step
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tree import Frame, Node, resolve

CHANNEL = ("incident", "channel")
Path = tuple[str, ...]


def holds(frame: Frame, state: RunState, expression: str, **more: JsonValue) -> bool:
    """Say whether a condition holds in a frame; raise BadExpression when it cannot be said."""
    return expressions.holds(expression, _scope(frame, state, _read(frame, [expression], more), more))


def rendered(frame: Frame, state: RunState, given: JsonValue, /, **more: JsonValue) -> JsonValue:
    """Return ``given`` with its ``${{ }}`` filled in, in a frame; raise BadExpression."""
    paths = expressions.names(given, _items(frame, more))
    return expressions.render(given, _scope(frame, state, paths, more))


def rendered_map(
    frame: Frame, state: RunState, given: Mapping[str, JsonValue], /, **more: JsonValue
) -> dict[str, JsonValue]:
    """Return a map with its ``${{ }}`` filled in, in a frame; raise BadExpression."""
    filled = rendered(frame, state, dict(given), **more)
    assert isinstance(filled, dict)  # noqa: S101  # a mapping renders to a mapping
    return filled


def awaits_channel(state: RunState) -> bool:
    """Say whether the run belongs to an incident whose channel is not open yet."""
    incident = state.scope.get("incident")
    return isinstance(incident, dict) and incident.get("channel") is None


def read_by(node: Node) -> set[Path]:
    """Return the paths that have to be known before the node can begin, by way of variables too."""
    step, items = node.step, _items(node.frame)
    own = () if step.kind == "uses" else step.assert_  # of an action: over what it puts out
    paths = _read(node.frame, filter(None, (step.if_, *own)))
    paths |= expressions.names(_values(step), items)
    return _through_vars(node.frame, paths)


def _values(step: Step) -> JsonValue:
    """Return the values of a step that are filled in before it begins."""
    if step.foreach is not None:
        given = step.foreach.items
        return given if isinstance(given, str) else list(given)
    manual: list[JsonValue] = [step.manual.instructions, *step.manual.checklist] if step.manual else []
    return [dict(step.with_), dict(step.set or {}), manual, step.wait.at if step.wait else None]


def _items(frame: Frame, more: Mapping[str, JsonValue] | None = None) -> frozenset[str]:
    return frozenset(frame.items) | ((more or {}).keys() - expressions.ROOTS - {"now"})


def _read(frame: Frame, sources: Iterable[str], more: Mapping[str, JsonValue] | None = None) -> set[Path]:
    items = _items(frame, more)
    return {path for one in sources for path in expressions.compile_expression(one, items).paths}


def _through_vars(frame: Frame, paths: set[Path]) -> set[Path]:
    """Return the paths with all that the variables among them read in turn."""
    variables, known, edge = frame.program.runbook.vars, set(paths), set(paths)
    while edge:
        named = (variables.get(path[1]) for path in edge if path[0] == "vars" and len(path) > 1)
        edge = set().union(*map(expressions.names, named)) - known
        known |= edge
    return known


def _scope(
    frame: Frame, state: RunState, paths: set[Path], more: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return the roots of one expression; raise BadExpression when a variable cannot be computed."""
    paths = _through_vars(frame, paths)
    scope: dict[str, JsonValue] = {
        "inputs": dict(state.step(frame.entered).want if frame.entered else state.inputs),
        "steps": dict(_steps(frame, state, paths)),
        "now": state.requested_at.isoformat(),
        "event": None,
        "alert": None,
        "incident": None,
        "failure": _failure(state),
        **state.scope,
        "run": _run(state),
        **frame.items,
        **more,
    }
    wanted = {path[1] for path in paths if path[0] == "vars" and len(path) > 1}
    if ("vars",) in paths:
        wanted |= frame.program.runbook.vars.keys()
    scope["vars"] = _variables(frame, state, scope, wanted)
    return scope


def _variables(
    frame: Frame, state: RunState, scope: Mapping[str, JsonValue], wanted: set[str]
) -> dict[str, JsonValue]:
    """Return the variables that are wanted, each after those it reads."""
    variables: dict[str, JsonValue] = {}
    todo = {name: value for name, value in frame.program.runbook.vars.items() if name in wanted}
    while todo:
        ready = [name for name, value in todo.items() if not variables_in(value) & todo.keys()]
        if not ready:
            raise BadExpression(f"`vars.{next(iter(todo))}` depends on itself")
        for name in ready:
            value = todo.pop(name)
            if not (awaits_channel(state) and CHANNEL in expressions.names(value)):
                variables[name] = expressions.render(value, {**scope, "vars": variables})
    return variables


def variables_in(value: JsonValue) -> set[str]:
    """Return the variables that a value reads."""
    return {path[1] for path in expressions.names(value) if path[0] == "vars" and len(path) > 1}


def _steps(frame: Frame, state: RunState, paths: set[Path]) -> Iterator[tuple[str, JsonValue]]:
    """Yield the steps that are named; all of the frame, where an expression computes the name."""
    named = {path[1] for path in paths if path[0] == "steps" and len(path) > 1}
    if ("steps",) in paths:
        named |= {step.id for step in frame.program.runbook.walk()}
    for name in sorted(named):
        address = resolve(frame, state, name)
        if address in state.steps:
            yield name, _step(state, address)


def _step(state: RunState, address: str) -> JsonValue:
    seen = state.step(address)
    shown: dict[str, JsonValue] = {"status": seen.status, "outputs": dict(seen.output)}
    if not seen.repeats:
        return shown
    begun = [(index, state.steps.get(f"{address}[{index}]")) for index in range(len(seen.items))]
    items = [_told(seen.items[index], one) for index, one in begun if one is not None]
    ended = [(one.ended_at, index) for index, one in begun if one is not None and one.ended_at is not None]
    last = _told(None, state.step(f"{address}[{max(ended)[1]}]")) if ended else None
    return {**shown, "items": items, "last": last}


def _told(item: JsonValue, seen: StepState) -> JsonValue:
    return {"item": item, "status": seen.status, "outputs": dict(seen.output)}


def _run(state: RunState) -> JsonValue:
    known = state.scope.get("run")
    site = known.get("site") if isinstance(known, dict) else None
    return {
        "url": f"{site or ''}/runs/{state.id}",
        "id": state.id,
        "runbook": state.runbook,
        "revision": state.revision,
        "status": state.ending.status if state.ending else state.status,
        "requested_by": str(state.requested_by),
    }


def _failure(state: RunState) -> JsonValue:
    if not state.failures:
        ending = state.ending  # of a run that took too long, no step failed
        return {"step": "", "summary": ending.why} if ending and ending.status == "failed" else None
    blamed = state.blamed or state.failures[-1]
    return {"step": blamed, "summary": state.step(blamed).error}


def at(moment: datetime) -> str:
    """Return a moment as ``now()`` gives it."""
    return moment.isoformat()
