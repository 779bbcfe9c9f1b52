"""``runbook-keys.md`` and ``expressions.md``: the language, from its models and its functions."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from docs.reading import cell, fields, nested, prose, rows, summary, table
from tocsin.runbooks.functions import FILTERS, FUNCTIONS, TESTS
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.simulate.model import Tests

KEYS = """\
# Keys of a runbook

A runbook is one YAML file that begins with `schema: runbook/v1`. Unknown keys are errors, with the nearest
key that exists. Durations are `90s`, `5m`, `2h`, `1d`. Limits: 256 KiB, depth 40, 200 steps; no anchors, no
aliases, no key twice. `tocsin runbook lint` says everything that is wrong, by line and column;
`tocsin runbook schema` prints the JSON Schema for editors.
"""
TEST_KEYS = """\
# Keys of a file of tests

A file of tests is one YAML file that begins with `schema: runbook-test/v1` and lies beside its runbook:
`x.test.yaml` beside `x.yaml`. `tocsin runbook test` lives its cases, `tocsin runbook lint` says what is wrong
with it, by line and column; `tocsin runbook schema --tests` prints the JSON Schema for editors. Durations are
`350ms`, `90s`, `5m`, `2h`, `1d`. The guide explains it: [Test a runbook](../guide/test-a-runbook.md).
"""
SAID: Mapping[str, str] = {
    "Trigger.when": "Starts a run only if this holds.",
    "Trigger.with": "Inputs of the run.",
    "Trigger.dedupe": "Starts nothing when the same key was seen within the window.",
    "Trigger.schedule": "At which times; a cron expression alone is in UTC.",
    "Dedupe.window": "How long a key is remembered.",
    "Storm.per": "The time that is looked back on.",
    "Ended.name": "Which runbook.",
    "Ended.status": "How its run has ended.",
    "InputSpec.required": "A run cannot be started without it.",
    "InputSpec.default": "Used when it is not given; null when there is none.",
    "InputSpec.enum": "The values to choose from.",
    "InputSpec.pattern": "Regular expression that the whole text matches.",
    "InputSpec.max": "Greatest number.",
    "InputSpec.min_length": "Least characters of a text, or entries of a list.",
    "InputSpec.max_length": "Most characters of a text, or entries of a list.",
    "InputSpec.description": "For the people who fill it in.",
    "RateLimit.max": "So many runs.",
    "RateLimit.per": "The time that is looked back on.",
    "Cooldown.window": "How long; also written alone, `cooldown: 15m`.",
    "StopIf.uses": "An action that only reads.",
    "StopIf.with": "Inputs of that action.",
    "StopIf.assert": "Must hold over `value`, what the action put out.",
    "Guardrails.rate_limit": "How many runs may start within a time.",
    "Guardrails.cooldown": "How long the runbook is left alone after a run.",
    "Guardrails.stop_if": "Looks at the world before every change.",
    "Quorum.count": "So many of them.",
    "Wait.for": "Sleeps for so long; also written alone, `wait: 5m`.",
    "Wait.interval": "Between two looks.",
    "Handler.steps": "Done when the step has failed; `failure` says how. A list alone means the same.",
    "Handler.then": "What follows when these steps are done.",
    "UndoSteps.steps": "Done instead of the action's own undo, in this order.",
    "Timeline.level": "`hidden` says nothing; `major` is said in the channel, too.",
    "OnCancel.steps": "Done one after the other; a list alone means the same.",
    "Permissions.connections": "Connections that its steps may use; empty: any.",
    "Retry.backoff": "`exponential` doubles the pause each time.",
    "Retry.base": "The first pause.",
    "Retry.cap": "The longest pause.",
    "Retry.jitter": "Shortens each pause by up to half, so that many do not come back together.",
    "Retry.on": "Error classes that are tried again.",
    "Approval.expires": "How long the question stands.",
    "Approval.on_expiry": "Ends the run, leaves the step out, or undoes what was done and ends the run.",
    "Check.uses": "An action that only reads; left out: the assertion is over the step's own output.",
    "Check.with": "Inputs of that action.",
    "Check.assert": "Must hold over `value`, what the action put out.",
    "Check.interval": "Between two looks.",
    "Check.deadline": "After this the verification has failed.",
    "Step.id": "How other steps name it: `steps.ID.outputs`.",
    "Step.name": "What people see; the id when left out.",
    "Step.uses": "The action: `k8s.scale`, or a version of it, `k8s.scale@1`.",
    "Step.with": "Inputs of the action.",
    "Step.wait": "Sleeps for so long; nothing of the run is in memory meanwhile.",
    "Step.manual": "Asks a person to do something, and waits until they say that it is done.",
    "Step.foreach": "Does the step once for every item.",
    "Step.timeline": "What the incident's timeline says of the step.",
    "Step.if": "The step is skipped unless this holds.",
    "Step.approve": "Ask people first; they see the plan, and approve exactly it.",
    "Step.retry": "When a failed attempt is tried again.",
    "Step.undo": "`none`: left as it is when the run is compensated.",
    "Step.on_failure": "Ends the run, goes on, or undoes what was done and ends the run.",
    "Runbook.schema": "The version of the language.",
    "Runbook.name": "How it is started; unique in an installation.",
    "Runbook.title": "What people see.",
    "Runbook.description": "What it does, and when to use it.",
    "Runbook.owner": "The team that answers for it.",
    "Runbook.tags": "For people.",
    "Runbook.on": "What starts it.",
    "Runbook.inputs": "What a run is given, by name.",
    "Runbook.permissions": "Who may start and approve, and what it may touch.",
    "Runbook.guardrails": "Limits of the whole run.",
    "Runbook.vars": "Values computed once, by name.",
    "Runbook.steps": "Done one after the other.",
    "Runbook.on_failure": "What a failed run does last.",
    "Runbook.on_cancel": "What a cancelled run does last.",
    "Runbook.outputs": "What the run puts out, by name.",
}
"""What the models' own docstrings leave to their names."""
_TESTS = {
    "boolean": "It is true or false.",
    "defined": "It is there.",
    "mapping": "It is a map.",
    "none": "It is null.",
    "number": "It is a number.",
    "sequence": "It is a list.",
    "string": "It is a text.",
    "undefined": "It is not there.",
}


