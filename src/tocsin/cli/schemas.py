"""``tocsin runbook schema``: needs no settings and no database."""

from collections.abc import Iterable
from typing import Annotated

import typer

from tocsin.actions.registry import AnyAction, Registry
from tocsin.cli.printing import print_json, print_table
from tocsin.connections import Connections
from tocsin.runbooks.schema import json_schema, schema_of_tests


def schema(
    actions: Annotated[
        bool, typer.Option("--actions", help="List the actions instead of the schema.")
    ] = False,
    tests: Annotated[bool, typer.Option("--tests", help="The schema of files of tests instead.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The list of actions as JSON.")] = False,
) -> None:
    """Print the JSON Schema of runbook files, or the actions there are.

    Example: `tocsin runbook schema > runbook.schema.json`
    """
    registry = Registry(Connections({}))
    if tests:
        print_json(schema_of_tests())
    elif not actions:
        print_json(json_schema(registry))
    elif json:
        print_json([dict(zip(_COLUMNS, row, strict=True)) for row in _rows(registry)])
    else:
        rows = list(_rows(registry))
        print_table([name.title() for name in _COLUMNS], rows, len(rows), "no action is installed")


_COLUMNS = ("action", "version", "risk", "effect", "undo", "about")


def _rows(registry: Iterable[AnyAction]) -> Iterable[tuple[str, ...]]:
    for action in registry:
        about = (action.__doc__ or "").partition("\n")[0]
        undo = "yes" if action.undoable() else "no"
        yield action.name, str(action.version), action.risk, action.effect, undo, about
