"""The quick parser and the careful one: what the quick one takes, the careful one reads the same."""

import pathlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runbooks.samples import FULL, SMALL
from tocsin.runbooks import library
from tocsin.runbooks.problems import Mark, Path
from tocsin.runbooks.yaml import RUNBOOK, Document, _carefully, _quickly, read

LIBRARY = sorted(pathlib.Path(library.__path__[0]).glob("*.yaml"))
PIECES = st.sampled_from(
    ["a", "b: ", "- ", "\n", "\n  ", "\n    ", " ", ": ", ":", "k8s:main", "12:30", "{", "}", "[", "]",
     ", ", "'", '"', "#", " #", "|", ">", "|-", ">+", "|2", "? ", "!", "&x", "*x", "%", "@", "`", "~",
     "\\", "\\/", "\\x41", "\\u0041", "---", "...", "é", "😀", "\t", "''", '""', "-", "?", "<<: ",
     "0o7", "1e3", "\r\n", "\r", "null", "${{ a }}"]
)  # fmt: skip


def agree(text: str) -> None:
    quick = _quickly(text, "f.yaml", RUNBOOK)
    if quick is None:
        return
    document, problems = _carefully(text, "f.yaml", RUNBOOK)
    assert document is not None
    assert (document.value, document.keys, problems) == (quick[0].value, quick[0].keys, [])
    assert written(document) == written(quick[0])


def written(document: Document) -> set[tuple[Path, Mark]]:
    """Return where the values stand. A value that is left out stands before its space, or after it."""
    return {(path, mark) for path, mark in document.marks.items() if _at(document.value, path) is not None}


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_pieces_of_yaml_mean_the_same_to_both(text: str) -> None:
    agree(text)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_means_the_same_to_both(text: str) -> None:
    agree(text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([SMALL, FULL]), st.floats(0, 1), st.integers(0, 30), PIECES)
def test_a_damaged_runbook_means_the_same_to_both(text: str, at: float, cut: int, piece: str) -> None:
    start = int(len(text) * at)
    agree(text[:start] + piece + text[start + cut :])


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_is_read_quickly(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert _quickly(text, "f.yaml", RUNBOOK) is not None
    agree(text)


def test_what_only_the_careful_one_takes_is_read_all_the_same() -> None:
    text = "a: 'next\x85line'\n"
    assert _quickly(text, "f.yaml", RUNBOOK) is None
    assert read(text, "f.yaml")[1] == []
