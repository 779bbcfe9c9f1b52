"""The vault: what ``secrets.NAME`` stands for, read just before an action is called and never kept."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from tocsin.errors import ActionFailed, ErrorClass

MARKER = "$secret"
"""Key of the object that stands for a secret in rendered inputs: ``{"$secret": "NAME"}``."""


class SecretSource(BaseModel):
    """Where one secret comes from: exactly one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str | None = None
    """Name of an environment variable."""
    file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> "SecretSource":
        if (self.env is None) == (self.file is None):
            raise ValueError("name either env or file")
        return self


class Vault:
    """Reads secrets by the names runbooks use."""

    def __init__(self, sources: Mapping[str, SecretSource]) -> None:
        self._sources = sources

    def fill(self, value: JsonValue) -> JsonValue:
        """Return ``value`` with every marker replaced; raise ActionFailed when a secret cannot be read."""
        if isinstance(value, dict):
            if set(value) == {MARKER}:
                return self.read(str(value[MARKER]))
            return {key: self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        return value

    def read(self, name: str) -> str:
        """Return one secret; raise ActionFailed when it cannot be read."""
        source = self._sources.get(name)
        if source is None:
            raise ActionFailed(f"no secret {name!r}; add it to `secrets:` in tocsin.yaml", ErrorClass.INVALID)
        try:
            return os.environ[source.env] if source.env else (source.file or Path()).read_text().strip()
        except (KeyError, OSError) as error:
            raise ActionFailed(
                f"secret {name!r} cannot be read from its source", ErrorClass.DENIED
            ) from error
