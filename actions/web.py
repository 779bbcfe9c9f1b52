"""What all actions that speak HTTP do alike: where a request may go, what a status means, what is secret."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import httpx2
from pydantic import JsonValue

from tocsin.connections import Connections, WebConnection
from tocsin.egress import Egress, EgressRefused, Incoming, Outgoing
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import MASK, redact_text

MAX_SAID = 300
"""Characters of the other side's own words that go into an error."""

_KINDS = {
    401: ErrorClass.DENIED,
    403: ErrorClass.DENIED,
    404: ErrorClass.MISSING,
    408: ErrorClass.TIMEOUT,
    409: ErrorClass.CONFLICT,
    410: ErrorClass.MISSING,
    412: ErrorClass.CONFLICT,
    425: ErrorClass.TRANSIENT,
    429: ErrorClass.THROTTLED,
    504: ErrorClass.TIMEOUT,
}


class Web:
    """One connection's web service. Raises ActionFailed, and nothing else."""

    def __init__(
        self,
        connections: Connections,
        name: str,
        kind: type[WebConnection],
        meanings: Mapping[int, ErrorClass] | None = None,
    ) -> None:
        """``meanings`` are those of statuses that this service uses in a way of its own."""
        connection = connections.get(name, kind)
        self.name = name
        self._meanings = _KINDS | dict(meanings or {})
        self._own = {key.lower(): value.get_secret_value() for key, value in connection.headers.items()}
        with self._told():
            self._egress = Egress(
                connection.base_url,
                allow_private=connection.allow_private,
                ca_bundle=connections.ca_bundle,
            )

    def url(self, path: str) -> str:
        """Return the full URL of a path beneath the base URL."""
        with self._told():
            return self._egress.url(path)

    def reach(self, path: str) -> str:
        """Return the full URL of a path, once the host's addresses are known and allowed. Sends nothing."""
        with self._told():
            url = self._egress.url(path)
            self._egress.addresses()
            return url

    def send(self, outgoing: Outgoing) -> Incoming:
        """Send a request with the connection's headers, which win over the request's own."""
        headers = {key.lower(): value for key, value in outgoing.headers.items()} | self._own
        with self._told():
            return self._egress.send(replace(outgoing, headers=headers))

    def refuse_unexpected(
        self, asked: Outgoing, got: Incoming, expect: tuple[int, ...] = (), said: str = ""
    ) -> None:
        """Raise ActionFailed unless the status is one of ``expect``, or any 2xx when that is empty.

        ``said`` are the other side's own words about it.
        """
        if got.status in expect or (not expect and 200 <= got.status < 300):
            return
        expected = " or ".join(map(str, expect)) or "2xx"
        words = f": {self.quoted(said).rstrip('.')}" if said else ""
        wait = got.headers.get("retry-after")
        patience = f" It asks to wait {wait[:40]}." if wait else ""
        line = f"{asked.method} {self.name}{asked.path} answered {got.status}, not {expected}"
        raise ActionFailed(f"{line}{words}.{patience}", self._kind(got))

    def masked(self, text: str) -> str:
        """Return ``text`` without the connection's headers, should the other side repeat them."""
        words = {word for value in self._own.values() for word in (value, *value.split()) if len(word) >= 6}
        for word in sorted(words, key=len, reverse=True):
            text = text.replace(word, MASK)
        return text

    def quoted(self, said: str) -> str:
        """Return the other side's own words as an error may repeat them: short, and without secrets."""
        return redact_text(self.masked(said))[:MAX_SAID]

    def json(self, got: Incoming) -> JsonValue:
        """Return the JSON of an answer; None where it is not JSON, or was too long to be read whole."""
        if got.truncated or "json" not in got.headers.get("content-type", ""):
            return None
        try:
            found: JsonValue = json.loads(self.masked(got.body.decode(errors="replace")))
        except (ValueError, RecursionError):
            return None
        return found

    def _kind(self, got: Incoming) -> ErrorClass:
        spent = "retry-after" in got.headers or got.headers.get("x-ratelimit-remaining") == "0"
        if got.status == 403 and spent:  # as GitHub throttles
            return ErrorClass.THROTTLED
        usual = ErrorClass.TRANSIENT if got.status >= 500 else ErrorClass.INVALID
        return self._meanings.get(got.status, usual)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise every failure of the guard and the network as ActionFailed."""
        name = self.name
        try:
            yield
        except EgressRefused as error:
            raise ActionFailed(f"{name}: {error}", ErrorClass.INVALID) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            words = f"{name} cannot be reached ({error}); nothing was sent."
            raise ActionFailed(words, ErrorClass.TRANSIENT) from None
        except httpx2.TimeoutException:
            words = f"{name} did not answer in time; whether it happened is not known."
            raise ActionFailed(words, ErrorClass.TIMEOUT) from None
        except httpx2.TransportError as error:
            words = (
                f"the connection to {name} broke ({type(error).__name__}); whether it happened is not known."
            )
            raise ActionFailed(words, ErrorClass.TRANSIENT) from None
