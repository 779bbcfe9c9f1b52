"""Build a runbook from its YAML, or say everything that is wrong with it, by line and column."""

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from tocsin.actions.registry import Registry
from tocsin.errors import BadRunbook
from tocsin.organisation import Organisation
from tocsin.runbooks import lint, words, yaml
from tocsin.runbooks.known import Known
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Mark, Path, Problem

ModelT = TypeVar("ModelT", bound=BaseModel)


def load(text: str, path: str) -> Runbook:
    """Return the runbook; raise BadRunbook listing every error as ``file:line:col: message``."""
    runbook, problems = check(text, path)
    errors = [str(problem) for problem in problems if problem.level == "error"]
    if runbook is None or errors:
        raise BadRunbook("\n".join(errors))
    return runbook


@dataclass(frozen=True)
class Draft:
    """A file that was read: what could be made of it, and what kept it from being more."""

    path: str
    document: yaml.Document | None
    runbook: Runbook | None
    problems: tuple[Problem, ...]


def draft(text: str, path: str) -> Draft:
    """Return what a file says, without a look at what it means."""
    document, problems = yaml.read(text, path)
    runbook: Runbook | None = None
    if document is not None:
        runbook, found = build(document, path, Runbook, yaml.RUNBOOK)
        problems += found
    return Draft(path, document, runbook, tuple(problems))


def check(
    text: str, path: str, registry: Registry | None = None, organisation: Organisation | None = None
) -> tuple[Runbook | None, list[Problem]]:
    """Return the runbook, None when it has errors, and all its problems in the order of the file.

    With a registry the actions it uses are checked too, with an organisation the names of ``tocsin.yaml``.
    """
    read = draft(text, path)
    problems = check_together([read], registry, organisation)
    good = all(problem.level == "warning" for problem in problems)
    return read.runbook if good else None, problems


def check_together(
    drafts: Sequence[Draft], registry: Registry | None = None, organisation: Organisation | None = None
) -> list[Problem]:
    """Return the problems of several files, each in its order: they may call each other."""
    others = {draft.runbook.name: draft.runbook for draft in drafts if draft.runbook}
    times = Counter(draft.runbook.name for draft in drafts if draft.runbook)
    problems: list[Problem] = []
    for one in drafts:
        found = list(one.problems)
        if one.document is not None and one.runbook is not None:
            found += lint.lint(Known(one.runbook, registry, others, organisation), one.document, one.path)
            if times[one.runbook.name] > 1:
                told = f"{times[one.runbook.name]} of these files have the name `{one.runbook.name}`"
                mark = one.document.value_mark(("name",))
                found.append(Problem(one.path, *mark, f"{told}; names are unique"))
        problems += sorted(dict.fromkeys(found), key=lambda one: (one.line, one.column, one.message))
    return problems


def build(
    document: yaml.Document, path: str, model: type[ModelT], kind: yaml.Kind
) -> tuple[ModelT | None, list[Problem]]:
    """Return what the document describes and what keeps it from being that.

    What cannot be is left out and the rest is read once more, so that its problems are found as well.
    """
    if not isinstance(document.value, dict):
        return None, [Problem(path, 1, 1, f"a {kind.noun} is a map that begins with `schema: {kind.schema}`")]
    try:
        return _validate(document.value, model), []
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _echoes(detail)]
    problems = [_problem(detail, document, path, model) for detail in details]
    rest = copy.deepcopy(document.value)
    for detail in details:
        _remove(rest, detail["loc"])
    try:
        return _validate(rest, model), problems
    except ValidationError:
        return None, problems


def _validate(value: JsonValue, model: type[ModelT]) -> ModelT:
    return model.model_validate(value, by_alias=True, by_name=False)


def _echoes(detail: ErrorDetails) -> bool:
    """Say whether it only counts entries that are wrong themselves: the list was not empty."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _problem(detail: ErrorDetails, document: yaml.Document, path: str, model: type[BaseModel]) -> Problem:
    unknown = detail["type"] == "extra_forbidden"
    mark: Mark = (document.key_mark if unknown else document.value_mark)(detail["loc"])
    return Problem(path, mark.line, mark.column, words.explain(detail, model))


def _remove(value: JsonValue, loc: Path) -> None:
    """Take the part at ``loc`` out of a map, as far down as the file has it."""
    here = value
    for part in loc[:-1]:
        if isinstance(here, dict) and part in here:
            here = here[str(part)]
        elif isinstance(here, list) and isinstance(part, int):
            here = here[part]
    if isinstance(here, dict):
        here.pop(str(loc[-1]), None)
