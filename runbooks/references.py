"""Check every expression of a runbook, and follow every name that can be known before a run."""

from collections.abc import Iterator

from tocsin.errors import BadExpression
from tocsin.runbooks import expressions
from tocsin.runbooks.expressions import Compiled, compile_expression
from tocsin.runbooks.facts import KINDS
from tocsin.runbooks.known import Known
from tocsin.runbooks.problems import Level, did_you_mean
from tocsin.runbooks.shapes import Shape
from tocsin.runbooks.spots import TRIGGER, Spot
from tocsin.runbooks.subject import Flaw

Words = tuple[str, Level]


def flaws(known: Known) -> Iterator[Flaw]:
    """Yield what is wrong with the expressions, in the order of the file."""
    for spot in known.spots:
        yield from _bare(spot, known) if spot.bare else _text(spot, known)


def _bare(spot: Spot, known: Known) -> Iterator[Flaw]:
    key = next(part for part in reversed(spot.path) if isinstance(part, str))
    if "${{" in spot.text:
        yield Flaw(spot.path, f"`{key}` is an expression already; write it without `${{{{ }}}}`")
        return
    try:
        compiled = compile_expression(spot.text, spot.names)
    except BadExpression as error:
        yield Flaw(spot.path, str(error))
        return
    found = [*_names(compiled, spot, known)]
    found += [(_misused(name), "error") for name in _secret_inputs(compiled, known)]
    if spot.condition and not found:
        found = [*_condition(key, compiled, spot, known)]
    yield from (Flaw(spot.path, message, level) for message, level in found)


def _text(spot: Spot, known: Known) -> Iterator[Flaw]:
    clean = True
    for nth, hole in enumerate(expressions.holes(spot.text)):
        if expressions.secret_name(hole) is not None:
            continue
        try:
            compiled = compile_expression(hole, spot.names)
        except BadExpression as error:
            clean = False
            yield Flaw(spot.path, str(error), nth=nth)
            continue
        for message, level in _names(compiled, spot, known):
            yield Flaw(spot.path, message, level, nth=nth)
    if clean:
        yield from (Flaw(spot.path, message, nth=nth) for nth, message in _whole(spot, known))


def _whole(spot: Spot, known: Known) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with the text: a bracket not closed, a secret or a list where none may be."""
    try:
        text = expressions.compile_text(spot.text, spot.names)
    except BadExpression as error:
        yield 0, str(error)
        return
    if not spot.secrets and any(isinstance(part, expressions.Secret) for part in text.parts):
        yield 0, "a secret can only stand in a `with` field that its action marks secret"
    for nth, compiled in enumerate(text.compiled):
        shape = known.of(compiled, spot)
        if not text.whole and shape.kind in {"list", "map"}:
            instead = "`… | join(', ')`" if shape.kind == "list" else "`… | tojson`"
            yield nth, f"`{compiled.source}` is {KINDS[shape.kind]} inside a text; write {instead}"
        for name in _secret_inputs(compiled, known):
            if not (spot.secrets and text.whole and compiled.facts.path == ("inputs", name)):
                yield nth, _misused(name)


def _misused(name: str) -> str:
    return (
        f"`inputs.{name}` is a secret: it can only be a whole value, `${{{{ inputs.{name} }}}}`, "
        "in a `with` field that its action marks secret"
    )


def _secret_inputs(compiled: Compiled, known: Known) -> list[str]:
    specs = known.runbook.inputs
    read = sorted(path[1] for path in compiled.paths if path[0] == "inputs" and len(path) > 1)
    return [name for name in read if name in specs and specs[name].type == "secret"]


def _condition(key: str, compiled: Compiled, spot: Spot, known: Known) -> Iterator[Words]:
    """Yield what is wrong with something that has to be true or false."""
    if compiled.facts.constant:
        yield from _constant(key, compiled)
        return
    kind = known.of(compiled, spot).kind
    if kind is not None and kind != "boolean":
        hint = "compare it (`== …`, `is not none`, `| length > 0`)"
        yield f"`{compiled.source}` is {KINDS[kind]}, neither true nor false; {hint}", "error"


def _constant(key: str, compiled: Compiled) -> Iterator[Words]:
    try:
        always = expressions.holds(compiled.source, {})
    except BadExpression as error:
        yield str(error), "error"
        return
    what = "always holds: leave it out" if always else "never holds"
    yield f"`{key}: {compiled.source}` {what}", "warning"


def _names(compiled: Compiled, spot: Spot, known: Known) -> Iterator[Words]:
    for path in sorted(compiled.paths):
        if path[0] in spot.roots or path[0] in spot.items:
            yield from _follow(path, spot, known)
        else:
            roots = ", ".join(sorted({*spot.roots, *spot.items}))
            yield f"`{path[0]}` is not there yet; here you can use {roots}", "error"
    for path, among in compiled.facts.compared:
        choices = known.at(path, spot).choices
        strange = [one for one in among if one is not None and choices and one not in choices]
        for one in strange:
            told = ", ".join(sorted(map(str, choices)))
            yield f"`{'.'.join(path)}` is never `{one}`; it is one of {told}", "error"


def _follow(path: tuple[str, ...], spot: Spot, known: Known) -> Iterator[Words]:
    """Yield where a path leads to nothing."""
    here = known.root(path[0], spot)
    for length in range(1, len(path)):
        parent, part = path[:length], path[length]
        below = known.below(parent, here, part, spot)
        if below is None:
            yield _absent(parent, part, here, spot, known)
            return
        here = below
    if path[0] == "vars" and len(path) > 1 and spot.roots == TRIGGER and _is_computed(path[1], known):
        yield f"`vars.{path[1]}` is computed by the run, which a trigger comes before", "error"


def _is_computed(variable: str, known: Known) -> bool:
    return any(expressions.holes(text) for text in expressions.texts(known.runbook.vars[variable]))


def _absent(parent: tuple[str, ...], part: str, here: Shape, spot: Spot, known: Known) -> Words:
    """Return what to say where there is no ``part`` in what ``parent`` stands for."""
    hint = did_you_mean(part, here.fields or ())
    match parent:
        case ("inputs",):
            return f"there is no input `{part}`.{hint}", "error"
        case ("vars",):
            return f"there is no variable `{part}`.{hint}", "error"
        case ("steps",):
            later = any(one.id == part for one in known.runbook.walk())
            return (
                f"there is no earlier step `{part}`.{' It comes later in the file.' if later else hint}",
                "error",
            )
        case ("steps", step):
            told = " and ".join(f"`{name}`" for name in here.fields or ())
            return f"a step has {told}; write `steps.{step}.outputs.{part}`", "error"
        case ("steps", step, "outputs"):
            return f"step `{step}` puts out no `{part}`.{hint}", "error"
        case ("value",):
            who = spot.value if isinstance(spot.value, str) else "the step"
            return f"{who} puts out no `{part}`.{hint}", "error"
        case ("event", *_):
            return f"`{'.'.join(parent)}` has no `{part}` that is known.{hint}", "warning"
    return f"{_told(parent, here)} `{part}`.{hint}", "error"


def _told(parent: tuple[str, ...], here: Shape) -> str:
    name = ".".join(parent)
    match here.kind:
        case "map" | None:
            return f"`{name}` has no"
        case "list":
            one = "take one entry (`[0]`, `| first`) or a field of all (`| map(attribute='…')`)"
            return f"`{name}` is a list; {one}. It has no"
        case kind:
            return f"`{name}` is {KINDS[kind]} and has no"
