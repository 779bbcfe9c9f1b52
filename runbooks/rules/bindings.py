"""Values that are given to the inputs of a runbook: by a trigger, or by a step that calls it."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from tocsin.errors import BadExpression, Invalid
from tocsin.runbooks import expressions, inputs, shapes
from tocsin.runbooks.facts import KINDS, Kind, kind_of
from tocsin.runbooks.known import Known
from tocsin.runbooks.model import InputSpec
from tocsin.runbooks.problems import Path, did_you_mean
from tocsin.runbooks.subject import Flaw


def bound(
    known: Known,
    path: Path,
    given: Mapping[str, JsonValue],
    specs: Mapping[str, InputSpec],
    whose: str = "",
) -> Iterator[Flaw]:
    """Yield what the inputs would refuse of ``given``, which stands at ``path``; ``whose`` they are."""
    for name, value in given.items():
        here = (*path, name)
        if name not in specs:
            told = f"{whose} has no input `{name}`" if whose else f"there is no input `{name}`"
            yield Flaw(here, f"{told}.{did_you_mean(name, specs)}", key=True)
        else:
            yield from _value(known, here, value, specs[name])


def missing(given: Mapping[str, JsonValue], specs: Mapping[str, InputSpec]) -> list[str]:
    """Return the inputs that have to be given and are not."""
    needed = [name for name, spec in specs.items() if spec.required and spec.default is None]
    return [name for name in needed if given.get(name) is None]


def _value(known: Known, path: Path, value: JsonValue, spec: InputSpec) -> Iterator[Flaw]:
    name = str(path[-1])
    if not any(expressions.holes(text) for text in expressions.texts(value)):
        try:
            inputs.coerce({name: spec}, {name: value}, from_text=False, known=known.organisation)
        except Invalid as error:
            yield Flaw(path, str(error))
        return
    kind = _kind(known, path, value)
    wanted = _accepted(spec)
    if kind is not None and wanted and kind not in wanted:
        names = " or ".join(KINDS[one] for one in wanted)
        yield Flaw(path, f"input `{name}` must be {names}, and this is {KINDS[kind]}")


def _kind(known: Known, path: Path, value: JsonValue) -> Kind | None:
    if not isinstance(value, str):
        return kind_of(value)
    spot = known.places[path]
    try:
        return known.text(expressions.compile_text(value, spot.names), spot).kind
    except BadExpression:
        return None  # said where the expressions are checked


def _accepted(spec: InputSpec) -> tuple[Kind, ...]:
    """Return the kinds that an input takes; nothing when that cannot be said."""
    kind = shapes.of_input(spec).kind
    if kind is None:
        return ()
    return ("integer", "number") if kind == "number" else (kind,)
