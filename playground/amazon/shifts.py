"""Zonal shifts of load balancers: a service that moto 5.2.5 does not know at all.

https://docs.aws.amazon.com/arc-zonal-shift/latest/api/Welcome.html
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote
from uuid import uuid4

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elbv2.models import elbv2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

ZONES = ("euc1-az1", "euc1-az2", "euc1-az3")
"""Every load balancer is in all three."""

_SIGNED = re.compile(r"Credential=[^/]+/[0-9]+/([a-z0-9-]+)/arc-zonal-shift/")
_MINUTES = {"m": 1, "h": 60}

_shifts: list[dict[str, Any]] = []
_call = DomainDispatcherApplication.__call__


def call(self: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer what is signed for the service, and leave the rest to moto."""
    if environ["PATH_INFO"] == "/moto-api/reset":
        _shifts.clear()
    signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed is None:
        answer: Iterable[bytes] = _call(self, environ, start_response)
        return answer
    status, body, trouble = _answer(environ, signed[1])
    headers = [("Content-Type", "application/json"), *((("X-Amzn-ErrorType", trouble),) if trouble else ())]
    start_response(status, headers)
    return [json.dumps(body).encode()]


def _answer(environ: dict[str, Any], region: str) -> tuple[str, dict[str, Any], str]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    size = int(environ.get("CONTENT_LENGTH") or 0)
    sent = json.loads(environ["wsgi.input"].read(size) or b"{}")
    asked = {key: value[0] for key, value in parse_qs(environ.get("QUERY_STRING", "")).items()}
    name = sent.get("resourceIdentifier") or asked.get("resourceIdentifier")
    if path.startswith("/managedresources/"):
        name = unquote(path.partition("/managedresources/")[2])
    if method == "DELETE":
        return "200 OK", _end(path.rpartition("/")[2]), ""
    if name not in elbv2_backends[DEFAULT_ACCOUNT_ID][region].load_balancers:
        return "404 Not Found", {"message": f"no resource {name}"}, "ResourceNotFoundException"
    if path.startswith("/managedresources/"):
        return "200 OK", _resource(str(name)), ""
    return "200 OK", _begin(sent) if method == "POST" else {"items": _active(str(name))}, ""


def _begin(sent: dict[str, str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    minutes = int(sent["expiresIn"][:-1]) * _MINUTES[sent["expiresIn"][-1]]
    made = {
        **sent,
        "zonalShiftId": str(uuid4()),
        "status": "ACTIVE",
        "startTime": now.timestamp(),
        "expiryTime": (now + timedelta(minutes=minutes)).timestamp(),
    }
    _shifts.append(made)
    return made


def _end(name: str) -> dict[str, Any]:
    [found] = [one for one in _shifts if one["zonalShiftId"] == name]
    found["status"] = "CANCELED"
    return found


def _active(name: str) -> list[dict[str, Any]]:
    return [one for one in _shifts if one["resourceIdentifier"] == name and one["status"] == "ACTIVE"]


def _resource(name: str) -> dict[str, Any]:
    active = _active(name)
    left = {one["awayFrom"] for one in active}
    return {
        "appliedWeights": {zone: 0.0 if zone in left else 1.0 for zone in ZONES},
        "zonalShifts": [{**one, "appliedStatus": "APPLIED"} for one in active],
    }


CORRECTIONS = ((DomainDispatcherApplication, "__call__", call),)
