"""Where alert sources call: verify, store, answer. Everything else happens in jobs."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from tocsin.api.deps import Door, TheDoor
from tocsin.api.metrics import WEBHOOKS
from tocsin.api.sources import pagerduty
from tocsin.errors import BadSignature
from tocsin.incidents.alerts import Webhook

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/pagerduty", status_code=202)
async def receive_pagerduty(request: Request, door: TheDoor) -> Response:
    """Take a V3 webhook in.

    202 when it is stored, 401 for a bad signature, 413 when too large, 503 when it cannot be stored. Nothing
    else: PagerDuty drops a webhook for good on any other 4xx, and the subscription after three of them.
    https://developer.pagerduty.com/docs/webhooks-overview#webhook-behavior
    """
    body = await _body(request, pagerduty.MAX_BODY)
    if body is None:
        return _answer(413, "too_large", "PagerDuty's payloads are under 256 KB; this one is not taken")
    try:
        pagerduty.verify(request.headers.get(pagerduty.SIGNATURE, ""), body, door.settings.webhook_secrets)
    except BadSignature as error:
        return _answer(401, "bad_signature", str(error))
    webhook = pagerduty.parse(body)
    try:
        return _answer(202, await _store(door, webhook), webhook.event_id)
    except (OperationalError, NoConnectionFree):
        return _answer(503, "not_stored", "the database does not answer; send it again")


async def _store(door: Door, webhook: Webhook) -> str:
    async with door.database.transaction() as session:
        taken = await door.intake.take(session, webhook)
        if taken.incident is not None and taken.news:
            await door.triggers.fire(session, webhook, taken.incident)
    if taken.duplicate:
        return "duplicate"
    return "stored" if taken.incident is not None else "unmatched"


async def _body(request: Request, limit: int) -> bytes | None:
    """Return the body as it was signed, or None as soon as it is over the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _answer(status: int, outcome: str, detail: str) -> Response:
    WEBHOOKS.labels(source="pagerduty", outcome=outcome).inc()
    headers = {"Retry-After": "5"} if status == 503 else None
    return Response(f"{outcome}: {detail}\n", status_code=status, media_type="text/plain", headers=headers)
