"""Check what a runbook asks of actions: that they exist, take these inputs, only look where they must."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from tocsin.actions.base import Risk
from tocsin.actions.registry import AnyAction
from tocsin.errors import BadExpression, NotFound
from tocsin.runbooks import expressions, words
from tocsin.runbooks.facts import KINDS, Kind
from tocsin.runbooks.known import Known
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Path, did_you_mean
from tocsin.runbooks.subject import Flaw

SAMPLES: Mapping[Kind, JsonValue] = {
    "text": "x",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "list": [],
    "map": {},
}
"""One value of each kind: who refuses its type refuses every value of the kind."""


class Use(NamedTuple):
    """One ``uses`` with its ``with``."""

    path: Path
    uses: str
    given: Mapping[str, JsonValue]
    looks: bool = False
    """It may only look."""


def uses_of(runbook: Runbook) -> Iterator[Use]:
    """Yield every use of an action, in the order of the file."""
    guard = runbook.guardrails.stop_if
    if guard is not None:
        yield Use(("guardrails", "stop_if"), guard.uses, guard.with_, looks=True)
    for path, step in runbook.placed():
        if step.uses:
            yield Use(path, step.uses, step.with_)
        for nth, check in enumerate(step.verify or ()):
            if check.uses:
                yield Use((*path, "verify", nth), check.uses, check.with_, looks=True)


def actions_of(runbook: Runbook) -> set[str]:
    """Return every action that a runbook uses itself, to do something or to look."""
    return {use.uses for use in uses_of(runbook)}


def flaws(known: Known) -> Iterator[Flaw]:
    """Yield what is wrong with every use of an action."""
    if known.registry is None:
        return
    for use in uses_of(known.runbook):
        try:
            action = known.registry.get(use.uses)
        except NotFound as error:
            hint = did_you_mean(use.uses.partition("@")[0], known.registry.names())
            yield Flaw((*use.path, "uses"), f"{error}.{hint}")
            continue
        yield from _Inputs(use, action, known).flaws()
        yield from _secrets(use, action, known.runbook)
        if use.looks and action.risk is not Risk.READ:
            here = next(part for part in reversed(use.path) if isinstance(part, str))
            message = f"`{here}` only looks, and {action.name} changes things; use an action that reads"
            yield Flaw((*use.path, "uses"), message)


@dataclass
class _Inputs:
    """The inputs of one use, held against the action's model."""

    use: Use
    action: AnyAction
    known: Known
    computed: dict[Path, Kind | None] = field(default_factory=dict)
    """What an expression yields, by where it stands in ``with``; None where that is not known."""

    def flaws(self) -> Iterator[Flaw]:
        """Yield every value that the action would refuse, but for those that only a run knows."""
        given = {key: self._sampled(value, (key,)) for key, value in self.use.given.items()}
        try:
            self.action.input_model.model_validate(given)
        except ValidationError as error:
            details = error.errors(include_url=False)
        else:
            return
        refused: dict[Path, list[ErrorDetails]] = {}
        for detail in details:
            place = _written(self.use.given, detail["loc"])
            if place in self.computed:
                refused.setdefault(place, []).append(detail)
            elif detail["type"] in {"missing", "extra_forbidden", "keys"} or not self._depends(place):
                unknown = detail["type"] == "extra_forbidden"
                words_ = _input_words(self.action, detail)
                yield Flaw((*self.use.path, "with", *detail["loc"]), words_, key=unknown)
        for place, several in refused.items():
            yield from self._refused(place, several)

    def _sampled(self, value: JsonValue, place: Path) -> JsonValue:
        """Return a value with a sample where an expression's kind is known."""
        if isinstance(value, dict):
            return {key: self._sampled(item, (*place, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._sampled(item, (*place, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or not expressions.holes(value):
            return value
        kind = self.computed[place] = self._kind(value, place)
        return value if kind is None else SAMPLES[kind]

    def _kind(self, text: str, place: Path) -> Kind | None:
        spot = self.known.places[(*self.use.path, "with", *place)]
        try:
            return self.known.text(expressions.compile_text(text, spot.names), spot).kind
        except BadExpression:
            return None  # said where the expressions are checked

    def _depends(self, place: Path) -> bool:
        """Say whether something inside of a value is known only when the run has computed it."""
        return any(one[: len(place)] == place for one in self.computed)

    def _refused(self, place: Path, details: list[ErrorDetails]) -> Iterator[Flaw]:
        """Yield what is wrong with an expression that yields what the field never takes."""
        kind = self.computed[place]
        if kind is None or not all(detail["type"].endswith("_type") for detail in details):
            return
        spot = self.known.places[(*self.use.path, "with", *place)]
        wanted = words.shape(details[0])
        hint = "; write `… | string`" if details[0]["type"] == "string_type" else ""
        source = spot.text if len(spot.text) <= 60 else f"{spot.text[:59]}…"
        yield Flaw(spot.path, f"{self.action.name}: {wanted}, and `{source}` is {KINDS[kind]}{hint}")


def _written(given: Mapping[str, JsonValue], loc: Path) -> Path:
    """Return an error's place as the file has it: the branches of a choice are left out."""
    here: JsonValue = dict(given)
    place: Path = ()
    for part in loc:
        below = dict(expressions.items(here))
        if str(part) in below:
            here, place = below[str(part)], (*place, part)
    return place


def _input_words(action: AnyAction, detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        key = str(detail["loc"][-1])
        known = {field.alias or name for name, field in action.input_model.model_fields.items()}
        return f"{action.name} takes no `{key}`.{did_you_mean(key, known)}"
    if detail["type"] == "keys":
        return f"{action.name} {detail['msg']}"
    if detail["type"] == "missing":
        return f"{action.name} needs `{detail['loc'][-1]}`"
    return f"{action.name}: {words.explain(detail)}"


def depends(given: Mapping[str, JsonValue], detail: ErrorDetails) -> bool:
    """Say whether the refused value is known only when the run has computed an expression."""
    if detail["type"] in {"missing", "extra_forbidden"}:
        return False
    here: JsonValue = dict(given)
    for part in detail["loc"]:
        here = dict(expressions.items(here)).get(str(part), here)
    return any(expressions.holes(text) for text in expressions.texts(here))


def _secrets(use: Use, action: AnyAction, runbook: Runbook) -> Iterator[Flaw]:
    secret_inputs = {("inputs", name) for name, spec in runbook.inputs.items() if spec.type == "secret"}
    for field_, value in use.given.items():
        holes = [hole for text in expressions.texts(value) for hole in expressions.holes(text)]
        named = any(expressions.secret_name(hole) for hole in holes)
        if field_ not in action.secret_fields and (named or _reads(holes, secret_inputs)):
            taken = ", ".join(f"`{one}`" for one in sorted(action.secret_fields))
            instead = f"; it takes one in {taken}" if taken else ""
            yield Flaw(
                (*use.path, "with", field_), f"`{field_}` of {action.name} may not hold a secret{instead}"
            )


def _reads(holes: list[str], paths: set[tuple[str, str]]) -> bool:
    return any(tuple(hole.strip().split(".")) in paths for hole in holes)
