"""How much a request may send."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
"""Bytes of a request to the API or the console."""
MAX_SLACK = 1024 * 1024
"""Bytes of a request of Slack's: a modal sends its whole view back."""


class BodyCap:
    """Ends reading with a 413 as soon as a body is over its limit. Webhooks have limits of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read of its body."""
        if scope["type"] != "http" or scope["path"].startswith("/webhooks/"):
            return await self._app(scope, receive, send)
        limit = MAX_SLACK if scope["path"] == "/slack/events" else MAX_BODY
        taken = 0

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413)
            return message

        return await self._app(scope, counting, send)
