"""What lint looks at, and how it says what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import NotFound
from tocsin.organisation import Organisation
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Level, Path


class Flaw(NamedTuple):
    """What is wrong with one value of a runbook."""

    path: Path
    message: str
    level: Level = "error"
    key: bool = False
    """It is the key that is wrong, and not its value."""
    nth: int | None = None
    """Which ``${{`` of the value; None: the value as a whole."""


@dataclass
class Subject:
    """A runbook, and what is known of the world that it is for. What is not known is not judged."""

    runbook: Runbook
    registry: Registry | None = None
    others: Mapping[str, Runbook] = field(default_factory=dict)
    """The runbooks that are looked at with it, by name."""
    organisation: Organisation | None = None

    def action(self, uses: str | None) -> AnyAction | None:
        """Return the action that ``uses`` names; None when it is not known."""
        if self.registry is None or uses is None:
            return None
        try:
            return self.registry.get(uses)
        except NotFound:
            return None
