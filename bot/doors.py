"""The two ways in which Slack reaches the listeners."""

import asyncio
from collections.abc import Awaitable, Callable

from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from tocsin.bot.office import Office
from tocsin.errors import BadSetting


def http_door(office: Office, app: AsyncApp) -> Callable[..., Awaitable[None]]:
    """Return an ASGI app for ``POST /slack/events``; raise BadSetting when nothing could check signatures."""
    if not office.signing_secret:
        raise BadSetting(
            "TOCSIN_SLACK_SIGNING_SECRET is not set, so nobody could tell Slack's requests from others; "
            "copy it from the app's Basic Information page, or use Socket Mode (TOCSIN_SLACK_APP_TOKEN)"
        )
    return AsyncSlackRequestHandler(app)


async def run_socket(app: AsyncApp, app_token: str) -> None:
    """Listen over Socket Mode until cancelled; bolt's client reconnects by itself."""
    client = AsyncSocketModeHandler(app, app_token).client
    await client.connect()  # type: ignore[no-untyped-call]
    try:
        await asyncio.Event().wait()
    finally:
        await client.close()  # type: ignore[no-untyped-call]
