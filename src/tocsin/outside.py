"""Clients of the world outside, made from the settings. Part of the composition root."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from tocsin.actions.pagerduty import Pager
from tocsin.connections import Connection, Connections, PagerDutyConnection, SlackConnection
from tocsin.settings import Settings
from tocsin.trust import trusting

SLACK = "slack:main"
"""The connection that the bot token makes, for runbooks that post."""
PAGERDUTY = "pagerduty:main"
"""The connection that PagerDuty's token makes."""


def connections(settings: Settings) -> Connections:
    """Return the organisation's connections, and those that the settings' tokens make."""
    named: Mapping[str, Connection] = settings.organisation.connections
    pagerduty = _pagerduty(settings)
    if pagerduty is not None:
        named = {PAGERDUTY: pagerduty, **named}
    if settings.slack_bot_token is not None:
        slack = SlackConnection(token=settings.slack_bot_token, api_url=f"{settings.slack_api_url}/")
        named = {SLACK: slack, **named}
    return Connections(named, _ca_bundle(settings))


def pager(settings: Settings) -> Pager | None:
    """Return PagerDuty's client, or None where no token is set."""
    connection = _pagerduty(settings)
    return None if connection is None else Pager(connection, _ca_bundle(settings))


def slack(settings: Settings) -> AsyncWebClient | None:
    """Return Slack's client, or None where no token is set. It never retries: the queue does."""
    if settings.slack_bot_token is None:
        return None
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=f"{settings.slack_api_url}/",
        ssl=trusting(_ca_bundle(settings)),
        retry_handlers=[],
    )


def _pagerduty(settings: Settings) -> PagerDutyConnection | None:
    if settings.pagerduty_api_token is None:
        return None
    return PagerDutyConnection(
        token=settings.pagerduty_api_token,
        sender=settings.pagerduty_from,
        base_url=settings.pagerduty_api_url,
    )


def _ca_bundle(settings: Settings) -> str | None:
    return str(settings.ca_bundle) if settings.ca_bundle else None
