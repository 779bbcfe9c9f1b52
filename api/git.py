"""Where git hosts call after a push. It makes us look at the source; nothing else of it is believed."""

import hashlib
import hmac

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from tocsin.api.deps import Door, TheDoor
from tocsin.api.metrics import WEBHOOKS
from tocsin.errors import NotFound, SourceFailed
from tocsin.runbooks.sources import sync_job

router = APIRouter(prefix="/webhooks/git", tags=["webhooks"])
MAX_BODY = 25 * 1024 * 1024
"""Bytes: GitHub sends no more. The body is not kept, only digested."""
GITHUB = "x-hub-signature-256"
"""``sha256=<hex>`` over the body; Gitea and Forgejo send it too.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""
GITLAB = "x-gitlab-token"
"""The secret itself. https://docs.gitlab.com/user/project/integrations/webhooks/"""


@router.post("/{source}", status_code=202)
async def receive_push(source: str, request: Request, door: TheDoor) -> Response:
    """Have a source looked at, because its repository changed.

    202 when that will be done, 401 for a bad signature and for a source that has no secret or does not exist,
    413 when too large, 503 when it cannot be stored.
    """
    secret = _secret(door, source)
    digest = await _digested(request, secret)
    if digest is None:
        return _answer(413, "too_large", "a push is described in less than 25 MB; this one is not taken")
    if not secret or not _is_signed(request, secret, digest):
        return _answer(
            401, "bad_signature", "check the webhook's secret, and `webhook_secret` in tocsin.yaml"
        )
    try:
        async with door.database.transaction() as session:
            await door.jobs.defer(session, [sync_job(source)])
    except (OperationalError, NoConnectionFree):
        return _answer(503, "not_stored", "the database does not answer; send it again")
    return _answer(202, "stored", f"{source} is looked at")


def _secret(door: Door, source: str) -> bytes:
    """Return the secret of a source's webhook; empty where there is none, and nothing is right then."""
    try:
        name = door.sources.get(source).webhook_secret
        return b"" if name is None else door.sources.secret(name).encode()
    except (NotFound, SourceFailed):
        return b""


async def _digested(request: Request, secret: bytes) -> str | None:
    """Return the body's signature by our secret, or None as soon as the body is over the limit."""
    digest, taken = hmac.new(secret, digestmod=hashlib.sha256), 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > MAX_BODY:
            return None
        digest.update(chunk)
    return f"sha256={digest.hexdigest()}"


def _is_signed(request: Request, secret: bytes, digest: str) -> bool:
    theirs = request.headers.get(GITHUB)
    if theirs is not None:
        return hmac.compare_digest(theirs.encode(), digest.encode())
    return hmac.compare_digest(request.headers.get(GITLAB, "").encode(), secret)


def _answer(status: int, outcome: str, detail: str) -> Response:
    WEBHOOKS.labels(source="git", outcome=outcome).inc()
    headers = {"Retry-After": "5"} if status == 503 else None
    return Response(f"{outcome}: {detail}\n", status_code=status, media_type="text/plain", headers=headers)
