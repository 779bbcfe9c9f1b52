"""Values of a runbook as people read them on paper."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from tocsin.runbooks.expressions import fill_in


def filled(value: JsonValue) -> JsonValue:
    """Return a value whose texts name what stands for their ``${{ }}``."""
    if isinstance(value, str):
        return fill_in(value)
    if isinstance(value, list):
        return [filled(item) for item in value]
    return filled_map(value) if isinstance(value, dict) else value


def filled_map(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a map whose texts name what stands for their ``${{ }}``."""
    return {key: filled(value) for key, value in given.items()}


def plain(value: JsonValue) -> str:
    """Return a text as it is, and anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def one_line(words: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(words.split())


def code(words: str) -> str:
    """Return a text as Markdown code, back-quotes in it or not."""
    return f"`` {words} ``" if "`" in words else f"`{words}`"


def text(words: str) -> str:
    """Return words as Markdown in which nothing is read as a tag: ``<service>`` stays to be seen."""
    return one_line(words).replace("<", "\\<")


def cell(words: str) -> str:
    """Return a text that does not end its cell of a table."""
    return one_line(words).replace("|", "\\|")
