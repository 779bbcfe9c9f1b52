"""The actions there are: the built-in ones, and those of installed packages."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from tocsin.actions.base import Action
from tocsin.connections import Connections
from tocsin.errors import NotFound

AnyAction = Action[Any, Any, Any]

BUILT_IN: tuple[type[AnyAction], ...] = ()
"""Every action that ships with Tocsin. A new one is listed here and nowhere else."""


class Registry:
    """Looks actions up by name, ``system.verb`` or ``system.verb@version``."""

    def __init__(self, connections: Connections, actions: tuple[type[AnyAction], ...] = BUILT_IN) -> None:
        self._actions = {action.name: action(connections) for action in (*actions, *_installed())}

    def __iter__(self) -> Iterator[AnyAction]:
        return iter(self._actions.values())

    def names(self) -> list[str]:
        """Return every action's name, sorted."""
        return sorted(self._actions)

    def get(self, uses: str) -> AnyAction:
        """Return the action that ``uses`` names; raise NotFound when it or its version is unknown."""
        name, _, version = uses.partition("@")
        found = self._actions.get(name)
        if found is None or (version and version.removeprefix("v") != str(found.version)):
            raise NotFound(f"no action {uses!r}; `tocsin runbook schema` lists every action and its version")
        return found


def _installed() -> tuple[type[AnyAction], ...]:
    """Return the actions of installed packages (entry point group ``tocsin.actions``)."""
    return tuple(point.load() for point in entry_points(group="tocsin.actions"))
