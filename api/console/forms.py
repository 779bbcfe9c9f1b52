"""Forms: only our own pages may send them."""

import hmac

from fastapi import Request

from tocsin.api.auth import SAFE, TheSession
from tocsin.errors import Forbidden


async def genuine(request: Request, session: TheSession) -> None:
    """Raise Forbidden unless a form carries its session's token. The gate has looked at its origin."""
    if request.method in SAFE:
        return
    given = (await request.form()).get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Forbidden("this form is from an older session; nothing was changed. Go back and load it again.")
