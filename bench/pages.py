"""PagerDuty's webhooks, each a page of its own, signed as PagerDuty signs them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiohttp import ClientError, ClientSession

from bench.installation import SECRET, Installation

SAMPLE = Path(__file__).parent.parent / "tests/payloads/pagerduty_v3/incident.triggered.json"
"""A payload of PagerDuty's documentation, 2 KB."""


async def send_page(http: ClientSession, at: Installation, title: str, key: str) -> int:
    """Tell of a new page, as PagerDuty does; return the status, 0 for no answer."""
    body = _body(title, key)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-PagerDuty-Signature": f"v1={signature}"}
    try:
        async with http.post(f"{at.url}/webhooks/pagerduty", data=body, headers=headers) as answer:
            await answer.read()
            return answer.status
    except (ClientError, TimeoutError):
        return 0


def _body(title: str, key: str) -> bytes:
    payload = json.loads(_SAMPLE)
    payload["event"] |= {"id": str(uuid4()), "occurred_at": datetime.now(UTC).isoformat()}
    payload["event"]["data"] |= {"id": key, "title": title}
    return json.dumps(payload).encode()


_SAMPLE = SAMPLE.read_text(encoding="utf-8")
