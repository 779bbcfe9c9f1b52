"""Webhook subscriptions: made, pinged, disabled by drops, enabled again."""

import hashlib
import hmac

from pagerduty import RestApiV2Client
from tests.playground.pagerduty.receiver import Receiver

from tocsin.playground.pagerduty.pager import Pager


def test_three_drops_in_a_row_disable_the_subscription(
    rest: RestApiV2Client, pager: Pager, receiver: Receiver
) -> None:
    receiver.answers = [400, 400, 400]
    incident = pager.trigger("5xx above 5 %").id
    pager.acknowledge(incident)
    pager.annotate(incident, "third")
    pager.await_deliveries(incident)

    pager.resolve(incident)

    assert [
        one["delivery_method"]["temporarily_disabled"] for one in rest.list_all("webhook_subscriptions")
    ] == [True]
    assert "incident.resolved" not in receiver.types


def test_a_subscription_enabled_again_delivers(
    rest: RestApiV2Client, pager: Pager, receiver: Receiver
) -> None:
    receiver.answers = [400, 400, 400]
    incident = pager.trigger("5xx above 5 %").id
    pager.acknowledge(incident)
    pager.annotate(incident, "third")
    pager.await_deliveries(incident)

    rest.post(f"/webhook_subscriptions/{pager.state().subscriptions[0].id}/enable")
    pager.resolve(incident)
    pager.await_deliveries(incident)

    assert receiver.types[-1] == "incident.resolved"


def test_a_new_subscription_signs_with_the_secret_shown_once(
    rest: RestApiV2Client, pager: Pager, receiver: Receiver
) -> None:
    made = rest.rpost(
        "webhook_subscriptions",
        json={
            "type": "webhook_subscription",
            "delivery_method": {"type": "http_delivery_method", "url": receiver.url},
            "events": ["incident.triggered"],
            "filter": {"type": "account_reference"},
        },
    )
    rest.post(f"/webhook_subscriptions/{made['id']}/ping")
    pager.await_deliveries()

    secret = made["delivery_method"]["secret"]
    signature = hmac.new(secret.encode(), receiver.received[0].body, hashlib.sha256).hexdigest()
    assert receiver.received[0].headers["x-pagerduty-signature"] == f"v1={signature}"
    assert rest.rget(f"webhook_subscriptions/{made['id']}")["delivery_method"]["secret"] is None


def test_the_ping_is_pagerdutys_own(rest: RestApiV2Client, pager: Pager, receiver: Receiver) -> None:
    rest.post(f"/webhook_subscriptions/{pager.state().subscriptions[0].id}/ping")
    pager.await_deliveries()

    assert receiver.types == ["pagey.ping"]