def runbook_keys() -> str:
    """Return the page of the keys."""
    return "\n".join([KEYS, *(line for model in nested(Runbook) for line in _model(model))])


def test_keys() -> str:
    """Return the page of the keys of a file of tests."""
    return "\n".join([TEST_KEYS, *(line for model in nested(Tests) for line in _model(model))])


def expressions() -> str:
    """Return the page of the expressions."""
    intro = (Path(__file__).parent / "expressions.md").read_text(encoding="utf-8")
    return "\n".join([intro, *_filters(), *_tests(), *_functions()])


def keys() -> dict[str, str]:
    """Return every key with its words."""
    return {
        f"{model.__name__}.{row.name}": row.words for model in nested(Runbook) for row in rows(model, SAID)
    }


def keys_of_tests() -> dict[str, str]:
    """Return every key of a file of tests with its words."""
    return {f"{model.__name__}.{row.name}": row.words for model in nested(Tests) for row in rows(model, {})}


def undescribed() -> set[str]:
    """Return the keys whose models say nothing of them."""
    models = nested(Runbook)
    return {f"{one.__name__}.{row.name}" for one in models for row in fields(one) if not row.words}


def tests() -> Mapping[str, str]:
    """Return every test of an expression with its words."""
    return {name: _TESTS.get(name, "") for name in TESTS}


def _model(model: type[BaseModel]) -> Iterator[str]:
    yield from (f"## {model.__name__}", "", summary(model), "", *table(rows(model, SAID)), "")


def _filters() -> Iterator[str]:
    yield from ("## Filters", "", "| | |", "|---|---|")
    for name, written in sorted(FILTERS.items()):
        words = cell(" ".join(prose(written.__doc__ or "").split()))
        yield f"| `{name}{_arguments(written)}` | {words} |"
    yield ""


def _arguments(written: Callable[..., Any]) -> str:
    """Return a filter's arguments, the value that it is given left out."""
    taken = list(inspect.signature(written).parameters.values())[1:]
    told = [one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in taken]
    return f"({', '.join(told)})" if told else ""


def _tests() -> Iterator[str]:
    yield from ("## Tests", "", "| | |", "|---|---|")
    yield from (f"| `is {name}` | {words} |" for name, words in sorted(tests().items()))
    yield ""


def _functions() -> Iterator[str]:
    yield from ("## Functions", "", "| | |", "|---|---|")
    yield from (f"| `{name}()` | {prose(written.__doc__ or '')} |" for name, written in FUNCTIONS.items())
    yield ""
