"""PagerDuty's REST API, by its official client: what Tocsin does there.

https://developer.pagerduty.com/api-reference
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pagerduty
from pydantic import BaseModel, ConfigDict, SecretStr

from tocsin.errors import ActionFailed, ErrorClass

_TIMEOUT = 20
"""Seconds for one request."""
_KINDS = {401: ErrorClass.DENIED, 403: ErrorClass.DENIED, 404: ErrorClass.MISSING, 429: ErrorClass.THROTTLED}


class PagerAccess(BaseModel):
    """How PagerDuty is reached."""

    model_config = ConfigDict(frozen=True)

    token: SecretStr
    base_url: str
    sender: str
    """Email of one of its users; it goes into ``From``."""
    ca_bundle: str | None = None


class Pager:
    """The verbs. Synchronous; every one may be repeated without effect."""

    def __init__(self, access: PagerAccess) -> None:
        self._client = pagerduty.RestApiV2Client(
            access.token.get_secret_value(),
            default_from=access.sender,
            base_url=access.base_url,
            verify=_trust(access.ca_bundle),
        )
        self._client.timeout = _TIMEOUT

    def resolve(self, incident: str) -> bool:
        """Resolve an incident; return False when it already was."""
        with _translated(f"PagerDuty incident {incident} could not be resolved"):
            if self._client.rget(f"/incidents/{incident}")["status"] == "resolved":
                return False
            change = {"id": incident, "type": "incident_reference", "status": "resolved"}
            self._client.rput(f"/incidents/{incident}", json=change)
            return True

    def note(self, incident: str, content: str) -> str:
        """Add a note unless the very same one is there; return its id."""
        with _translated(f"PagerDuty incident {incident} could not be annotated"):
            for note in self._client.rget(f"/incidents/{incident}/notes"):
                if note["content"] == content:
                    return str(note["id"])
            made = self._client.rpost(f"/incidents/{incident}/notes", json={"content": content})
            return str(made["id"])

    def on_duty(self, schedule: str) -> frozenset[str]:
        """Return the email addresses, in lower case, of who is on call in a schedule now.

        https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls
        """
        with _translated(f"PagerDuty could not say who is on call in {schedule}"):
            params = {"schedule_ids[]": [schedule], "include[]": ["users"]}
            found = self._client.list_all("/oncalls", params=params)
        return frozenset(one["user"]["email"].lower() for one in found if one["user"].get("email"))


def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    return context


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except pagerduty.HttpError as error:
        status = error.response.status_code if error.response is not None else 500
        kind = _KINDS.get(status, ErrorClass.TRANSIENT if status >= 500 else ErrorClass.INVALID)
        raise ActionFailed(f"{what}: HTTP {status}", kind) from error
    except pagerduty.Error as error:
        raise ActionFailed(f"{what}: {type(error).__name__}", ErrorClass.TRANSIENT) from error
