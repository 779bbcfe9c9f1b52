"""What triggers do besides starting runs."""

from typing import Literal

from pydantic import JsonValue

from tocsin.events.base import Event


class RunSuggested(Event):
    """A trigger offers a run; it begins when a person says so."""

    type: Literal["run_suggested"] = "run_suggested"
    suggestion: str
    """Its id; ``run_requested`` has it when somebody took it up."""
    runbook: str
    inputs: dict[str, JsonValue]
    trigger: str
    """What happened, as in ``run_requested``."""
    fired_by: str
    """The trigger's own name; its ``cooldown`` and ``storm`` count by it."""
    dedupe_key: str | None = None
    scope: dict[str, JsonValue] = {}
    """``event``, ``alert`` and ``incident`` as expressions see them, at this moment."""


class RunHeldBack(Event):
    """A trigger matched and started nothing, because a limit says so. Said once in the limit's time."""

    type: Literal["run_held_back"] = "run_held_back"
    runbook: str
    trigger: str
    """What happened, as in ``run_requested``."""
    why: str
