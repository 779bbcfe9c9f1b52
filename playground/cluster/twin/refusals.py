"""The API's refusals: an HTTP status with a Status body, worded as the real server words them."""

from typing import NamedTuple

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.kinds import Kind

STALE = "the object has been modified; please apply your changes to the latest version and try again"


class Cause(NamedTuple):
    """One field that keeps an object from being valid."""

    field: str
    reason: str
    message: str


class Refusal(Exception):
    """A request the API turns down. Nothing was changed."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the answer: how many seconds to wait, where the Status says it."""
        seconds = (self.details or {}).get("retryAfterSeconds")
        return {} if seconds is None else {"Retry-After": str(seconds)}

    def body(self) -> Json:
        """Return the Status the client reads."""
        status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "code": self.code,
        }
        return status if self.details is None else {**status, "details": self.details}


def details(kind: Kind, name: str) -> Json:
    """Name the object a Status is about. The group is left out for the core group, as on the wire."""
    return {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}


def not_found(kind: Kind, name: str) -> Refusal:
    """Say that there is no such object."""
    return Refusal(404, "NotFound", f'{kind.qualified} "{name}" not found', details(kind, name))


def no_such_path() -> Refusal:
    """Say that the server serves nothing under this path."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(kind: Kind, name: str) -> Refusal:
    """Say that the name is taken."""
    return Refusal(409, "AlreadyExists", f'{kind.qualified} "{name}" already exists', details(kind, name))


def conflict(kind: Kind, name: str) -> Refusal:
    """Say that the caller looked at an older version of the object."""
    message = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {STALE}'
    return Refusal(409, "Conflict", message, details(kind, name))


def invalid(kind: Kind, name: str, causes: list[Cause]) -> Refusal:
    """Say which fields are wrong."""
    listed = ", ".join(f"{cause.field}: {cause.message}" for cause in causes)
    qualified = f"{kind.name}.{kind.group}" if kind.group else kind.name
    about = {
        "name": name,
        **({"group": kind.group} if kind.group else {}),
        "kind": kind.name,
        "causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes],
    }
    wording = listed if len(causes) == 1 else f"[{listed}]"
    return Refusal(422, "Invalid", f'{qualified} "{name}" is invalid: {wording}', about)


def precondition_failed(kind: Kind, name: str, why: str) -> Refusal:
    """Say that the object to be deleted is not the one the caller means."""
    qualified = f"{kind.name}.{kind.group}" if kind.group else kind.name
    message = f'Operation cannot be fulfilled on {qualified} "{name}": {why}'
    return Refusal(409, "Conflict", message, {**details(kind, name), "kind": kind.name})


def budget_holds(why: str, retry_after: int | None = None) -> Refusal:
    """Say that a pod may not be evicted now. `retry_after` is in seconds."""
    about: Json = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    if retry_after is not None:
        about["retryAfterSeconds"] = retry_after
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return Refusal(429, "TooManyRequests", message, about)


def too_many_budgets() -> Refusal:
    """Say that a pod cannot be evicted at all, as two budgets hold it."""
    message = (
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    )
    return Refusal(500, "", message)


def unprocessable_patch() -> Refusal:
    """Say that a JSON patch, or a `test` in it, does not hold. The real server does not say which either."""
    return Refusal(422, "Invalid", "the server rejected our request due to an error in our request", {})


def bad_request(why: str) -> Refusal:
    """Say that the request cannot be read."""
    return Refusal(400, "BadRequest", why)


def forbidden(kind: Kind, user: str, verb: str, where: tuple[str, str]) -> Refusal:
    """Say that this user has no right to this; `where` is the namespace and the name, either may be empty."""
    namespace, name = where
    place = f' in the namespace "{namespace}"' if namespace else " at the cluster scope"
    named = f'{kind.qualified} "{name}"' if name else kind.qualified
    message = (
        f'{named} is forbidden: User "{user}" cannot {verb} resource "{kind.plural}" '
        f'in API group "{kind.group}"{place}'
    )
    about = {key: value for key, value in details(kind, name).items() if value}
    return Refusal(403, "Forbidden", message, about)


def unauthorized() -> Refusal:
    """Say that the token is missing or unknown."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def expired(version: int) -> Refusal:
    """Say that the history a watch wants to start from is gone."""
    return Refusal(410, "Expired", f"too old resource version: {version}")


def wrong_method() -> Refusal:
    """Say that the resource does not take this verb."""
    message = "the server does not allow this method on the requested resource"
    return Refusal(405, "MethodNotAllowed", message, {})


def unknown_format() -> Refusal:
    """Say that the body is in none of the formats taken: JSON, and for a patch one of its three kinds."""
    return Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
