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
SOURCE = "pagerduty"


@router.post("/pagerduty", status_code=202)
async def receive_pagerduty(request: Request, door: TheDoor) -> Response:
    """Take a V3 webhook in.

    202 when it is stored, 401 for a bad signature, 413 when too large, 503 when it cannot be stored. Nothing
    else: PagerDuty drops a webhook for good on any other 4xx, and the subscription after three of them.
    https://developer.pagerduty.com/docs/webhooks-overview#webhook-behavior
    """
    body = await body_of(request, pagerduty.MAX_BODY)
    if body is None:
        return answer(
            SOURCE, 413, "too_large", "PagerDuty's payloads are under 256 KB; this one is not taken"
        )
    try:
        pagerduty.verify(request.headers.get(pagerduty.SIGNATURE, ""), body, door.settings.webhook_secrets)
    except BadSignature as error:
        return answer(SOURCE, 401, "bad_signature", str(error))
    webhook = pagerduty.parse(body)
    try:
        return answer(SOURCE, 202, await _store(door, webhook), webhook.event_id)
    except (OperationalError, NoConnectionFree):
        return answer(SOURCE, 503, "not_stored", "the database does not answer; send it again")


async def _store(door: Door, webhook: Webhook) -> str:
    async with door.database.transaction() as session:
        taken = await door.intake.take(session, webhook)
        if taken.incident is not None and taken.news:
            await door.triggers.fire(session, webhook, taken.incident)
    if taken.duplicate:
        return "duplicate"
    return "stored" if taken.incident is not None else "unmatched"


async def body_of(request: Request, limit: int) -> bytes | None:
    """Return the body as it was signed, or None as soon as it is over the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def answer(source: str, status: int, outcome: str, detail: str) -> Response:
    """Return a line of text, and count what became of the call."""
    WEBHOOKS.labels(source=source, outcome=outcome).inc()
    headers = {"Retry-After": "5"} if status == 503 else None
    return Response(f"{outcome}: {detail}\n", status_code=status, media_type="text/plain", headers=headers)
