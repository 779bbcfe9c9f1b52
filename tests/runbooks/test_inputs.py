"""How given values become a runbook's inputs."""

import time

import pytest
from pydantic import JsonValue

from tocsin.errors import Invalid
from tocsin.runbooks.inputs import coerce, flaws
from tocsin.runbooks.model import InputSpec


def spec(**keys: object) -> InputSpec:
    return InputSpec.model_validate({"type": "string", **keys})


def given(one: InputSpec, value: JsonValue, *, from_text: bool = False) -> JsonValue:
    return coerce({"x": one}, {"x": value}, from_text=from_text)["x"]


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("string", "5", "5"),
        ("integer", "5", 5),
        ("integer", "-5", -5),
        ("number", "1.5", 1.5),
        ("boolean", "true", True),
        ("boolean", "False", False),
        ("duration", "90s", "90s"),
        ("list", "a, b", ["a", "b"]),
        ("list", "[1, 2]", [1, 2]),
        ("list", "", []),
        ("map", '{"a": 1}', {"a": 1}),
    ],
)
def test_text_is_read_by_type(type_: str, text: str, expected: object) -> None:
    assert given(spec(type=type_), text, from_text=True) == expected


def test_a_choice_written_as_text_is_the_choice_itself() -> None:
    assert given(spec(type="enum", enum=[1, True, "a"]), "1", from_text=True) == 1


def test_a_default_stands_in_for_what_is_not_given() -> None:
    assert coerce({"x": spec(default="a")}, {}, from_text=False) == {"x": "a"}


def test_an_optional_input_without_a_value_is_null() -> None:
    assert coerce({"x": spec()}, {}, from_text=False) == {"x": None}


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        ({"required": True, "description": "which one"}, None, "input `x` is required: which one"),
        ({}, 5, "input `x` must be a text, not a number"),
        ({"type": "integer"}, "5", "input `x` must be a whole number, not a text"),
        ({"type": "integer"}, True, "input `x` must be a whole number, not true or false"),
        ({"type": "integer"}, 1.5, "input `x` must be a whole number, not a number"),
        ({"type": "number"}, float("inf"), "input `x` must be a number, not a number"),
        ({"type": "boolean"}, "true", "input `x` must be true or false, not a text"),
        ({"type": "list"}, {}, "input `x` must be a list, not a map"),
        ({"type": "map"}, [], "input `x` must be a map, not a list"),
        ({"type": "duration"}, "5 min", "input `x` '5 min' is not a duration; write 90s, 5m, 2h or 1d"),
        ({"type": "duration", "min": 60}, "30s", "input `x` must be at least 60, not `30s`"),
        ({"type": "enum", "enum": ["a", "b"]}, "c", "input `x` must be one of `a`, `b`, not `c`"),
        ({"type": "enum", "enum": [1]}, True, "input `x` must be one of `1`, not `true`"),
        ({"type": "integer", "min": 1}, 0, "input `x` must be at least 1, not `0`"),
        ({"type": "integer", "max": 9}, 10, "input `x` must be at most 9, not `10`"),
        ({"min_length": 3}, "ab", "input `x` must be 3 to 16384 long, not 2"),
        ({"max_length": 1}, "ab", "input `x` must be 0 to 1 long, not 2"),
        ({"pattern": "[a-z]+"}, "a b", "input `x` must match [a-z]+, which `a b` does not"),
        ({"pattern": "[a-z]+"}, "a\n", "input `x` must match [a-z]+, which `a\n` does not"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    keys: dict[str, object], value: JsonValue, message: str
) -> None:
    with pytest.raises(Invalid) as raised:
        given(spec(**keys), value)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("integer", "5x"),
        ("integer", "9" * 40),
        ("number", "x"),
        ("boolean", "yes"),
        ("map", "{"),
        ("list", "[" * 9000),
    ],
)
def test_text_that_does_not_read_is_refused(type_: str, text: str) -> None:
    with pytest.raises(Invalid):
        given(spec(type=type_), text, from_text=True)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Invalid) as raised:
        coerce(
            {"service": spec(required=True), "count": spec(type="integer")},
            {"cuont": "1", "count": "x"},
            from_text=True,
        )
    assert str(raised.value).splitlines() == [
        "input `count` must be a whole number, not `x`",
        "input `service` is required",
        "there is no input `cuont`. Did you mean `count`?",
    ]


def test_a_pattern_that_explodes_is_given_up_quickly() -> None:
    began = time.process_time()
    with pytest.raises(Invalid, match="takes too long"):
        given(spec(pattern="(a|aa)+b"), "a" * 5000)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize(
    ("keys", "flaw"),
    [
        ({"type": "enum"}, "an input of type `enum` needs `enum: [a, b]`, the values to choose from"),
        ({"type": "integer", "min": 5, "max": 3}, "`min` is greater than `max`"),
        (
            {"required": True, "default": "a"},
            "an input with a `default` is never missing; leave out `required` or the default",
        ),
        ({"type": "integer", "default": "a"}, "the default must be a whole number, not a text"),
        ({"pattern": "(a{1000}){1000}"}, "the pattern '(a{1000}){1000}' is too long or repeats too much"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_told(keys: dict[str, object], flaw: str) -> None:
    assert list(flaws(spec(**keys))) == [flaw]
