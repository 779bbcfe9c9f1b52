"""What an expression may say: an allow-list over Jinja2's syntax tree, checked before it is compiled."""

import inspect
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

from tocsin.errors import BadExpression
from tocsin.runbooks.functions import FILTERS, FUNCTIONS, TESTS
from tocsin.runbooks.problems import did_you_mean

MAX_SOURCE = 8192
MAX_TOKENS = 400
MAX_BRACKETS = 20
MAX_DEPTH = 30

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Add,
    nodes.And,
    nodes.Call,
    nodes.Compare,
    nodes.CondExpr,
    nodes.Const,
    nodes.Dict,
    nodes.Div,
    nodes.Filter,
    nodes.FloorDiv,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Keyword,
    nodes.List,
    nodes.Mod,
    nodes.Mul,
    nodes.Name,
    nodes.Neg,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Pair,
    nodes.Sub,
    nodes.Test,
    nodes.Tuple,
)
_INSTEAD: dict[type[nodes.Node], str] = {
    nodes.Concat: "`~` is not allowed; put both into one text: `${{ a }}${{ b }}`",
    nodes.Pow: "`**` is not allowed; it can take for ever",
    nodes.Slice: "`[a:b]` is not allowed; use `| first`, `| last` or an index",
    nodes.Pos: "`+` before a value is not allowed; leave it out",
}


def parse(environment: Environment, source: str) -> nodes.Expr:
    """Return the syntax tree of one expression; raise BadExpression when it is malformed or too large."""
    if len(source) > MAX_SOURCE:
        raise BadExpression(f"an expression is at most {MAX_SOURCE} characters; compute part of it in `vars`")
    try:
        _measure(environment.lexer.tokenize(source, state="variable"))
        parser = Parser(environment, source, state="variable")
        tree = parser.parse_expression()
    except TemplateSyntaxError as error:
        raise BadExpression(f"`{source.strip()[:120]}` is not an expression: {error.message}") from error
    if not parser.stream.eos:
        extra = parser.stream.current.value
        raise BadExpression(
            f"`{source.strip()[:120]}`: did not expect `{extra}` there; one expression per place"
        )
    return tree


def check(tree: nodes.Expr, roots: frozenset[str]) -> None:
    """Raise BadExpression when the tree says anything that is not allowed."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise BadExpression("an expression nested this deep cannot be read; compute part of it in `vars`")
        if not isinstance(node, _ALLOWED):
            name = type(node).__name__
            raise BadExpression(_INSTEAD.get(type(node), f"`{name}` is not part of the language"))
        _check_words(node, roots)
        inner = node.args if isinstance(node, nodes.Call) else node.iter_child_nodes()
        waiting.extend((child, depth + 1) for child in inner)


def paths(tree: nodes.Expr) -> Iterator[tuple[str, ...]]:
    """Yield every path that the expression reads, each in full length."""
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        path, rest = _path(node)
        if path:
            yield path
        waiting.extend(rest)


def path_of(tree: nodes.Node) -> tuple[str, ...]:
    """Return the path that the expression is, with nothing done to it; empty where it is none."""
    path, rest = _path(tree)
    return () if rest else path


def _measure(stream: TokenStream) -> None:
    depth = 0
    for count, token in enumerate(stream):
        depth += (token.type in {"lparen", "lbracket", "lbrace"}) - (
            token.type in {"rparen", "rbracket", "rbrace"}
        )
        if count > MAX_TOKENS or depth > MAX_BRACKETS:
            raise BadExpression("the expression is too long; compute part of it in `vars`")


def _check_words(node: nodes.Node, roots: frozenset[str]) -> None:
    """Refuse names, keys, filters, tests and calls that the language does not have."""
    match node:
        case nodes.Name(name=name):
            _check_root(name, roots)
        case nodes.Getattr(attr=word) if word.startswith("_"):
            raise BadExpression(f"`.{word}` is not allowed: names do not begin with `_`")
        case nodes.Getitem(arg=nodes.Const(value=str(word))) if word.startswith("__"):
            raise BadExpression(f"`['{word}']` is not allowed: names do not begin with `__`")
        case nodes.Const(value=int() | float() as number) if not -(2**63) < number < 2**63:
            raise BadExpression("a number in an expression has at most 63 bits")
        case nodes.CondExpr(expr2=None):
            raise BadExpression("`… if …` needs an `else …`")
        case nodes.Filter():
            _check_filter(node)
        case nodes.Test(name=name) if name not in TESTS:
            raise BadExpression(f"there is no test `is {name}`.{did_you_mean(name, TESTS)}")
        case nodes.Call():
            _check_call(node)


def _check_root(name: str, roots: frozenset[str]) -> None:
    if name == "secrets":
        raise BadExpression(
            "`secrets.…` can only be a whole value: `${{ secrets.NAME }}`, nothing done to it"
        )
    if name in FUNCTIONS:
        raise BadExpression(f"`{name}` is a function; write `{name}()`")
    if name == "item" and name not in roots:
        raise BadExpression("`item` is there only in a step with `foreach`")
    if name not in roots:
        raise BadExpression(f"there is no `{name}`.{did_you_mean(name, roots)}")


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in FILTERS:
        raise BadExpression(f"there is no filter `{node.name}`.{did_you_mean(node.name, FILTERS)}")
    if node.dyn_args or node.dyn_kwargs:
        raise BadExpression("`*` and `**` arguments are not allowed")
    given = {str(keyword.key): None for keyword in node.kwargs}
    try:
        inspect.signature(FILTERS[node.name]).bind(None, *node.args, **given)
    except TypeError as error:
        raise BadExpression(f"the filter `{node.name}` does not take that: {error}") from error


def _check_call(node: nodes.Call) -> None:
    called = node.node.name if isinstance(node.node, nodes.Name) else ""
    if called not in FUNCTIONS:
        raise BadExpression(
            f"only {', '.join(f'{name}()' for name in FUNCTIONS)} can be called; use a filter: `… | lower`"
        )
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise BadExpression(f"`{called}()` takes nothing between its brackets")


def _path(node: nodes.Node) -> tuple[tuple[str, ...], list[nodes.Node]]:
    """Return the path that ends at ``node``, empty when it is none, and the nodes left to look at."""
    if isinstance(node, nodes.Call):
        return (), list(node.args)
    keys: list[str] = []
    rest: list[nodes.Node] = []
    here = node
    while isinstance(here, nodes.Getattr | nodes.Getitem):
        if isinstance(here, nodes.Getattr):
            keys.append(here.attr)
        elif isinstance(here.arg, nodes.Const):
            keys.append(str(here.arg.value))
        else:  # a computed key: the path ends before it
            rest, keys = [*rest, here.arg], []
        here = here.node
    if isinstance(here, nodes.Name):
        return (here.name, *reversed(keys)), rest
    return (), list(node.iter_child_nodes())
