"""What all actions on services that speak JSON do alike: what goes out, and what is read of an answer."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from tocsin.actions.web import Web
from tocsin.egress import Incoming, Outgoing
from tocsin.errors import ActionFailed, ErrorClass

ReadT = TypeVar("ReadT")


def with_json(
    method: str, path: str, body: Mapping[str, JsonValue], content_type: str = "application/json"
) -> Outgoing:
    """Return a request that carries JSON."""
    return Outgoing(method, path, {}, {"content-type": content_type}, json.dumps(dict(body)).encode())


class Rest(Web):
    """One connection's service, where it speaks JSON. Raises ActionFailed, and nothing else."""

    def ask(self, asked: Outgoing, model: type[ReadT]) -> ReadT:
        """Send a request and read its answer; what of it the model does not know is overlooked."""
        got = self.obtain(replace(asked, headers={"accept": "application/json", **asked.headers}))
        try:
            return TypeAdapter(model).validate_python(self.json(got))
        except ValidationError:
            what = f"{asked.method} {self.name}{asked.path}"
            words = f"{what} did not answer as its API does. Correct the base URL of the connection."
            if got.truncated:
                words = f"{what} answered more than can be read, which is 1 MiB. Ask for less."
            raise ActionFailed(words, ErrorClass.INVALID) from None

    def obtain(self, asked: Outgoing) -> Incoming:
        """Send a request; unless the answer is a 2xx, raise ActionFailed in the service's own words."""
        got = self.send(asked)
        said = self.json(got)
        told = (said.get("message") or said.get("error") or "") if isinstance(said, dict) else ""
        self.refuse_unexpected(asked, got, said=str(told))
        return got

    def failure(self, said: str, kind: ErrorClass) -> ActionFailed:
        """Return the failure that an answer tells of, whatever its status."""
        return ActionFailed(f"{self.name} answered: {self.quoted(said)}", kind)
