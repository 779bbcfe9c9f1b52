"""What is wrong with a runbook file and where, and the four ways to print it."""

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

from pydantic import JsonValue

Level = Literal["error", "warning"]
Format = Literal["text", "json", "github", "sarif"]
Path = tuple[str | int, ...]
"""Keys and indexes from the top of the file: ``("steps", 0, "with", "replicas")``."""


class Mark(NamedTuple):
    """A place in the file, both counted from one."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One thing to correct. Errors keep the runbook from loading, warnings do not."""

    path: str
    line: int
    column: int
    message: str
    level: Level = "error"

    def __str__(self) -> str:
        """Render as ``file:line:col: message``."""
        note = "warning: " if self.level == "warning" else ""
        return f"{self.path}:{self.line}:{self.column}: {note}{self.message}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean `x`?`` for the nearest known word, or the list of them when none is near."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word[:64], words, n=1)
    if near:
        return f" Did you mean `{near[0]}`?"
    return f" Known here: {', '.join(words[:40])}." if words else ""


def render_problems(problems: Iterable[Problem], format: Format) -> str:
    """Return the problems as text, JSON, GitHub workflow annotations or SARIF 2.1.0."""
    found = sorted(problems, key=lambda one: (one.path, one.line, one.column, one.message))
    match format:
        case "text":
            return "\n".join(str(one) for one in found)
        case "json":
            return json.dumps([asdict(one) for one in found], indent=2)
        case "github":
            return "\n".join(_annotation(one) for one in found)
        case "sarif":
            return json.dumps(_sarif(found), indent=2)


def _annotation(problem: Problem) -> str:
    # Escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    message = problem.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = problem.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{problem.level} file={file},line={problem.line},col={problem.column}::{message}"


def _sarif(problems: list[Problem]) -> JsonValue:
    """Return a SARIF log: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "tocsin", "rules": [{"id": "runbook"}]}},
                "results": [_sarif_result(one) for one in problems],
            }
        ],
    }


def _sarif_result(problem: Problem) -> JsonValue:
    return {
        "ruleId": "runbook",
        "level": problem.level,
        "message": {"text": problem.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": problem.path},
                    "region": {"startLine": problem.line, "startColumn": problem.column},
                }
            }
        ],
    }
