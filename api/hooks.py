"""Where hooks are called: whoever holds a hook's secret may start the runbooks that look out for it."""

import hashlib
import hmac
import json

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import JsonValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from tocsin.api.deps import TheDoor
from tocsin.api.webhooks import answer, body_of
from tocsin.errors import BadSignature, Invalid
from tocsin.runbooks.hooks import Answer, Call

router = APIRouter(prefix="/webhooks/runbooks", tags=["webhooks"])
logger = structlog.get_logger(__name__)
MAX_BODY = 256 * 1024
"""Bytes."""
SIGNATURE = "x-tocsin-signature"
"""Header: ``sha256=<hex>``, the HMAC of the raw body with the hook's secret."""
_DEEPEST = 50
"""Levels of maps and lists."""


@router.post("/{name}", status_code=202)
async def receive_hook(name: str, request: Request, door: TheDoor) -> Response:
    """Take a JSON body in and start what looks out for it: ``on: [{webhook: NAME}]``.

    202 when it is stored, also for one that came before (the same ``Idempotency-Key`` within seven days, or
    the same body within an hour); 401 for a wrong signature or token, and where there is no such hook; 413
    when larger than 256 KB; 422 for what is not JSON; 503 when it cannot be stored.
    """
    body = await body_of(request, MAX_BODY)
    if body is None:
        return answer("hook", 413, "too_large", "a hook takes 256 KB; nothing was stored")
    secret = door.hooks.secret(name)
    if secret == b"":
        logger.error("hook_secret_unreadable", hook=name)
        return answer("hook", 503, "not_stored", "the hook's secret cannot be read here; ask who runs Tocsin")
    try:
        _verify(request, body, secret)
        call = Call(name, body, _event(body), request.headers.get("idempotency-key"))
        async with door.database.transaction() as session:
            taken = await door.hooks.take(session, call)
    except BadSignature as error:
        return answer("hook", 401, "bad_signature", str(error))
    except Invalid as error:
        return answer("hook", 422, "unreadable", str(error))
    except (OperationalError, NoConnectionFree):
        return answer("hook", 503, "not_stored", "the database does not answer; send it again")
    return answer("hook", 202, "duplicate" if taken.duplicate else "stored", _told(taken))


def _verify(request: Request, body: bytes, secret: bytes | None) -> None:
    """Raise BadSignature unless the body is signed with the secret, or the secret itself is sent."""
    own = hmac.new(secret or b"", body, hashlib.sha256).hexdigest()
    signed = hmac.compare_digest(request.headers.get(SIGNATURE, "").encode(), f"sha256={own}".encode())
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    shown = hmac.compare_digest(token.strip().encode(), secret or b"") and scheme.lower() == "bearer"
    if secret is None or not (signed or shown):
        raise BadSignature(f"check the hook's name, its secret, and {SIGNATURE} or the bearer token")


def _event(body: bytes) -> JsonValue:
    """Return the body as JSON that can be stored; raise Invalid."""
    try:
        event: JsonValue = json.loads(body)
        json.dumps(event, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the body is not JSON: {error}"[:300]) from None
    if _is_deeper(event, _DEEPEST):
        raise Invalid(f"the body is nested more than {_DEEPEST} levels deep")
    return event


def _is_deeper(value: JsonValue, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inside)


def _told(taken: Answer) -> str:
    if taken.duplicate:
        return "it came before"
    runs = ", ".join(run_id[:8] for run_id in taken.runs)
    return f"run {runs}" if runs else "no run was started"
