"""REST API v2: webhook subscriptions."""

import secrets
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field, HttpUrl

from tocsin.playground.pagerduty.addresses import Json
from tocsin.playground.pagerduty.asking import TheAccount, TheWindow
from tocsin.playground.pagerduty.incident_requests import Given
from tocsin.playground.pagerduty.records import Agent
from tocsin.playground.pagerduty.subscriptions import Subscription


class Header(Given):
    """A header of one's own on every webhook."""

    name: str
    value: str


class DeliveryMethod(Given):
    """Where webhooks go."""

    type: Literal["http_delivery_method"]
    url: HttpUrl
    custom_headers: tuple[Header, ...] = ()


class Filter(Given):
    """Whose events are wanted."""

    type: Literal["account_reference", "service_reference", "team_reference"]
    id: str | None = None


class NewSubscription(Given):
    """The subscription of POST /webhook_subscriptions."""

    delivery_method: DeliveryMethod
    events: tuple[str, ...] = Field(min_length=1)
    filter: Filter
    description: str = ""


class Subscribing(Given):
    """The body of POST /webhook_subscriptions."""

    webhook_subscription: NewSubscription


def subscription_routes() -> APIRouter:
    """Lay out the subscription routes."""
    router = APIRouter()
    base = "/webhook_subscriptions"
    router.add_api_route(base, list_subscriptions, methods=["GET"])
    router.add_api_route(base, subscribe, methods=["POST"])
    router.add_api_route(f"{base}/{{id}}", get_subscription, methods=["GET"])
    router.add_api_route(f"{base}/{{id}}", unsubscribe, methods=["DELETE"], status_code=204)
    router.add_api_route(f"{base}/{{id}}/ping", ping, methods=["POST"], status_code=202)
    router.add_api_route(f"{base}/{{id}}/enable", enable, methods=["POST"])
    return router


async def list_subscriptions(account: TheAccount, window: TheWindow) -> Json:
    """List webhook subscriptions."""
    return window.show("webhook_subscriptions", list(account.subscriptions.values()), Subscription.body)


async def subscribe(account: TheAccount, subscribing: Subscribing) -> Json:
    """Make a subscription with a secret of its own, shown in this answer and never again."""
    new = subscribing.webhook_subscription
    subscription = Subscription(
        url=str(new.delivery_method.url),
        secrets=(secrets.token_urlsafe(32),),
        events=new.events,
        filter_type=new.filter.type,
        filter_id=new.filter.id,
        description=new.description,
        headers={header.name: header.value for header in new.delivery_method.custom_headers},
    )
    account.subscriptions[subscription.id] = subscription
    return {"webhook_subscription": subscription.body(reveal=True)}


async def get_subscription(id: str, account: TheAccount) -> Json:
    """Show a subscription."""
    return {"webhook_subscription": account.subscription(id).body()}


async def unsubscribe(id: str, account: TheAccount) -> Response:
    """End a subscription."""
    del account.subscriptions[account.subscription(id).id]
    return Response(status_code=204)


async def ping(id: str, account: TheAccount) -> Response:
    """Send the test event `pagey.ping`."""
    account.ping(account.subscription(id), Agent.over_the_api(account.world.people[0]))
    return Response(status_code=202)


async def enable(id: str, account: TheAccount) -> Json:
    """Let a disabled subscription deliver again."""
    subscription = account.subscription(id)
    subscription.enable()
    return {"webhook_subscription": subscription.body()}
