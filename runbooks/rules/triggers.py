"""Triggers that start nothing, start the wrong thing, or start it again and again."""

from collections.abc import Iterator

from tocsin.runbooks.known import Known
from tocsin.runbooks.model import Runbook, Trigger
from tocsin.runbooks.problems import Path, did_you_mean
from tocsin.runbooks.rules.bindings import bound, missing
from tocsin.runbooks.subject import Flaw

_ALERT_FIELDS = frozenset({"source", "service", "severity", "status"})
_REPEATED = frozenset({"pagerduty", "alert", "incident", "webhook"})
"""Kinds whose events come more than once: while a problem lasts, or because a sender tries again."""
_BY_PEOPLE = frozenset({"slash", "manual"})


def flaws(known: Known) -> Iterator[Flaw]:
    """Yield what is wrong with the entries of ``on``."""
    for index, trigger in enumerate(known.runbook.on):
        path: Path = ("on", index)
        yield from _chosen(trigger, path)
        yield from _unused(trigger, path)
        yield from _inputs(trigger, path, known)
        yield from _alone(trigger, path, known.runbook)
        if trigger.runbook is not None and trigger.runbook.name == known.runbook.name:
            told = "it starts itself, five times over; name another runbook, or say `when` it shall stop"
            yield Flaw((*path, "runbook"), told, "warning")


def _chosen(trigger: Trigger, path: Path) -> Iterator[Flaw]:
    for name in (trigger.alert or {}).keys() - _ALERT_FIELDS:
        hint = did_you_mean(name, _ALERT_FIELDS)
        yield Flaw((*path, "alert", name), f"an alert cannot be chosen by `{name}`.{hint}")


def _unused(trigger: Trigger, path: Path) -> Iterator[Flaw]:
    for key in trigger.unused:
        told = f"`{key}` means nothing where people start the runbook: leave it out"
        yield Flaw((*path, key), told)


def _inputs(trigger: Trigger, path: Path, known: Known) -> Iterator[Flaw]:
    specs = known.runbook.inputs
    yield from bound(known, (*path, "with"), trigger.with_, specs)
    left = missing(trigger.with_, specs)
    if left and trigger.kind not in _BY_PEOPLE and trigger.mode != "suggest":
        named = ", ".join(f"`{name}`" for name in left)
        told = f"this can start nothing: {named} must be given; add it to `with`, or give it a `default`"
        yield Flaw(path, told)


def _alone(trigger: Trigger, path: Path, runbook: Runbook) -> Iterator[Flaw]:
    """Yield the trigger that starts as many runs as there are events, with nobody asked."""
    calmed = trigger.dedupe or trigger.cooldown or runbook.guardrails.cooldown
    if trigger.mode == "auto" and trigger.kind in _REPEATED and not calmed:
        told = (
            "with `mode: auto` every repeated event starts a run of its own: "
            "add `dedupe: { key: …, window: 1h }` or `cooldown: 15m`"
        )
        yield Flaw((*path, "mode"), told, "warning")
