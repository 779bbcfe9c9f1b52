"""What can be said of an expression without evaluating it: what it yields, what it compares."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, get_origin, get_type_hints

from jinja2 import nodes
from pydantic import JsonValue

from tocsin.runbooks.functions import FILTERS
from tocsin.runbooks.grammar import path_of

Kind = Literal["text", "integer", "number", "boolean", "list", "map"]
Path = tuple[str, ...]

KINDS: Mapping[Kind, str] = {
    "text": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a map",
}
"""What people call them."""
_NODES: Mapping[type[nodes.Node], Kind] = {
    nodes.Compare: "boolean",
    nodes.Not: "boolean",
    nodes.Test: "boolean",
    nodes.Div: "number",
    nodes.List: "list",
    nodes.Tuple: "list",
    nodes.Dict: "map",
}
_TYPES: Mapping[type, Kind] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "text",
    list: "list",
    dict: "map",
}


class Comparison(NamedTuple):
    """A path that is held against constants: ``inputs.env == 'prod'``, ``run.status in ['failed']``."""

    path: Path
    among: tuple[JsonValue, ...]


class Facts(NamedTuple):
    """What is known of one expression."""

    kind: Kind | None = None
    """What it yields; None where that depends."""
    path: Path = ()
    """The path that it is, with nothing done to it; empty where it is none."""
    constant: bool = False
    """It always yields the same."""
    compared: tuple[Comparison, ...] = ()


def facts(tree: nodes.Expr) -> Facts:
    """Return what is known of the expression with this syntax tree."""
    inner = (tree, *tree.find_all((nodes.Name, nodes.Compare)))
    return Facts(
        kind=_kind(tree),
        path=path_of(tree),
        constant=not any(isinstance(node, nodes.Name) for node in inner),
        compared=tuple(one for node in inner if isinstance(node, nodes.Compare) for one in _compared(node)),
    )


def kind_of(value: object) -> Kind | None:
    """Return the kind of a JSON value; None for null."""
    return _TYPES.get(type(value))


def _kind(node: nodes.Node) -> Kind | None:
    match node:
        case nodes.Const(value=value):
            return kind_of(value)
        case nodes.Filter(name=name):
            return _of_filters()[name]
        case nodes.And(left=left, right=right) | nodes.Or(left=left, right=right):
            return _both(left, right)
        case nodes.CondExpr(expr1=then, expr2=nodes.Node() as other):
            return _both(then, other)
        case nodes.Call():
            return "text"  # now() is the only function
        case _:
            return _NODES.get(type(node))


def _both(left: nodes.Node, right: nodes.Node) -> Kind | None:
    kind = _kind(left)
    return kind if kind == _kind(right) else None


@cache
def _of_filters() -> Mapping[str, Kind | None]:
    """Return what each filter yields, as its signature says."""
    hints = {name: get_type_hints(written).get("return") for name, written in FILTERS.items()}
    return {name: _TYPES.get(get_origin(hint) or hint or Any) for name, hint in hints.items()}


def _compared(node: nodes.Compare) -> Iterator[Comparison]:
    """Yield the comparisons that hold for nothing but constants."""
    if len(node.ops) != 1:
        return
    left, operand = node.expr, node.ops[0]
    if operand.op == "eq" and isinstance(left, nodes.Const):
        left, right = operand.expr, left
    else:
        right = operand.expr
    path = path_of(left)
    among = _constants(right) if operand.op == "in" else _constants(nodes.List([right]))
    if path and among and operand.op in {"eq", "in"}:
        yield Comparison(path, among)


def _constants(node: nodes.Node) -> tuple[JsonValue, ...]:
    """Return the entries of a list that holds nothing but constants; none of any other."""
    entries = node.items if isinstance(node, nodes.List | nodes.Tuple) else []
    known = [entry.value for entry in entries if isinstance(entry, nodes.Const)]
    return tuple(known) if len(known) == len(entries) else ()
