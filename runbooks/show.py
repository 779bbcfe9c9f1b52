"""Print a runbook as a checklist that a tired person can follow by hand when Tocsin itself is down."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from tocsin.actions.registry import Registry
from tocsin.runbooks.checklist import Checklist
from tocsin.runbooks.expressions import fill_in
from tocsin.runbooks.model import Guardrails, InputSpec, OnFailure, Runbook, Trigger
from tocsin.runbooks.model.base import span
from tocsin.runbooks.written import cell, code, filled, one_line, plain

_CHANGES = {
    "opened": "a new incident",
    "severity": "an incident whose severity changed",
    "status": "an incident whose status changed",
}


def as_markdown(runbook: Runbook, digest: str, registry: Registry) -> str:
    """Return the checklist; ``digest`` is the revision it was printed from."""
    checklist = Checklist(runbook, registry)
    parts = [
        f"# {runbook.title}",
        f"`{runbook.name}`, revision `{digest[:12]}`{f', owned by {runbook.owner}' if runbook.owner else ''}",
        runbook.description,
        "\n".join(_facts(runbook)),
        _inputs(runbook.inputs),
        _values("What the steps put in", "vars.", runbook.vars),
        _section("Steps", checklist.steps(runbook.steps)),
        f"## If a step fails\n\n{_failure(runbook.on_failure)}",
        "\n".join(checklist.steps(runbook.on_failure.steps)),
        _section("If you stop before the end", checklist.steps(runbook.on_cancel.steps)),
        _section("At the very end, however it ended", checklist.steps(runbook.finally_)),
        _values("Write down", "", runbook.outputs),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, lines: Iterator[str]) -> str:
    body = "\n".join(lines)
    return f"## {title}\n\n{body}" if body else ""


def _facts(runbook: Runbook) -> Iterator[str]:
    for trigger in runbook.on:
        yield f"- Starts by {_trigger(trigger)}."
    if runbook.permissions.run:
        yield f"- May be run by {', '.join(runbook.permissions.run)}."
    yield from _limits(runbook.guardrails)
    yield f"- Gives up after {span(runbook.guardrails.timeout)}."


def _limits(guardrails: Guardrails) -> Iterator[str]:
    for lock in guardrails.lock:
        yield f"- One at a time: nobody else may be working on `{fill_in(lock)}`."
    if guardrails.max_targets is not None:
        yield f"- Changes at most {guardrails.max_targets} things."
    limit, cooldown = guardrails.rate_limit, guardrails.cooldown
    if limit is not None:
        yield f"- At most {limit.max} times in {span(limit.per)}{_each(limit.scope)}."
    if cooldown is not None:
        yield f"- Not within {span(cooldown.window)} after the last time{_each(cooldown.per)}."
    if guardrails.freeze not in (None, "none"):
        yield f"- Not while {' or '.join(guardrails.freeze or ())} says so."
    for environment, rule in guardrails.environments.items():
        word = {"auto": "go on", "propose": "ask before the first change", "deny": "do not run it"}[rule]
        yield f"- In {environment}: {word}."
    if guardrails.stop_if is not None:
        guard = guardrails.stop_if
        yield f"- Before every change, `{guard.uses}`: stop unless `{guard.assert_}`."
        yield from (f"  - `{key}`: {code(one_line(plain(filled(one))))}" for key, one in guard.with_.items())


def _each(text: str) -> str:
    return f" for each {code(fill_in(text))}" if text else ""


def _trigger(trigger: Trigger) -> str:
    when = f" when `{trigger.when}`" if trigger.when else ""
    if trigger.kind == "slash":
        return f"`/runbook run {trigger.slash}`"
    return "hand" if trigger.kind == "manual" else f"{_cause(trigger)}{when} ({trigger.mode})"


def _cause(trigger: Trigger) -> str:
    if trigger.alert is not None:
        fields = ", ".join(f"{key} {value}" for key, value in trigger.alert.items()) or "any"
        return f"an alert ({fields})"
    if trigger.schedule is not None:
        return f"the clock, `{trigger.schedule.cron}` in {trigger.schedule.timezone}"
    if trigger.runbook is not None:
        return f"the end of `{trigger.runbook.name}` ({trigger.runbook.status})"
    if trigger.webhook is not None:
        return f"the hook `{trigger.webhook}`"
    if trigger.incident is not None:
        return _CHANGES[trigger.incident]
    return f"PagerDuty, `{trigger.pagerduty}`"


def _inputs(specs: Mapping[str, InputSpec]) -> str:
    if not specs:
        return ""
    head = ["## Fill in first", "", "| Input | Type | If left empty | Meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *(_row(name, spec) for name, spec in specs.items())])


def _row(name: str, spec: InputSpec) -> str:
    return f"| `{name}` | {spec.type} | {_default(spec)} | {cell(spec.description)} |"


def _default(spec: InputSpec) -> str:
    if spec.required and spec.default is None:
        return "**required**"
    return "nothing" if spec.default is None else f"`{cell(plain(spec.default))}`"


def _values(title: str, prefix: str, values: Mapping[str, JsonValue]) -> str:
    lines = [f"- `{prefix}{name}`: {code(one_line(plain(filled(one))))}" for name, one in values.items()]
    return _section(title, iter(lines))


def _failure(on_failure: OnFailure) -> str:
    then = " Then:" if on_failure.steps else " Then say so in the channel."
    if on_failure.compensate == "until_point_of_no_return":
        undo = (
            "Undo the finished steps that can be undone, the last one first; "
            "nothing at all once you have passed a step without a way back."
        )
        return undo + then
    if on_failure.compensate:
        return "Undo the finished steps that can be undone, the last one first." + then
    if on_failure.steps:
        return "Stop, leave things as they are." + then
    return "Stop, leave things as they are, and say so in the channel."
