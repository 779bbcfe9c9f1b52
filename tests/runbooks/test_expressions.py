"""What expressions yield, and what they say when they cannot."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks.expressions import evaluate, holds, names, render
from tocsin.runbooks.functions import FILTERS, TESTS

SCOPE: dict[str, JsonValue] = {
    "inputs": {"count": 3, "name": "Checkout", "nothing": None, "list": [3, 1, 3], "empty": []},
    "event": {"incident": {"id": "P1", "title": "Checkout API: errors after Deploy"}},
    "alert": {"labels": {"items": "a key, not a method", "keys": 2}},
    "incident": None,
    "steps": {"look": {"outputs": {"pods": [{"name": "a", "restarts": 4}, {"name": "b", "restarts": 0}]}}},
    "now": "2026-11-22T10:00:00Z",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inputs.count * 2 + 1", 7),
        ("inputs.count / 2", 1.5),
        ("inputs.count // 2", 1),
        ("-inputs.count", -3),
        ("'deploy' in event.incident.title | lower", True),
        ("inputs.nothing or 4", 4),
        ("'many' if inputs.count > 2 else 'few'", "many"),
        ("alert.labels.items", "a key, not a method"),
        ("alert['labels']['keys']", 2),
        ("inputs.list[0]", 3),
        ("inputs.list[-1]", 3),
        ("incident is none", True),
        ("incident.channel is defined", False),
        ("incident.channel.name | default('#ops')", "#ops"),
        ("inputs.nothing | default('x')", "x"),
        ("inputs.nothing | default('x', false)", None),
        ("[inputs.count, {'a': inputs.name}]", [3, {"a": "Checkout"}]),
        ("(1, 2)", [1, 2]),
        ("now()", "2026-11-22T10:00:00Z"),
        ("'4' | int", 4),
        ("'1.5' | float", 1.5),
        ("true | string", "true"),
        ("'true' | bool", True),
        ("inputs.name | upper", "CHECKOUT"),
        ("' a ' | trim", "a"),
        ("'a-b' | replace('-', '_')", "a_b"),
        ("'a,b' | split(',') | join('; ')", "a; b"),
        ("inputs.list | length", 3),
        ("inputs.list | first", 3),
        ("inputs.list | unique | sort | last", 3),
        ("inputs.list | sort(reverse=true) | first", 3),
        ("inputs.list | max - inputs.list | min", 2),
        ("steps.look.outputs.pods | map(attribute='name') | join(',')", "a,b"),
        ("steps.look.outputs.pods | selectattr('restarts', '>', 3) | length", 1),
        ("steps.look.outputs.pods | sort(attribute='restarts') | map(attribute='name')", ["b", "a"]),
        ("{'b': 1, 'a': [true, none]} | tojson", '{"a": [true, null], "b": 1}'),
        ("'{\"a\": [1]}' | fromjson", {"a": [1]}),
        ("'i-0abc' | regex_match('i-[0-9a-f]+')", True),
        ("'xi-0abc' | regex_match('i-[0-9a-f]+')", False),
        ("'2h' | duration", 7200),
        ("'a\"b' | promql_str", '"a\\"b"'),
        ("'a b/ü' | urlencode", "a%20b%2F%C3%BC"),
        ("2.345 | round(2)", 2.35),
        ("2.6 | round", 3),
        ("-3 | abs", 3),
    ],
)
def test_an_expression_yields(expression: str, expected: object) -> None:
    assert evaluate(expression, SCOPE) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${{ inputs.count }}", 3),
        ("${{ inputs.list }}", [3, 1, 3]),
        ("a-${{ inputs.count }}-${{ inputs.name | lower }}", "a-3-checkout"),
        ("${{ true }}!", "true!"),
        ({"a": ["${{ inputs.count }}", 5, None]}, {"a": [3, 5, None]}),
        ("no hole, {{ jinja }} {% stays %} {# text #}", "no hole, {{ jinja }} {% stays %} {# text #}"),
        ("${{ '}}' }}", "}}"),
        ("${{ '${{' }}", "${{"),
        ("", ""),
    ],
)
def test_a_value_is_rendered(value: JsonValue, expected: object) -> None:
    assert render(value, SCOPE) == expected


def test_what_data_says_is_never_looked_at_again() -> None:
    scope: dict[str, JsonValue] = {
        "event": {"title": "${{ inputs.count }} {{ 7*7 }}"},
        "inputs": {"count": 3},
    }
    assert render("${{ event.title }}", scope) == "${{ inputs.count }} {{ 7*7 }}"
    assert render("x ${{ event.title }}", scope) == "x ${{ inputs.count }} {{ 7*7 }}"


def test_a_secret_is_a_reference_until_the_call() -> None:
    assert render({"token": "${{ secrets.API_TOKEN }}"}, SCOPE) == {"token": {"$secret": "API_TOKEN"}}


@pytest.mark.parametrize(
    "value",
    [
        "Bearer ${{ secrets.TOKEN }}",
        "${{ secrets.TOKEN | upper }}",
        "${{ secrets['TOKEN'] }}",
        "${{ [secrets.TOKEN] }}",
        "${{ secrets }}",
        {"$secret": "TOKEN"},
    ],
)
def test_a_secret_can_be_nothing_but_a_whole_value(value: JsonValue) -> None:
    with pytest.raises(BadExpression):
        render(value, SCOPE)


@pytest.mark.parametrize("expression", ["event", "event.labels", "[event.labels]", "{'$secret': 'TOKEN'}"])
def test_data_cannot_pass_itself_off_as_a_secret(expression: str) -> None:
    with pytest.raises(BadExpression, match="secret"):
        render(f"${{{{ {expression} }}}}", {"event": {"labels": {"$secret": "TOKEN"}}})


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("inputs.cuont", r"`inputs.cuont` is not there \(inputs has count, empty, list, name, nothing\)"),
        (
            "event.incident.title.x",
            r"`event.incident.title.x` is not there \(event.incident.title is a text\)",
        ),
        ("incident.channel", r"`incident.channel` is not there \(incident is null\)"),
        ("run.id", r"`run` is not there"),
        ("[inputs.cuont]", "`inputs.cuont` is not there"),
        ("inputs.cuont == 3", "`inputs.cuont` is not there"),
        ("inputs.cuont + 'x'", "`inputs.cuont` is not there"),
        ("inputs.cuont | lower", "`inputs.cuont` is not there"),
        ("foo.bar", "there is no `foo`"),
        ("inpust.a", "Did you mean `inputs`"),
        ("inputs.name | lowr", "Did you mean `lower`"),
        ("inputs.name is strin", "Did you mean `string`"),
        ("inputs.count | lower", "needs a text here, not a number"),
        ("inputs.name > 3", "cannot be evaluated"),
        ("inputs.name + 3", r"cannot do a text \+ a number"),
        ("1 / 0", "division by zero"),
        ("inputs.empty | first", "the list is empty"),
        ("'x' | int", "cannot be evaluated"),
        ("'1' if true", "needs an `else"),
        ("item.name", "`item` is there only in a step with `foreach`"),
        ("a b", "did not expect `b`"),
        ("", "is not an expression"),
        ("now", r"write `now\(\)`"),
    ],
)
def test_what_cannot_be_is_named(expression: str, message: str) -> None:
    with pytest.raises(BadExpression, match=message):
        evaluate(expression, SCOPE)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a ${{ inputs.nothing }}", "`inputs.nothing` is null inside a text"),
        ("a ${{ inputs.list }}", "`inputs.list` is a list inside a text"),
        ("a ${{ inputs.count", "is not closed"),
    ],
)
def test_a_text_is_never_filled_with_a_guess(value: str, message: str) -> None:
    with pytest.raises(BadExpression, match=message):
        render(value, SCOPE)


def test_a_condition_is_true_or_false() -> None:
    assert holds("inputs.count > 2 and incident is none", SCOPE)
    assert not holds("inputs.count > 3", SCOPE)


@pytest.mark.parametrize(
    "condition", ["inputs.name", "'false'", "inputs.nothing", "inputs.list", "inputs.count"]
)
def test_a_condition_that_is_neither_is_refused(condition: str) -> None:
    with pytest.raises(BadExpression, match="neither true nor false"):
        holds(condition, SCOPE)


def test_names_are_the_paths_that_a_value_reads() -> None:
    assert names(
        {"a": ["${{ steps['look'].outputs.x }} ${{ inputs[vars.key].y or run.id | default(event.a) }}"]}
    ) == {
        ("steps", "look", "outputs", "x"),
        ("inputs",),
        ("vars", "key"),
        ("run", "id"),
        ("event", "a"),
    }


def test_an_evaluation_costs_microseconds_once_compiled() -> None:
    evaluate("'deploy' in event.incident.title | lower", SCOPE)
    began = time.process_time()
    for _ in range(1000):
        evaluate("'deploy' in event.incident.title | lower", SCOPE)
    assert time.process_time() - began < 0.2


ROOTS = ["inputs", ".count", ".name", ".list", "[0]", "['a']", "'x'", "3", "now()", "9" * 40]
SIGNS = [
    *"()[]{},:",
    " + ",
    " * ",
    " ** ",
    " ~ ",
    " // ",
    " % ",
    " and ",
    " not ",
    " if ",
    " else ",
    " in ",
    " == ",
]
ODD = ["__class__", ".__init__", "secrets.A", "self", "range", "}}", "{%", "#", "\\", '"']
words = st.sampled_from(
    [*(f" | {name}" for name in FILTERS), *(f" is {name}" for name in TESTS), *ROOTS, *SIGNS, *ODD]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(words, max_size=14).map("".join) | st.text(max_size=60))
def test_any_text_is_json_or_a_bad_expression(expression: str) -> None:
    try:
        result = evaluate(expression, SCOPE)
    except BadExpression:
        return
    assert isinstance(result, str | int | float | bool | list | dict | None)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: "$secret" not in str(value))


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_whatever_the_data_is_a_whole_expression_yields_it_unchanged(data: JsonValue) -> None:
    assert render("${{ event }}", {"event": data}) == data
