"""YAML 1.2 with positions, and without the parts of YAML that bite."""

import time

import pytest

from tocsin.runbooks.load import check
from tocsin.runbooks.yaml import MAX_BYTES, read


def value(text: str) -> object:
    document, problems = read(text, "f.yaml")
    assert problems == []
    assert document is not None
    return document.value


def said(text: str) -> list[str]:
    return [str(problem).removeprefix("f.yaml:") for problem in read(text, "f.yaml")[1]]


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("22:30", "22:30"),
        ("017", 17),
        ("0o17", 15),
        ("0x1f", 31),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ("true", True),
        ("~", None),
        ("1e3", 1000.0),
        ("'1'", "1"),
        ("${{ inputs.a }}", "${{ inputs.a }}"),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(scalar: str, expected: object) -> None:
    assert value(f"a: {scalar}\n") == {"a": expected}


def test_on_stays_a_text_as_a_key() -> None:
    assert value("on: 1\n") == {"on": 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "2:1: `a` is already given on line 1; keep one of them"),
        ("a: &x 1\n", "1:4: the anchor `&x` is not allowed; use `vars` for a value used twice"),
        ("a: *x\n", "1:4: the alias `*x` is not allowed; write the value out"),
        ("a:\n  <<: {b: 1}\n", "2:3: the merge key `<<` is not allowed; write the keys out"),
        (
            "a: !!python/object:os.system x\n",
            "1:4: the tag `tag:yaml.org,2002:python/object:os.system` is not allowed; leave it out",
        ),
        ("1: x\n", '1:1: the key `1` must be text; write "1"'),
        (
            "a: 99999999999999999999\n",
            "1:4: `99999999999999999999` is too large for a number; quote it if it is text",
        ),
        (
            "a: " + "9" * 5000,
            "1:4: `999999999999999999999999` is too large for a number; quote it if it is text",
        ),
        ("a: .inf\n", "1:4: `.inf` is not a finite number; quote it if it is text"),
        (
            'a: "\\0"\n',
            "1:4: the text holds a character that cannot be stored (NUL or half a surrogate pair)",
        ),
        ("a: 1\n---\nb: 2\n", "2:1: a second document (`---`) is not allowed; one file holds one runbook"),
        ("%YAML 1.1\n---\na: 1\n", "2:1: a `%` directive is not allowed; leave the line out"),
        ("", "1:1: the file is empty; a runbook begins with `schema: runbook/v1`"),
        ("a: \x07\n", "1:1: the file holds control characters; YAML is plain text"),
        ("[" * 20_000, "1:1: nested deeper than 40 levels; flatten it"),
        ("- " * 41 + "a", "1:83: nested deeper than 40 levels; flatten it"),
        ("a" * (MAX_BYTES + 1), "1:1: the file is larger than 256 KiB; split the runbook"),
    ],
)
def test_what_bites_is_refused_with_its_place(text: str, problem: str) -> None:
    assert problem in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: { b: ${{ inputs.x }} }\n",
        "a: [${{ inputs.x }}]\n",
        "a: ${{ x | default('b: c') }}\n",
        "a: ${{ x # y }}\n",
    ],
)
def test_an_unquoted_expression_that_yaml_eats_is_told_to_be_quoted(text: str) -> None:
    assert "quote this value" in said(text)[0]
    assert said(text)[0].startswith(f"1:{text.index('${{') + 1}:")


def test_an_expression_in_folded_text_has_its_own_place() -> None:
    document, _ = read("a: >-\n  one ${{ b }}\n  two ${{ c }}\n", "f.yaml")
    assert document is not None
    assert document.expression_mark(("a",), 1) == (3, 7)


@pytest.mark.parametrize(
    "text",
    [
        "a: [" + "[" * 39 + "x" + "]" * 39 + "]\n",
        "a: &a [x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n",
        "[" * 100_000,
        "{a: " * 5_000,
        "? " * 20_000,
        "- " * 20_000,
        "&a " * 10_000,
        "!" * 10_000,
        "a: '" + "\n" * 20_000,
        "'" * 20_000,
    ],
)
def test_a_hostile_file_is_refused_quickly(text: str) -> None:
    taken = []
    for _ in range(3):  # the collector may come in between once
        began = time.process_time()
        assert check(text, "f.yaml")[1]
        taken.append(time.process_time() - began)
    assert min(taken) < 0.5
