"""Print a runbook as a checklist that a tired person can follow by hand when Tocsin itself is down."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import NotFound
from tocsin.runbooks.expressions import fill_in
from tocsin.runbooks.model import Approval, Check, InputSpec, Quorum, Retry, Runbook, Step, Trigger, Wait
from tocsin.runbooks.model.base import span


def as_markdown(runbook: Runbook, digest: str, registry: Registry) -> str:
    """Return the checklist; ``digest`` is the revision it was printed from."""
    parts = [
        f"# {runbook.title}",
        f"`{runbook.name}`, revision `{digest[:12]}`{f', owned by {runbook.owner}' if runbook.owner else ''}",
        runbook.description,
        "\n".join(_facts(runbook)),
        _inputs(runbook.inputs),
        _vars(runbook.vars),
        "## Steps",
        *(_step(number, step, runbook, registry) for number, step in enumerate(runbook.steps, 1)),
        "## If a step fails",
        _failure(runbook),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(runbook: Runbook) -> Iterator[str]:
    for trigger in runbook.on:
        yield f"- Starts by {_trigger(trigger)}."
    if runbook.permissions.run:
        yield f"- May be run by {', '.join(runbook.permissions.run)}."
    for lock in runbook.guardrails.lock:
        yield f"- One at a time: nobody else may be working on `{fill_in(lock)}`."
    yield f"- Gives up after {span(runbook.guardrails.timeout)}."


def _trigger(trigger: Trigger) -> str:
    when = f" when `{trigger.when}`" if trigger.when else ""
    if trigger.pagerduty:
        return f"PagerDuty, `{trigger.pagerduty}`{when} ({trigger.mode})"
    if trigger.alert is not None:
        fields = ", ".join(f"{key} {value}" for key, value in trigger.alert.items()) or "any"
        return f"an alert ({fields}){when} ({trigger.mode})"
    return f"`/runbook run {trigger.slash}`" if trigger.slash else "hand"


def _inputs(specs: Mapping[str, InputSpec]) -> str:
    if not specs:
        return ""
    head = ["## Fill in first", "", "| Input | Type | If left empty | Meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *(_row(name, spec) for name, spec in specs.items())])


def _vars(values: Mapping[str, JsonValue]) -> str:
    lines = [f"- `vars.{name}`: {_code(_one_line(_plain(_filled(value))))}" for name, value in values.items()]
    return "\n".join(["## What the steps put in", "", *lines]) if lines else ""


def _row(name: str, spec: InputSpec) -> str:
    return f"| `{name}` | {spec.type} | {_default(spec)} | {_cell(spec.description)} |"


def _default(spec: InputSpec) -> str:
    if spec.required and spec.default is None:
        return "**required**"
    return "nothing" if spec.default is None else f"`{_cell(_plain(spec.default))}`"


def _step(number: int, step: Step, runbook: Runbook, registry: Registry) -> str:
    lines = [*_before(step, runbook), *_doing(step, registry)]
    for check in step.verify or ():
        lines.extend(_check(check, registry))
    lines.extend(_after(step, registry))
    body = "\n".join(f"   {line}".rstrip() for line in lines)
    return f"{number}. [ ] **{step.title}** (`{step.id}`)\n{body}"


def _before(step: Step, runbook: Runbook) -> Iterator[str]:
    if step.if_:
        yield f"- Only if `{step.if_}`; otherwise skip this step."
    if step.approve:
        yield f"- **Ask first:** {_approval(step.approve, runbook)}."


def _approval(approval: Approval, runbook: Runbook) -> str:
    usual = Quorum(principals=runbook.permissions.approve or ("role:responder",), count=approval.count)
    quorums = approval.quorums if approval.from_ else (usual,)
    people = " and ".join(f"{one.count} of {' or '.join(one.principals)}" for one in quorums)
    own = "yourself included" if approval.self_ else "not yourself"
    return f"{people}, {own}, within {span(approval.expires)}"


def _doing(step: Step, registry: Registry) -> Iterator[str]:
    if step.wait is not None:
        yield f"- Wait {_pause(step.wait)}."
    for expression in step.assert_:
        yield f"- Make sure that `{expression}`; stop when it is not so."
    if step.uses:
        yield from _action(step.uses, step.with_, registry)


def _pause(wait: Wait) -> str:
    if wait.for_ is not None:
        return span(wait.for_)
    return f"until {fill_in(wait.at)}" if wait.at else f"until `{wait.until}`, at most {span(wait.deadline)}"


def _action(uses: str, given: Mapping[str, JsonValue], registry: Registry) -> Iterator[str]:
    action = _find(registry, uses)
    about = f": {_about(action)}" if action else ""
    yield f"- `{uses}`{about}"
    for field, value in given.items():
        yield f"  - `{field}`: {_code(_one_line(_plain(_filled(value))))}"
    command = action.by_hand(_filled_map(given)) if action else None
    if command:
        yield from ("- By hand:", "", "  ```sh", f"  {command}", "  ```", "")


def _check(check: Check, registry: Registry) -> Iterator[str]:
    rhythm = f"every {span(check.interval)}, for at most {span(check.deadline)}"
    hold = f", {check.consecutive} times in a row" if check.consecutive > 1 else ""
    yield f"- **Then look** {rhythm}{hold}, until {f'`{check.assert_}`' if check.assert_ else 'it succeeds'}:"
    if check.uses:
        yield from (f"  {line}" for line in _action(check.uses, check.with_, registry))


def _after(step: Step, registry: Registry) -> Iterator[str]:
    action = _find(registry, step.uses) if step.uses else None
    if step.uses and step.retry.max and step.retry != Retry():
        kinds = ", ".join(step.retry.on)
        yield f"- Try again at most {step.retry.max} times, and only after: {kinds}."
    if step.on_failure == "continue":
        yield "- If it fails, go on with the next step."
    if step.on_failure == "compensate":
        yield "- If it fails, undo what was done, the last step first."
    if action and action.risk is not Risk.READ and step.undo == "auto" and action.undoable():
        yield "- Can be undone."


def _failure(runbook: Runbook) -> str:
    if runbook.on_failure.compensate:
        return "Undo the finished steps that can be undone, the last one first. Then say so in the channel."
    return "Stop, leave things as they are, and say so in the channel."


def _find(registry: Registry, uses: str) -> AnyAction | None:
    try:
        return registry.get(uses)
    except NotFound:
        return None


def _about(action: AnyAction) -> str:
    return (action.__doc__ or "").partition("\n")[0].rstrip(".")


def _filled(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return fill_in(value)
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return _filled_map(value) if isinstance(value, dict) else value


def _filled_map(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: _filled(value) for key, value in given.items()}


def _plain(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")
