"""Whatever is thrown at the loader, at expressions and at lint: they answer, and never raise."""

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.runbooks.samples import FULL, SMALL
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.errors import BadExpression
from tocsin.runbooks.expressions import MAX_RESULT, evaluate
from tocsin.runbooks.load import check

REGISTRY = Registry(Connections({}))
TOKENS = [
    "${{",
    "}}",
    "&a",
    "*a",
    "!!x",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "? ",
    "|",
    ">",
    "'",
    '"',
    "\n",
    "\t",
]
TOKENS += ["#", "~", "0x", "\\u", "if: ", "%", "foreach: ", "parallel: ", "wait: ", "steps: "]
KEYS = ["title", "on", "inputs", "permissions", "guardrails", "vars", "steps", "on_failure", "on_cancel"]
KEYS += ["finally", "outputs"]
WORDS = [
    "inputs",
    "inputs.s",
    "inputs.list",
    "event",
    "now()",
    "1",
    "2.5",
    "'a'",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
]
WORDS += [
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "<",
    "in",
    "not",
    "and",
    "or",
    "if",
    "else",
    "is",
    "|",
    ".",
    ",",
    ":",
]
WORDS += [
    "default",
    "join",
    "map",
    "replace",
    "sort",
    "length",
    "none",
    "attribute=",
    "__class__",
    "[0]",
    "9" * 30,
]
SCOPE: dict[str, JsonValue] = {"inputs": {"s": "a" * 3000, "list": list(range(500))}, "event": {"title": "t"}}


def _answers(text: str) -> None:
    runbook, problems = check(text, "f.yaml", REGISTRY)
    assert runbook is not None or problems


def any_text(text: str) -> None:
    _answers(text)


def any_bytes(raw: bytes) -> None:
    _answers(raw.decode("utf-8", "surrogateescape"))


def damage(text: str, at: float, cut: int, token: str) -> None:
    start = int(len(text) * at)
    _answers(text[:start] + token + text[start + cut :])


def any_shape(key: str, filling: object) -> None:
    _answers(f"schema: runbook/v1\nname: a\ntitle: A\n{key}: {json.dumps(filling)}\n")


def any_expression(words: list[str]) -> None:
    began = time.process_time()
    try:
        result = evaluate(" ".join(words), SCOPE)
    except BadExpression:
        pass
    else:
        assert len(json.dumps(result)) <= 8 * MAX_RESULT
    assert time.process_time() - began < 2


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = [
    given(st.text(max_size=400))(any_text),
    given(st.binary(max_size=400))(any_bytes),
    given(
        st.sampled_from([SMALL, FULL]),
        st.floats(0, 1),
        st.integers(0, 30),
        st.sampled_from(TOKENS) | st.text(max_size=8),
    )(damage),
    given(st.sampled_from(KEYS), SHAPES)(any_shape),
    given(st.lists(st.sampled_from(WORDS), max_size=25))(any_expression),
]


def _hold(property_: Callable[[], None], examples: int) -> None:
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(property_)()


@pytest.mark.parametrize("property_", PROPERTIES, ids=lambda one: one.__name__)
def test_nothing_makes_it_raise(property_: Callable[[], None]) -> None:
    _hold(property_, 520)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("property_", PROPERTIES, ids=lambda one: one.__name__)
def test_nothing_makes_it_raise_in_fifty_thousand_tries(property_: Callable[[], None]) -> None:
    _hold(property_, 12_500)
