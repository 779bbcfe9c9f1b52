"""The generated reference: current, and silent about nothing."""

import pytest
from docs import reference
from docs.chapters import actions, commands, events, http, runbooks, settings
from docs.reading import summary

from tocsin.actions.registry import AnyAction
from tocsin.cli.table import Leaf
from tocsin.runbooks.functions import FILTERS, FUNCTIONS


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_says_what_the_program_says(name: str) -> None:
    assert (reference.FOLDER / name).read_text() == reference.page(name), "run `make docs`"


def test_there_is_no_page_that_nothing_generates() -> None:
    assert {path.name for path in reference.FOLDER.iterdir()} == set(reference.PAGES)


def test_every_setting_is_documented() -> None:
    assert _silent(settings.documented()) == []


def test_every_key_of_tocsin_yaml_is_documented() -> None:
    assert _silent(settings.keys()) == []


def test_every_key_of_a_runbook_is_documented() -> None:
    assert _silent(runbooks.keys()) == []


def test_every_key_of_a_file_of_tests_is_documented() -> None:
    assert _silent(runbooks.keys_of_tests()) == []


@pytest.mark.parametrize("chapter", [runbooks, settings])
def test_the_docs_describe_only_keys_whose_models_do_not(chapter: object) -> None:
    assert set(chapter.SAID) - chapter.undescribed() == set()  # type: ignore[attr-defined]


def test_every_event_is_documented() -> None:
    assert _silent({events.name_of(one): summary(one) for one in events.every()}) == []


def test_every_column_of_the_log_is_documented() -> None:
    assert _silent(events.columns()) == []


def test_every_action_is_documented_with_an_example() -> None:
    assert _silent({one.name: summary(type(one)) for one in actions.every()}) == []
    assert {one.name for one in actions.every()} == set(actions.EXAMPLES)


@pytest.mark.parametrize("action", actions.every(), ids=lambda action: action.name)
def test_the_example_of_an_action_is_valid(action: AnyAction) -> None:
    action.input_model.model_validate(dict(actions.EXAMPLES[action.name]))


@pytest.mark.parametrize(("words", "leaf"), list(commands.leaves()), ids=lambda one: "-".join(one))
def test_every_command_is_documented_with_an_example(words: tuple[str, ...], leaf: Leaf) -> None:
    written = commands.written(leaf).__doc__
    assert written.startswith(leaf.help)
    assert f"Example: `tocsin {' '.join(words)}" in written


def test_every_filter_test_and_function_is_documented() -> None:
    written = {name: summary(one) for name, one in {**FILTERS, **FUNCTIONS}.items()}
    assert _silent({**written, **runbooks.tests()}) == []


def test_every_route_is_documented() -> None:
    operations = http.operations(http.openapi())
    assert _silent({f"{method} {path}": one.get("description", "") for method, path, one in operations}) == []


def test_every_metric_is_documented() -> None:
    assert _silent({str(one): next(iter(one.describe())).documentation for one in http.counted()}) == []


def _silent(said: dict[str, str]) -> list[str]:
    """Return the names that nothing is said of."""
    assert said
    return [name for name, words in said.items() if not words.strip()]
