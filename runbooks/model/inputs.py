"""What a runbook is given: the entries of ``inputs:``."""

from typing import Literal

from pydantic import JsonValue

from tocsin.runbooks.model.base import Model

InputType = Literal[
    "string",
    "integer",
    "number",
    "boolean",
    "duration",
    "bytes",
    "list",
    "map",
    "enum",
    "service",
    "user",
    "secret",
]


class InputSpec(Model):
    """One input of a runbook, or one field of a manual step."""

    type: InputType
    """``service``: a slug of the catalogue. ``user``: an email address or a Slack user id. ``secret``: the
    name of a secret of ``tocsin.yaml``; its value is never shown."""
    required: bool = False
    default: JsonValue = None
    enum: tuple[JsonValue, ...] | None = None
    pattern: str | None = None
    min: float | None = None
    """Of a number; seconds of a ``duration``, bytes of a size."""
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    description: str = ""
    source: Literal["services", "teams", "severities", "connections"] | None = None
    """The choices are what ``tocsin.yaml`` names there when somebody asks."""
