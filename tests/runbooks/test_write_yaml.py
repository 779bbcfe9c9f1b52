from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tocsin.runbooks import yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
TRICKY = st.sampled_from(
    [
        "on",
        "~",
        "null",
        "017",
        "1e3",
        "22:30",
        "<<",
        "=",
        "- a",
        "${{ a }}",
        "a: b #c",
        " x\ny ",
        "\n\n",
        "\t",
    ]
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | TRICKY, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_was_written_is_read_as_it_was(value: JsonValue) -> None:
    document, problems = yaml.read(yaml.write(value), "w.yaml")
    assert (document and document.value, problems) == (value, [])


def test_a_text_of_several_lines_stands_as_it_is() -> None:
    assert yaml.write({"report": "one\ntwo\n"}) == "report: |\n  one\n  two\n"


def test_a_text_of_several_lines_that_needs_an_escape_is_quoted() -> None:
    assert yaml.write({"report": "bell\x07\n"}) == 'report: "bell\\a\\n"\n'
