"""One Web API call, its arguments read the way Slack reads them."""

import json
from dataclasses import dataclass
from json import JSONDecodeError

from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.shapes import Json, as_object

_TRUE = ("1", "true", "True", True, 1)


@dataclass(frozen=True, slots=True)
class Call:
    """A method's name and its arguments, from a form, a query or a JSON body alike."""

    method: str
    args: Json

    def text(self, key: str, default: str = "") -> str:
        """Read a string; numbers are taken as their digits."""
        value = self.args.get(key, default)
        return str(value) if isinstance(value, str | int | float) else default

    def need(self, key: str) -> str:
        """Read a string that must be there."""
        value = self.text(key)
        if not value:
            raise SlackError("invalid_arguments", [f"missing required field: {key} [json-pointer:/{key}]"])
        return value

    def number(self, key: str, default: int) -> int:
        """Read a whole number; refuses with invalid_limit, Slack's word for a bad count."""
        value = self.text(key, str(default))
        if not value.isdigit():
            raise SlackError("invalid_limit" if key == "limit" else "invalid_arguments")
        return int(value)

    def flag(self, key: str) -> bool:
        """Read a boolean in any of the spellings clients send."""
        return self.args.get(key) in _TRUE

    def names(self, key: str) -> list[str]:
        """Read a list given with commas or as JSON."""
        value = self.args.get(key)
        if isinstance(value, list):
            return [str(one) for one in value]
        return [part.strip() for part in self.text(key).split(",") if part.strip()]

    def structure(self, key: str, refusal: str = "invalid_arguments") -> object:
        """Read JSON given either as itself or as a string; None when absent."""
        value = self.args.get(key)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except JSONDecodeError:
            raise SlackError(refusal) from None

    def objects(self, key: str, refusal: str) -> list[Json] | None:
        """Read a JSON list of objects; None when absent."""
        value = self.structure(key, refusal)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise SlackError(refusal)
        return [as_object(one) for one in value]

    def object(self, key: str, refusal: str = "invalid_arguments") -> Json | None:
        """Read a JSON object; None when absent."""
        value = self.structure(key, refusal)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise SlackError(refusal)
        return value
