"""``${{ … }}``: Jinja2's expression grammar over JSON, and nothing else of Jinja2.

An expression is checked node by node before it is compiled, sees JSON only, and is bounded in time and
size. Only text from a runbook file is ever compiled; what it yields is never looked at again.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.environment import TemplateExpression
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks.facts import Facts, facts
from tocsin.runbooks.functions import FILTERS, FUNCTIONS, NOW, TESTS
from tocsin.runbooks.grammar import check, parse, paths
from tocsin.runbooks.values import combine, kind, refuse_undefined, to_text
from tocsin.vault import MARKER

ROOTS = frozenset({"inputs", "vars", "steps", "event", "alert", "incident", "run", "failure", "value", "env"})
"""Every name that can stand at the beginning of a path; which of them are there depends on the place."""
MAX_RESULT = 256 * 1024
"""Characters of text in one result, all strings together."""

Scope = Mapping[str, JsonValue]
"""The roots an expression sees; ``now`` is the time that ``now()`` gives, RFC 3339."""

_HOLE = re.compile(
    r"""\$\{\{ (?P<source> (?: [^'"}] | '(?:[^'\\]|\\.)*+' | "(?:[^"\\]|\\.)*+" | }(?!}) )*+ ) }}""",
    re.S | re.X,
)
_SECRET = re.compile(r"\s*secrets\.([A-Za-z][A-Za-z0-9_]{0,63})\s*")
_INPUT = re.compile(r"inputs\.([A-Za-z][A-Za-z0-9_]{0,63})")
_FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError)


@dataclass(frozen=True)
class Compiled:
    """One expression that the language has."""

    source: str
    paths: frozenset[tuple[str, ...]]
    facts: Facts

    @cached_property
    def program(self) -> TemplateExpression:
        """Return it ready to be evaluated. Most expressions of a file are only looked at."""
        return _environment().compile_expression(self.source, undefined_to_none=False)


@dataclass(frozen=True)
class Secret:
    """``${{ secrets.NAME }}`` as a whole value."""

    name: str


@dataclass(frozen=True)
class Text:
    """A text with holes: plain strings and expressions in turn, or one secret alone."""

    parts: tuple[str | Compiled | Secret, ...]

    @property
    def compiled(self) -> tuple[Compiled, ...]:
        """Return its expressions in their order."""
        return tuple(part for part in self.parts if isinstance(part, Compiled))

    @property
    def whole(self) -> bool:
        """Say whether the text is one expression and nothing around it, which keeps its type."""
        return len(self.parts) == 1 and not isinstance(self.parts[0], str)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2 with our filters, tests and functions, item access only, and checked arithmetic."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look the key up; JSON has no attributes, so ``labels.items`` is the key ``items``."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item, or the undefined that stands for it; of an undefined, itself."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, dict) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, list) and type(argument) is int and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Do arithmetic that cannot grow without bound."""
        return combine(operator, left, right)


@cache
def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, optimized=False, cache_size=0)
    environment.filters = dict(FILTERS)
    environment.tests = dict(TESTS)
    environment.globals = dict(FUNCTIONS)
    return environment


@lru_cache(maxsize=4096)
def compile_expression(source: str, names: frozenset[str] = frozenset()) -> Compiled:
    """Return a bare expression compiled; raise BadExpression when the language does not have it.

    ``names`` are further roots: what ``foreach`` calls its items.
    """
    tree = parse(_environment(), source)
    check(tree, ROOTS | names)
    return Compiled(source.strip(), frozenset(paths(tree)), facts(tree))


@lru_cache(maxsize=4096)
def compile_text(text: str, names: frozenset[str] = frozenset()) -> Text:
    """Return a text with its ``${{ }}`` compiled; raise BadExpression naming what is wrong."""
    parts: list[str | Compiled | Secret] = []
    end = 0
    for hole in _holes(text):
        parts.extend([text[end : hole.start()]] if hole.start() > end else [])
        secret = secret_name(hole["source"])
        parts.append(Secret(secret) if secret else compile_expression(hole["source"], names))
        end = hole.end()
    if "${{" in text[end:]:
        raise BadExpression("`${{` is not closed: write `${{ … }}`, with a space between braces inside it")
    parts.extend([text[end:]] if text[end:] or not parts else [])
    if len(parts) > 1 and any(isinstance(part, Secret) for part in parts):
        raise BadExpression("`secrets.…` can only be a whole value, with nothing before or after it")
    return Text(tuple(parts))


def holes(text: str) -> list[str]:
    """Return the source of every ``${{ }}`` of a text in their order."""
    return [hole["source"] for hole in _holes(text)]


def fill_in(text: str) -> str:
    """Return a text for people: ``${{ inputs.service }}`` as ``<service>``."""
    return _HOLE.sub(lambda hole: f"<{hole['source'].strip().removeprefix('inputs.')}>", text)


def secret_name(source: str) -> str | None:
    """Return NAME when an expression is ``secrets.NAME`` and nothing else."""
    secret = _SECRET.fullmatch(source)
    return secret[1] if secret else None


def render(value: JsonValue, scope: Scope) -> JsonValue:
    """Return ``value`` with every ``${{ }}`` replaced by what it yields; raise BadExpression.

    A secret becomes ``{"$secret": "NAME"}``; nothing else in the result can look like that.
    """
    if isinstance(value, dict):
        if MARKER in value:
            raise BadExpression(f"`{MARKER}` is not a key you can write; write `${{{{ secrets.NAME }}}}`")
        return {key: render(item, scope) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [render(item, scope) for item in value]
    return _fill(compile_text(value, named(scope)), scope) if isinstance(value, str) else value


def evaluate(expression: str, scope: Scope) -> JsonValue:
    """Return what a bare expression yields; raise BadExpression."""
    return _run(compile_expression(expression, named(scope)), scope)


def named(scope: Scope) -> frozenset[str]:
    """Return the scope's roots that not every expression has: the items of ``foreach``."""
    return frozenset(scope.keys() - ROOTS - {"now"})


def holds(expression: str, scope: Scope) -> bool:
    """Return whether a condition is true; raise BadExpression when it is neither true nor false."""
    result = evaluate(expression, scope)
    if isinstance(result, bool):
        return result
    hint = "compare it (`== …`, `is not none`, `| length > 0`)"
    raise BadExpression(f"`{_short(expression)}` is {kind(result)}, neither true nor false; {hint}")


def names(value: JsonValue, items: frozenset[str] = frozenset()) -> set[tuple[str, ...]]:
    """Return the paths that a value's ``${{ }}`` read, such as ``("inputs", "service")``."""
    compiled = (part for text in texts(value) for part in compile_text(text, items).compiled)
    return {path for part in compiled for path in part.paths}


def texts(value: JsonValue) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    for _, item in items(value):
        yield from texts(item)


def _holes(text: str) -> Iterator[re.Match[str]]:
    """Yield the holes up to the first that is not closed, so that a text is gone through once."""
    begin = text.find("${{")
    while begin >= 0 and (hole := _HOLE.match(text, begin)):
        yield hole
        begin = text.find("${{", hole.end())


def _fill(text: Text, scope: Scope) -> JsonValue:
    values = [_part(part, scope) for part in text.parts]
    if text.whole:
        return values[0]
    joined = "".join(_in_text(part, value) for part, value in zip(text.parts, values, strict=True))
    if len(joined) > MAX_RESULT:
        raise BadExpression(f"makes a text longer than {MAX_RESULT // 1024} KiB")
    return joined


def _part(part: str | Compiled | Secret, scope: Scope) -> JsonValue:
    if isinstance(part, Secret):
        return {MARKER: part.name}
    if isinstance(part, str):
        return part
    return _secret_input(part, scope) or _run(part, scope)


def _secret_input(part: Compiled, scope: Scope) -> JsonValue:
    """Return the secret that an input of that type stands for, where the part is that input and nothing else.

    Only the run's own inputs can hold one: what comes from outside never becomes a secret.
    """
    named = _INPUT.fullmatch(part.source)
    inputs = scope.get("inputs")
    value = inputs.get(named[1]) if named and isinstance(inputs, dict) else None
    return value if isinstance(value, dict) and value.keys() == {MARKER} else None


def _in_text(part: str | Compiled | Secret, value: JsonValue) -> str:
    try:
        return to_text(value)
    except BadExpression as error:
        source = part.source if isinstance(part, Compiled) else ""
        raise BadExpression(f"`{_short(source)}` {error}") from error


def _run(compiled: Compiled, scope: Scope) -> JsonValue:
    known = {root: scope[root] for root in {path[0] for path in compiled.paths} & scope.keys()}
    try:
        return _as_json(compiled.program({**known, NOW: scope.get("now")}), _Budget())
    except TemplateError as error:
        complaint = _missing(compiled, known, str(error))
        raise BadExpression(f"`{_short(compiled.source)}`: {complaint}") from error
    except BadExpression as error:
        raise BadExpression(f"`{_short(compiled.source)}`: {error}") from error
    except _FAULTS as error:
        raise BadExpression(f"`{_short(compiled.source)}` cannot be evaluated: {error}") from error


def _as_json(value: Any, budget: "_Budget") -> JsonValue:
    """Return the result as plain JSON; raise BadExpression or UndefinedError when it is not."""
    budget.spend(len(value) if isinstance(value, str | list | dict) else 1)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadExpression("yields a number that is not finite")
    if isinstance(value, dict) and MARKER in value:
        raise BadExpression(f"yields a map with the key `{MARKER}`, which only the runbook's own secrets may")
    if isinstance(value, list | tuple):
        return [_as_json(item, budget) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_json(item, budget) for key, item in value.items()}
    refuse_undefined([value])
    return value  # type: ignore[no-any-return]


@dataclass
class _Budget:
    left: int = MAX_RESULT

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise BadExpression(f"makes more than {MAX_RESULT // 1024} KiB")


def _missing(compiled: Compiled, scope: Scope, complaint: str) -> str:
    """Return which path the complaint is about and what is there instead."""
    for path in sorted(compiled.paths):
        here: JsonValue = dict(scope)
        for depth, part in enumerate(path):
            below = dict(items(here))
            if part not in below and part in complaint:
                return _absence(path[: depth + 1], here, below)
            here = below.get(part)
    return complaint


def items(value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Yield what a map or list holds, an index written as text as it is in a path."""
    if isinstance(value, dict):
        yield from value.items()
    if isinstance(value, list):
        yield from ((str(index), item) for index, item in enumerate(value))


def _absence(path: tuple[str, ...], here: JsonValue, below: Mapping[str, JsonValue]) -> str:
    parent = ".".join(path[:-1]) or "this place"
    has = f"has {', '.join(sorted(below)[:20])}" if below else f"is {kind(here)}"
    return f"`{'.'.join(path)}` is not there ({parent} {has})"


def _short(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 120 else f"{text[:119]}…"
