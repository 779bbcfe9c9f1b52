"""What the names of a runbook's expressions stand for, as far as that can be known before a run."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import get_args

from tocsin.actions.registry import Registry
from tocsin.errors import BadExpression
from tocsin.organisation import Organisation
from tocsin.runbooks import shapes
from tocsin.runbooks.expressions import Compiled, Text, compile_text
from tocsin.runbooks.model import Foreach, Runbook, Step
from tocsin.runbooks.shapes import TEXT, UNKNOWN, Shape, fields
from tocsin.runbooks.spots import Spot, spots
from tocsin.runbooks.state import StepStatus
from tocsin.runbooks.subject import Subject

Path = tuple[str, ...]

_EVENT = dict.fromkeys(("id", "type", "occurred_at"), TEXT)
_PAGE = fields(*("id", "title", "html_url", "urgency", "priority"), service=fields(id=TEXT, name=TEXT))
_ENDED = fields("inputs", "summary", "outputs", **dict.fromkeys(("id", "runbook", "status"), TEXT))
EVENTS: Mapping[str, Shape] = {
    "pagerduty": fields("data", incident=_PAGE, **_EVENT),
    "incident": fields("before", "after", reason=TEXT, actor=TEXT, **_EVENT),
    "schedule": fields(**_EVENT),
    "runbook": fields(run=_ENDED, **_EVENT),
}
"""``event``, by what starts the run. A hook's and an alert source's may hold anything."""
ALERT = fields(
    **dict.fromkeys(("source", "service", "severity", "title", "dedup_key", "url"), TEXT),
    labels=Shape("map"),
    status=shapes.one_of("firing", "resolved"),
)
INCIDENT = fields(
    **dict.fromkeys(("id", "ref", "title", "severity", "status", "url", "channel", "pagerduty_id"), TEXT),
    number=Shape("integer"),
    service=fields(slug=TEXT, name=TEXT, labels=Shape("map", entry=TEXT)),
)
RUN = fields(
    **dict.fromkeys(("id", "url", "runbook", "revision", "requested_by"), TEXT),
    status=shapes.one_of(
        *("requested", "planning", "awaiting_approval", "waiting", "running"),
        *("succeeded", "failed", "compensated", "cancelled", "needs_attention", "expired"),
    ),
)
FAILURE = fields(step=TEXT, summary=TEXT)
_STATUS = shapes.one_of(*get_args(StepStatus))
_PEOPLE = frozenset({"slash", "manual"})


class Known(Subject):
    """A runbook, and what every name in it stands for."""

    def __init__(
        self,
        runbook: Runbook,
        registry: Registry | None = None,
        others: Mapping[str, Runbook] | None = None,
        organisation: Organisation | None = None,
    ) -> None:
        super().__init__(runbook, registry, others or {}, organisation)
        self.spots = tuple(spots(runbook))
        """Every expression, in the order of the file."""
        self.places = {spot.path: spot for spot in self.spots}
        self._following: list[str] = []
        """The variables that are just being looked into: one may depend on itself."""
        self._roots = {
            "alert": ALERT,
            "env": _env(organisation),
            "failure": FAILURE,
            "incident": _incident(organisation),
            "inputs": Shape("map", {name: shapes.of_input(spec) for name, spec in runbook.inputs.items()}),
            "run": RUN,
            "vars": fields(*runbook.vars),
        }
        self._steps = {step.id: step for step in runbook.walk()}
        self._told: dict[str, Shape] = {}

    def root(self, name: str, spot: Spot) -> Shape:
        """Return what a root stands for at a spot."""
        if name in spot.items:
            return self._entry(spot.items[name])
        match name:
            case "steps":
                return _steps(spot.steps)
            case "value":
                return self._value(spot.value)
            case "event":
                return self._event(spot)
        return self._roots.get(name, UNKNOWN)

    def below(self, path: Path, here: Shape, part: str, spot: Spot) -> Shape | None:
        """Return what stands at ``part`` of ``path``, which is ``here``; None where there is no such."""
        found = here.at(part)
        if found is None:
            return None
        if path == ("vars",):
            return self._variable(part, spot)
        if path != ("steps",):
            return found
        if part not in self._told:
            self._told[part] = self._step(self._steps[part])
        return self._told[part]

    def at(self, path: Path, spot: Spot) -> Shape:
        """Return what a path stands for; nothing is known of one that leads nowhere."""
        here: Shape | None = self.root(path[0], spot)
        for length in range(1, len(path)):
            here = self.below(path[:length], here, path[length], spot) if here else None
        return here or UNKNOWN

    def of(self, compiled: Compiled, spot: Spot) -> Shape:
        """Return what an expression yields."""
        facts = compiled.facts
        return self.at(facts.path, spot) if facts.path else Shape(facts.kind)

    def text(self, text: Text, spot: Spot) -> Shape:
        """Return what a text yields."""
        [part, *_] = text.parts
        if not text.whole:
            return TEXT
        return self.of(part, spot) if isinstance(part, Compiled) else UNKNOWN

    def _variable(self, name: str, spot: Spot) -> Shape:
        if name in self._following:
            return UNKNOWN
        self._following.append(name)
        try:
            return shapes.of_value(self.runbook.vars[name], self._look(spot))
        except BadExpression:
            return UNKNOWN  # said where the expressions are checked
        finally:
            self._following.pop()

    def _look(self, spot: Spot) -> Callable[[str], Shape]:
        return lambda text: self.text(compile_text(text, spot.names), spot)

    def _step(self, step: Step) -> Shape:
        """Return what ``steps.ID`` stands for."""
        if step.foreach is None:
            return fields(outputs=self._put_out(step), status=_STATUS)
        one = fields("item", outputs=self._put_out(step), status=_STATUS)
        several = fields(items=Shape("list", entry=self._put_out(step)))
        return fields(outputs=several, status=_STATUS, items=Shape("list", entry=one), last=one)

    def _put_out(self, step: Step) -> Shape:
        """Return the outputs of a step, or of one of its items."""
        match step.kind:
            case "uses":
                own = self._value(step.uses)
                added = dict.fromkeys(step.outputs, UNKNOWN)
                return Shape("map", {**own.fields, **added}) if own.fields is not None else UNKNOWN
            case "set":
                return fields(*(step.set or {}))
            case "manual":
                specs = step.manual.fields if step.manual else {}
                return Shape("map", {name: shapes.of_input(spec) for name, spec in specs.items()})
            case "runbook":
                called = self.others.get(step.runbook or "")
                return fields(*called.outputs) if called else UNKNOWN
            case _:
                return fields()

    def _value(self, value: Step | str | None) -> Shape:
        if isinstance(value, Step):
            return self._put_out(value)
        action = self.action(value)
        return shapes.of_model(action.output_model) if action else UNKNOWN

    def _entry(self, foreach: Foreach) -> Shape:
        """Return what one item of a ``foreach`` looks like."""
        if isinstance(foreach.items, str):
            return UNKNOWN
        entries = [shapes.of_value(item, lambda text: UNKNOWN) for item in foreach.items]
        return entries[0] if entries and all(one == entries[0] for one in entries) else UNKNOWN

    def _event(self, spot: Spot) -> Shape:
        """Return what ``event`` can be: what one of the triggers here brings."""
        triggers = self.runbook.on
        if spot.path[0] == "on":
            triggers = (triggers[int(spot.path[1])],)
        kinds = {trigger.kind for trigger in triggers} - _PEOPLE or {"pagerduty"}
        if not kinds <= EVENTS.keys():
            return UNKNOWN
        brought = [EVENTS[kind].fields or {} for kind in sorted(kinds)]
        return Shape("map", {name: shape for one in brought for name, shape in one.items()})


@lru_cache(maxsize=1024)
def _steps(ids: tuple[str, ...]) -> Shape:
    return fields(*ids)


def _env(organisation: Organisation | None) -> Shape:
    return Shape("map", entry=TEXT) if organisation is None else fields(*organisation.env)


def _incident(organisation: Organisation | None) -> Shape:
    """Return what ``incident`` stands for; which severities there are, an organisation says."""
    if organisation is None:
        return INCIDENT
    severity = shapes.one_of(*(one.name for one in organisation.severities))
    status = shapes.one_of(*organisation.statuses, "resolved")
    known: Mapping[str, Shape] = INCIDENT.fields or {}
    return Shape("map", {**known, "severity": severity, "status": status})
