"""What webhooks say, and how they are signed."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from tests.playground.pagerduty.credentials import SECRETS
from tests.playground.pagerduty.receiver import Receiver

from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.pagerduty.practice_shapes import Alarm

PAYLOADS = Path(__file__).parents[2] / "payloads" / "pagerduty_v3"


def shape(value: JsonValue) -> JsonValue:
    """Reduce a JSON value to its keys and the types below them."""
    match value:
        case dict():
            return {key: shape(inner) for key, inner in sorted(value.items())}
        case list():
            return [shape(inner) for inner in value[:1]]
        case _:
            return None


def documented(event_type: str) -> dict[str, JsonValue]:
    event: dict[str, JsonValue] = json.loads((PAYLOADS / f"{event_type}.json").read_text())["event"]
    return event


def test_every_secret_signs_the_raw_body(pager: Pager, receiver: Receiver) -> None:
    pager.await_deliveries(pager.trigger("5xx above 5 % — ütf-8").id)

    signatures = receiver.received[0].headers["x-pagerduty-signature"].split(",")
    assert signatures == [
        "v1=" + hmac.new(secret.encode(), receiver.received[0].body, hashlib.sha256).hexdigest()
        for secret in SECRETS
    ]


def test_a_webhook_carries_pagerdutys_headers(pager: Pager, receiver: Receiver) -> None:
    delivery = pager.await_deliveries(pager.trigger("5xx above 5 %").id)[0]

    headers = receiver.received[0].headers
    assert (headers["user-agent"], headers["x-webhook-id"]) == ("PagerDuty-Webhook/V3.0", delivery.webhook_id)


def test_what_people_do_is_told_in_order(pager: Pager, receiver: Receiver) -> None:
    incident = pager.raise_alarm(Alarm(title="5xx above 5 %", priority="P2")).id
    pager.acknowledge(incident)
    pager.unacknowledge(incident)
    pager.escalate(incident)
    pager.reassign(incident, "dee", "ana")
    pager.delegate(incident, "PEPDATA")
    pager.set_priority(incident, "P1")
    pager.annotate(incident, "Looking.")
    pager.ask_for_help(incident, "chidi")
    pager.reply(incident, "chidi", "joined")
    pager.resolve(incident)
    pager.reopen(incident)
    pager.await_deliveries(incident)

    assert receiver.types == [
        "incident.triggered",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.escalated",
        "incident.reassigned",
        "incident.delegated",
        "incident.priority_updated",
        "incident.annotated",
        "incident.responder.added",
        "incident.responder.replied",
        "incident.resolved",
        "incident.reopened",
    ]


@pytest.mark.parametrize(
    ("event_type", "beyond"),
    [
        ("incident.acknowledged", {"conference_bridge"}),
        ("incident.reassigned", {"conference_bridge"}),
        ("incident.annotated", set()),
        ("incident.responder.added", set()),
    ],
)
def test_events_have_the_shape_of_the_documented_payloads(
    event_type: str, beyond: set[str], pager: Pager, receiver: Receiver
) -> None:
    incident = pager.raise_alarm(Alarm(title="5xx above 5 %", priority="P1")).id
    pager.acknowledge(incident)
    pager.reassign(incident, "dee")
    pager.annotate(incident, "Looking.")
    pager.ask_for_help(incident, "chidi")
    pager.await_deliveries(incident)
    wanted, got = documented(event_type), receiver.received[receiver.types.index(event_type)].event
    data, documented_data = got["data"], wanted["data"]
    assert isinstance(data, dict)
    assert isinstance(documented_data, dict)

    assert shape({key: data[key] for key in data if key not in beyond}) == shape(
        {key: documented_data[key] for key in documented_data if key not in beyond}
    )
    assert {**got, "data": None}.keys() == {**wanted, "data": None}.keys()
    assert shape(got["agent"]) == shape(wanted["agent"])


def test_an_alarm_names_the_integration_and_a_person_names_themselves(
    pager: Pager, receiver: Receiver
) -> None:
    incident = pager.trigger("5xx above 5 %").id
    pager.acknowledge(incident, user="dee")
    pager.await_deliveries(incident)

    agents = [one.event["agent"] for one in receiver.received]
    assert [agent["type"] for agent in agents if isinstance(agent, dict)] == [
        "inbound_integration_reference",
        "user_reference",
    ]
