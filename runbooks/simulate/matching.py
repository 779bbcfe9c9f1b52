"""Whether a value is as it was expected, as far as anything was expected of it. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.runbooks.patterns import check_pattern
from tocsin.runbooks.problems import Path
from tocsin.runbooks.simulate.expected import is_pattern

LONGEST = 200
"""Characters of a value that a message shows."""


class Difference(NamedTuple):
    """One part that is not as expected, and where the expectation has it."""

    path: Path
    message: str


def fits(expected: JsonValue, found: JsonValue) -> bool:
    """Say whether ``found`` has all that is expected of it."""
    return next(differences(expected, found), None) is None


def differences(expected: JsonValue, found: JsonValue, path: Path = ()) -> Iterator[Difference]:
    """Yield where ``found`` is not as expected: maps may hold more, lists are as long, the rest is equal."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, one in expected.items():
            if key in found:
                yield from differences(one, found[key], (*path, key))
            else:
                yield Difference((*path, key), f"`{key}` is not there; {_holds(found)}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, (*path, index))
    elif not _equal(expected, found):
        yield Difference(path, versus(shown(expected), shown(found)))


def speaks_of(words: str, text: str) -> bool:
    """Say whether a text holds the words, or what the pattern between slashes describes."""
    if is_pattern(words):
        return check_pattern(words[1:-1]).search(text, timeout=1) is not None
    return words in text


def versus(expected: str, found: str) -> str:
    """Return the two, in a line where they are short, else below each other."""
    if len(expected) + len(found) <= 80 and "\n" not in expected + found:
        return f"expected {expected}, found {found}"
    lines = [*(f"- {line}" for line in expected.splitlines()), *(f"+ {line}" for line in found.splitlines())]
    return "\n".join(["not as expected", *lines])


def shown(value: JsonValue) -> str:
    """Return a value for people, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _equal(one: JsonValue, other: JsonValue) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _holds(found: Mapping[str, JsonValue]) -> str:
    return f"there are {', '.join(sorted(found))}" if found else "there is nothing"
