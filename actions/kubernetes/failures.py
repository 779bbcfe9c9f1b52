"""What can go wrong between us and a Kubernetes API, with the class of each failure."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import ConnectTimeoutError, HTTPError
from urllib3.exceptions import TimeoutError as NoAnswer

from tocsin.errors import ActionFailed, ErrorClass

TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and to wait for bytes."""

_KINDS = {
    400: ErrorClass.INVALID,
    401: ErrorClass.DENIED,
    403: ErrorClass.DENIED,
    404: ErrorClass.MISSING,
    408: ErrorClass.TIMEOUT,
    409: ErrorClass.CONFLICT,
    410: ErrorClass.CONFLICT,
    422: ErrorClass.INVALID,
    429: ErrorClass.THROTTLED,
    504: ErrorClass.TIMEOUT,
}
_ADVICE = {
    ErrorClass.DENIED: "That call changed nothing. Correct what it names, or the connection's credentials.",
    ErrorClass.MISSING: "Correct the name, the namespace or the connection.",
    ErrorClass.CONFLICT: "Nothing was changed; plan again.",
    ErrorClass.INVALID: "Nothing was changed.",
    ErrorClass.TIMEOUT: "Whether it happened is not known.",
}


@contextmanager
def told(name: str) -> Iterator[None]:
    """Raise every failure of the client as ActionFailed, without the request or the answer's body.

    A rejected pod template is quoted in the answer, and its environment may hold secrets.
    """
    try:
        yield
    except ApiException as error:
        kind = _kind(error.status)
        raise ActionFailed(_sentence(name, error, kind), kind) from None
    except ConnectTimeoutError:
        raise ActionFailed(f"{name} cannot be reached; nothing was changed.", ErrorClass.TRANSIENT) from None
    except NoAnswer:
        raise ActionFailed(
            f"{name} did not answer in {TIMEOUT[1]:.0f} s. {_ADVICE[ErrorClass.TIMEOUT]}", ErrorClass.TIMEOUT
        ) from None
    except HTTPError as error:
        raise ActionFailed(
            f"the connection to {name} broke ({type(error).__name__}).", ErrorClass.TRANSIENT
        ) from None
    except (ConfigException, OSError) as error:
        raise ActionFailed(
            f"{name} cannot be used: {error}. Correct its kubeconfig in tocsin.yaml.", ErrorClass.INVALID
        ) from None


_REFUSED = re.compile(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'
    r' in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]+)"| at the cluster scope)'
)
"""How a cluster words that a right is missing."""


def _grant(missing: re.Match[str]) -> str:
    """Return the commands that grant the right which is missing, and no more."""
    plural, _, part = missing["resource"].partition("/")
    resource = ".".join(filter(None, (plural, missing["group"]))) + (f"/{part}" if part else "")
    role = f"tocsin-{missing['verb']}-{missing['resource'].replace('/', '-')}"
    account = missing["user"].removeprefix("system:serviceaccount:")
    is_account = account != missing["user"]
    whom = f"--serviceaccount={account}" if is_account else f"--user={account}"
    kind, binding, where = "clusterrole", "clusterrolebinding", ""
    if missing["namespace"]:
        kind, binding, where = "role", "rolebinding", f" -n {missing['namespace']}"
    return (
        f"kubectl create {kind} {role}{where} --verb={missing['verb']} --resource={resource} &&"
        f" kubectl create {binding} {role}{where} --{kind}={role} {whom}"
    )


def _kind(status: int | None) -> ErrorClass:
    return _KINDS.get(status or 0, ErrorClass.INVALID if status and status < 500 else ErrorClass.TRANSIENT)


def _sentence(name: str, error: ApiException, kind: ErrorClass) -> str:
    said = _status_message(error) if kind is not ErrorClass.INVALID else ""
    if kind is ErrorClass.DENIED and (missing := _REFUSED.search(said)) is not None:
        return f"{name} answered 403: {said}. That call changed nothing. To grant it: {_grant(missing)}"
    wait = (error.headers or {}).get("Retry-After") if kind is ErrorClass.THROTTLED else None
    advice = f"It asks to wait {wait} s." if wait else _ADVICE.get(kind, "Try again.")
    return f"{name} answered {error.status or 'nothing'} {error.reason}{said and f': {said}'}. {advice}"


def _status_message(error: ApiException) -> str:
    """Return the message of the answer's ``Status`` object and its causes, if it is one."""
    try:
        status = json.loads(error.body or "")
        causes = (status.get("details") or {}).get("causes") or ()
        said = [status["message"], *(cause["message"] for cause in causes)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return "; ".join(str(one).rstrip(".") for one in said)
