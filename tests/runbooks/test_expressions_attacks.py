"""Every escape and every bomb we know of, and how long it takes to refuse it."""

import time

import pytest
from pydantic import JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks.expressions import compile_expression, evaluate, render

SCOPE: dict[str, JsonValue] = {
    "inputs": {"text": "a" * 60_000, "list": list(range(5_000)), "deep": {"a": {"b": 1}}, "s": "s"},
    "event": {"title": "t"},
}

ESCAPES = [
    "''.__class__",
    "''['__class__']",
    "().__class__.__bases__[0].__subclasses__()",
    "inputs.__init__.__globals__",
    "inputs | attr('__class__')",
    "inputs.s.format(inputs)",
    "'{0.__class__}' | format(inputs)",
    "'{0.__class__}'.format(inputs)",
    "inputs.s.format_map(inputs)",
    "inputs.deep.items()",
    "inputs.list.append(1)",
    "inputs | map('upper')",
    "inputs.list | map(attribute='__class__')",
    "inputs.list | selectattr('__class__')",
    "inputs.list | sort(attribute='__class__')",
    "inputs | xmlattr",
    "inputs | pprint",
    "inputs | groupby('a')",
    "cycler.__init__.__globals__.os.popen('id')",
    "lipsum.__globals__",
    "lipsum()",
    "joiner()",
    "namespace(a=1)",
    "dict(a=1)",
    "range(10)",
    "self",
    "self._TemplateReference__context",
    "context",
    "environment",
    "request.application",
    "config",
    "loop.index",
    "caller()",
    "varargs",
    "_now",
    "__import__('os')",
    "open('/etc/passwd')",
    "eval('1')",
    "{% import 'os' %}",
    "1 }}{% set x = 1 %}{{ 1",
    "{# #}",
    "lambda: 1",
    "[x for x in inputs]",
    "inputs.s ~ inputs.s",
    "inputs.list[1:2]",
    "now.__class__",
    "now()()",
    "(now)()",
    "[now][0]()",
    "inputs.list | join(**inputs)",
    "inputs.list | join(*inputs)",
    "inputs.s is callable",
    "inputs.s is filter",
    "secrets.A",
    "secrets['A']",
]
BOMBS = [
    "10**10**8",
    "9**9**9**9",
    "'a' * 10",
    "'x' * 1000000000",
    "[1] * 1000000000",
    "1000000000 * 'x'",
    "'%0999999999d' % 5",
    "'a' | center(1000000000)",
    "'a' | ljust(1000000000)",
    "'a' | indent(1000000000)",
    "inputs.text | wordwrap(1)",
    "inputs.text | replace('a', inputs.text)",
    "inputs.text | replace('', inputs.text)",
    "inputs.list | join(inputs.text)",
    "inputs.text + inputs.text",
    "[inputs.text, inputs.text, inputs.text, inputs.text, inputs.text]",
    "inputs.list + inputs.list + inputs.list",
    "inputs.text | split('a')",
    "9223372036854775807 * 9223372036854775807",
    "9" * 4000,
    "1e999",
    "1e308 * 1e308",
    "('9' * 5000) | int",
    "inputs.text | int",
    "1 // 0",
    "('[' + inputs.text) | fromjson",
    "inputs.text | replace('a', '[') | fromjson",
    "'NaN' | fromjson",
    "'nan' | float",
    "'inf' | float",
    "2.5 | round(999999999)",
    "inputs.text | regex_match('(a+)+b')",
    "inputs.text | regex_match('(a|aa)+b')",
    "inputs.s | regex_match('(a{1000}){1000}')",
    "inputs.s | regex_match('a{999999999}')",
    "inputs.s | regex_match('" + "(" * 150 + ")" * 150 + "')",
    "inputs.s | regex_match('(?R)')",
    "(" * 300 + "1" + ")" * 300,
    "[" * 2000,
    "not " * 390 + "true",
    "-" * 390 + "1",
    "1" + "+1" * 190,
    "1" + "|abs" * 190,
    "inputs" + ".a" * 190,
    "1 if true else " * 60 + "1",
    "true" + " and true" * 190,
    "'" + "a" * 9000 + "'",
    "{'a':" * 19 + "1" + "}" * 19 + " | nope",
]


@pytest.mark.parametrize("expression", ESCAPES)
def test_an_escape_is_refused_before_it_is_compiled(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(BadExpression):
        evaluate(expression, SCOPE)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("expression", BOMBS)
def test_a_bomb_is_refused_within_a_second(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(BadExpression):
        evaluate(expression, SCOPE)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text", ["${{" * 5000, "${{ '" * 5000, "${{ }" * 5000, "${{ 'a\\" * 2000, "${{" + "}" * 1 + "'" * 9999]
)
def test_a_text_of_half_open_brackets_is_refused_quickly(text: str) -> None:
    began = time.process_time()
    with pytest.raises(BadExpression):
        render(text, SCOPE)
    assert time.process_time() - began < 1


def test_deep_data_is_refused_and_does_not_exhaust_the_stack() -> None:
    deep: JsonValue = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(BadExpression):
        evaluate("event", {"event": deep})


def test_an_expression_is_compiled_once() -> None:
    assert compile_expression("inputs.s == 'once'") is compile_expression("inputs.s == 'once'")
