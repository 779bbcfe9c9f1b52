import asyncio
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI, Request, Response
from pagerduty import EventsApiV2Client, HttpError, RestApiV2Client
from pydantic import JsonValue, SecretStr

from tocsin.playground.pagerduty.account import Account, AccountSettings
from tocsin.playground.pagerduty.acme import ORDERS_ROUTING_KEY
from tocsin.playground.pagerduty.addresses import Addresses
from tocsin.playground.pagerduty.app import create_app
from tocsin.playground.pagerduty.courier import Pace
from tocsin.playground.pagerduty.gate import Fault
from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.pagerduty.practice_shapes import Alarm, DeliveryShape
from tocsin.playground.serving import ServedApp, ServedChild, free_port
from tocsin.playground.tls import PracticeCA, trusting

PAYLOADS = Path(__file__).parents[1] / "payloads" / "pagerduty_v3"
TOKEN = "a-practice-token"
SECRETS = ("the old secret", "the new secret")
REQUESTS_PER_MINUTE = 200
FAST = Pace(answer_within=0.5, first_pause=1.0, give_up_after=8.0, scale=0.02)


@dataclass
class Received:
    """A webhook as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, JsonValue]:
        event: dict[str, JsonValue] = json.loads(self.body)["event"]
        return event


@dataclass
class Receiver:
    """A webhook endpoint that answers as told, 202 unless told otherwise."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    @property
    def types(self) -> list[JsonValue]:
        return [one.event["event_type"] for one in self.received]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> PracticeCA:
    return PracticeCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def served_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    app = FastAPI()

    @app.post("/webhooks/pagerduty")
    async def receive(request: Request) -> Response:
        receiver.received.append(Received(dict(request.headers), await request.body()))
        await asyncio.sleep(receiver.pauses.pop(0) if receiver.pauses else 0)
        return Response(status_code=receiver.answers.pop(0) if receiver.answers else 202)

    with ServedApp(app, free_port()) as served:
        receiver.url = f"{served.url}/webhooks/pagerduty"
        yield receiver


@pytest.fixture(scope="module")
def address(ca: PracticeCA, served_receiver: Receiver) -> Iterator[str]:
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    settings = AccountSettings(
        addresses=Addresses(api=url, web=url),
        api_token=SecretStr(TOKEN),
        webhook_url=served_receiver.url,
        webhook_secrets=tuple(SecretStr(secret) for secret in SECRETS),
        requests_per_minute=REQUESTS_PER_MINUTE,
        pace=FAST,
    )
    with ServedApp(create_app(Account(settings)), port, ca.server_certificate()):
        yield url


@pytest.fixture
def receiver(served_receiver: Receiver, pager: Pager) -> Receiver:
    served_receiver.answers.clear()
    served_receiver.pauses.clear()
    served_receiver.received.clear()
    return served_receiver


@pytest.fixture
def pager(address: str, ca: PracticeCA) -> Iterator[Pager]:
    with Pager(address, ca.ca_pem) as pager:
        pager.reset()
        yield pager


@pytest.fixture
def rest(address: str, ca: PracticeCA, pager: Pager) -> RestApiV2Client:
    return RestApiV2Client(
        TOKEN, default_from="ana@acme.example", base_url=address, verify=trusting(ca.ca_pem), trust_env=False
    )


@pytest.fixture
def events(address: str, ca: PracticeCA, pager: Pager) -> EventsApiV2Client:
    return EventsApiV2Client(
        ORDERS_ROUTING_KEY, base_url=address, verify=trusting(ca.ca_pem), trust_env=False
    )


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


def statuses(deliveries: list[DeliveryShape]) -> list[list[int | None]]:
    return [[attempt.status for attempt in one.attempts] for one in deliveries]


# --- the REST API, through the real client ---


def test_incidents_are_listed_by_status_and_service(rest: RestApiV2Client, pager: Pager) -> None:
    wanted = pager.trigger("5xx above 5 %")
    pager.resolve(pager.trigger("old").id)
    pager.trigger("writer is gone", "PORDERS")

    found = rest.list_all("incidents", params={"statuses[]": ["triggered"], "service_ids[]": ["PCHKOUT"]})

    assert [incident["id"] for incident in found] == [wanted.id]


def test_pages_follow_one_another(rest: RestApiV2Client, pager: Pager) -> None:
    numbers = [pager.trigger(f"alarm {n}").number for n in range(7)]

    found = rest.iter_all("incidents", page_size=3)

    assert [incident["incident_number"] for incident in found] == numbers


def test_an_incident_is_found_by_the_key_of_its_alert(
    rest: RestApiV2Client, events: EventsApiV2Client
) -> None:
    events.trigger("writer is gone", "orders-1", dedup_key="orders/writer")

    found = rest.list_all("incidents", params={"incident_key": "orders/writer"})

    assert [(incident["title"], incident["incident_key"]) for incident in found] == [("writer is gone", None)]


def test_an_incident_made_over_rest_is_assigned_to_who_is_on_call(rest: RestApiV2Client) -> None:
    made = rest.rpost(
        "incidents",
        json={"type": "incident", "title": "t", "service": {"id": "PCHKOUT", "type": "service_reference"}},
    )

    assert [one["assignee"]["summary"] for one in made["assignments"]] == ["Bo Achterberg"]


def test_the_from_header_says_who_resolved(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")

    resolved = rest.rput(
        f"incidents/{incident.id}", json={"type": "incident_reference", "status": "resolved"}
    )

    assert (resolved["status"], resolved["last_status_change_by"]["summary"]) == ("resolved", "Ana Lindqvist")


def test_a_resource_can_be_fetched_by_its_own_link(rest: RestApiV2Client, pager: Pager) -> None:
    incident = rest.rget(f"incidents/{pager.trigger('5xx above 5 %').id}")

    assert rest.rget(incident) == incident


def test_resolving_twice_is_refused_with_pagerdutys_code(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.resolve(incident.id)

    answer = rest.put(
        f"/incidents/{incident.id}", json={"incident": {"type": "incident_reference", "status": "resolved"}}
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 1001)


def test_several_incidents_change_in_one_call(rest: RestApiV2Client, pager: Pager) -> None:
    ids = [pager.trigger("a").id, pager.trigger("b").id]

    changed = rest.rput(
        "incidents", json=[{"id": id_, "type": "incident_reference", "status": "acknowledged"} for id_ in ids]
    )

    assert [(one["id"], one["status"]) for one in changed] == [(id_, "acknowledged") for id_ in ids]


def test_escalating_hands_the_incident_to_the_next_level(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")

    changed = rest.rput(
        f"incidents/{incident.id}", json={"type": "incident_reference", "escalation_level": 2}
    )

    assert [one["assignee"]["summary"] for one in changed["assignments"]] == ["Chidi Okafor"]


def test_priority_title_and_assignee_can_be_changed(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    priority = next(one for one in rest.list_all("priorities") if one["name"] == "P1")

    changed = rest.rput(
        f"incidents/{incident.id}",
        json={
            "type": "incident_reference",
            "title": "Checkout is down",
            "priority": {"id": priority["id"], "type": "priority_reference"},
            "assignments": [{"assignee": {"id": "PUSRDEE", "type": "user_reference"}}],
        },
    )

    assert (
        changed["title"],
        changed["priority"]["summary"],
        changed["assignments"][0]["assignee"]["id"],
    ) == (
        "Checkout is down",
        "P1",
        "PUSRDEE",
    )


def test_a_note_is_kept_with_its_author(rest: RestApiV2Client, pager: Pager) -> None:
    path = f"incidents/{pager.trigger('5xx above 5 %').id}/notes"

    rest.rpost(path, json={"content": "Failover begins."})

    assert [(note["content"], note["user"]["summary"]) for note in rest.rget(path)] == [
        ("Failover begins.", "Ana Lindqvist")
    ]


def test_the_log_tells_the_newest_first(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.acknowledge(incident.id)

    log = rest.list_all(f"incidents/{incident.id}/log_entries")

    assert [entry["type"] for entry in log] == [
        "acknowledge_log_entry",
        "assign_log_entry",
        "trigger_log_entry",
    ]


def test_an_alert_carries_the_details_of_the_alarm(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.raise_alarm(Alarm(title="5xx above 5 %", details={"rate": 7.5}))

    alerts = rest.list_all(f"incidents/{incident.id}/alerts")

    assert [alert["body"]["details"] for alert in alerts] == [{"rate": 7.5}]


def test_people_can_be_asked_for_help(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    target = {"responder_request_target": {"id": "PUCHIDI", "type": "user_reference"}}

    rest.post(
        f"/incidents/{incident.id}/responder_requests",
        json={"requester_id": "PUSERBO", "message": "come", "responder_request_targets": [target]},
    )

    responders = rest.rget(f"incidents/{incident.id}")["incidents_responders"]
    assert [(one["user"]["summary"], one["state"]) for one in responders] == [("Chidi Okafor", "pending")]


def test_who_is_on_call_comes_with_their_address(rest: RestApiV2Client) -> None:
    turns = rest.list_all("oncalls", params={"escalation_policy_ids[]": ["PEPSHOP"], "include[]": ["users"]})

    assert [(turn["escalation_level"], turn["user"]["email"]) for turn in turns] == [
        (1, "bo@acme.example"),
        (2, "chidi@acme.example"),
        (3, "ana@acme.example"),
    ]


@pytest.mark.parametrize(
    ("path", "count"),
    [("services", 2), ("users", 4), ("escalation_policies", 2), ("schedules", 4), ("priorities", 5)],
)
def test_the_account_has_its_fixed_resources(rest: RestApiV2Client, path: str, count: int) -> None:
    assert len(rest.list_all(path)) == count


def test_the_client_takes_the_token_for_an_account_level_one(rest: RestApiV2Client) -> None:
    assert rest.api_key_access == "account"


def test_an_unknown_incident_is_not_found(rest: RestApiV2Client) -> None:
    answer = rest.get("/incidents/QNOWHERE")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 2100)


def test_a_wrong_token_is_refused(address: str, ca: PracticeCA, pager: Pager) -> None:
    stranger = RestApiV2Client("another-token", base_url=address, verify=trusting(ca.ca_pem), trust_env=False)

    with pytest.raises(HttpError, match="401"):
        stranger.get("/incidents")


def test_a_note_without_a_from_header_is_refused(address: str, ca: PracticeCA, pager: Pager) -> None:
    nameless = RestApiV2Client(TOKEN, base_url=address, verify=trusting(ca.ca_pem), trust_env=False)
    incident = pager.trigger("5xx above 5 %")

    answer = nameless.post(f"/incidents/{incident.id}/notes", json={"note": {"content": "who am I"}})

    assert answer.status_code == 400


def test_beyond_the_rate_limit_calls_are_refused_with_its_headers(
    address: str, ca: PracticeCA, pager: Pager
) -> None:
    headers = {"Authorization": f"Token token={TOKEN}"}
    with httpx2.Client(
        base_url=address, verify=trusting(ca.ca_pem), trust_env=False, headers=headers
    ) as client:
        answers = [client.get("/priorities") for _ in range(REQUESTS_PER_MINUTE + 1)]

    assert [answer.status_code for answer in answers] == [200] * REQUESTS_PER_MINUTE + [429]
    assert answers[-1].headers["ratelimit-remaining"] == "0"


# --- planted faults and the ledger ---


def test_a_fault_strikes_as_often_as_planted(rest: RestApiV2Client, pager: Pager) -> None:
    pager.plant(Fault(path_regex="/priorities", status=503, times=2))

    assert [rest.get("/priorities").status_code for _ in range(3)] == [503, 503, 200]


def test_a_note_whose_answer_was_lost_is_in_the_ledger(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.plant(Fault(path_regex="/notes$", status=502, moment="after"))

    rest.post(f"/incidents/{incident.id}/notes", json={"note": {"content": "written"}})

    assert [call.body for call in pager.calls("/notes$")] == [{"note": {"content": "written"}}]


def test_a_note_that_met_a_fault_is_not_in_the_ledger(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.plant(Fault(path_regex="/notes$", status=502))

    rest.post(f"/incidents/{incident.id}/notes", json={"note": {"content": "lost"}})

    assert pager.calls("/notes$") == []


def test_a_resolve_that_pagerduty_refuses_is_not_in_the_ledger(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.resolve(incident.id)

    rest.put(
        f"/incidents/{incident.id}", json={"incident": {"type": "incident_reference", "status": "resolved"}}
    )

    assert pager.calls() == []


# --- the Events API, through the real client ---


def test_an_event_opens_an_incident_on_the_service_of_its_key(
    events: EventsApiV2Client, pager: Pager
) -> None:
    events.trigger("writer is gone", "orders-1")

    assert [(one.title, one.service) for one in pager.state().incidents] == [("writer is gone", "PORDERS")]


def test_an_event_with_an_open_dedup_key_opens_no_second_incident(
    events: EventsApiV2Client, pager: Pager
) -> None:
    events.trigger("writer is gone", "orders-1", dedup_key="orders/writer")
    events.trigger("writer is still gone", "orders-1", dedup_key="orders/writer")

    assert len(pager.state().incidents) == 1


def test_an_event_resolves_its_incident(events: EventsApiV2Client, pager: Pager) -> None:
    key = events.trigger("writer is gone", "orders-1")

    events.resolve(key)

    assert [one.status for one in pager.state().incidents] == ["resolved"]


def test_an_event_with_an_unknown_key_is_refused(address: str, ca: PracticeCA, pager: Pager) -> None:
    stranger = EventsApiV2Client("0" * 32, base_url=address, verify=trusting(ca.ca_pem), trust_env=False)

    with pytest.raises(HttpError, match="Invalid routing key"):
        stranger.trigger("anything", "anywhere")


# --- webhooks ---


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


def test_a_webhook_answered_503_is_sent_again_with_the_same_id_and_bytes(
    pager: Pager, receiver: Receiver
) -> None:
    receiver.answers = [503, 429]

    pager.await_deliveries(pager.trigger("5xx above 5 %").id)

    assert len({(one.headers["x-webhook-id"], one.body) for one in receiver.received}) == 1
    assert len(receiver.received) == 3


def test_a_webhook_not_answered_in_time_is_sent_again(pager: Pager, receiver: Receiver) -> None:
    receiver.pauses = [1.0]

    deliveries = pager.await_deliveries(pager.trigger("5xx above 5 %").id)

    assert statuses(deliveries) == [[None, 202]]


def test_later_events_of_an_incident_wait_for_the_retried_one(pager: Pager, receiver: Receiver) -> None:
    receiver.answers = [503, 503]
    incident = pager.trigger("5xx above 5 %").id
    pager.acknowledge(incident)

    pager.await_deliveries(incident)

    assert receiver.types == ["incident.triggered"] * 3 + ["incident.acknowledged"]


def test_a_retry_waits_longer_each_time(pager: Pager, receiver: Receiver) -> None:
    receiver.answers = [503, 503, 503]

    delivery = pager.await_deliveries(pager.trigger("5xx above 5 %").id)[0]

    started = [datetime.fromisoformat(attempt.at) for attempt in delivery.attempts]
    pauses = [later - earlier for earlier, later in pairwise(started)]
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_a_webhook_answered_400_is_dropped(pager: Pager, receiver: Receiver) -> None:
    receiver.answers = [400]

    deliveries = pager.await_deliveries(pager.trigger("5xx above 5 %").id)

    assert (deliveries[0].outcome, statuses(deliveries)) == ("dropped", [[400]])


def test_a_webhook_is_given_up_after_long_silence(pager: Pager, receiver: Receiver) -> None:
    receiver.answers = [503] * 20

    deliveries = pager.await_deliveries(pager.trigger("5xx above 5 %").id)

    assert (deliveries[0].outcome, statuses(deliveries)) == ("dropped", [[503] * 4])


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


def test_a_redelivery_sends_the_very_same_bytes(pager: Pager, receiver: Receiver) -> None:
    delivery = pager.await_deliveries(pager.trigger("5xx above 5 %").id)[0]

    attempts = pager.deliver(delivery.event_id, times=5, concurrently=True)

    assert [attempt.status for attempt in attempts] == [202] * 5
    assert len({one.body for one in receiver.received}) == 1


# --- trust and the page ---


def test_foreign_ca_variables_do_not_keep_the_pager_out(
    address: str, ca: PracticeCA, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")

    with Pager(address, ca.ca_pem) as other:
        assert other.state().incidents == ()


def test_a_client_without_the_practice_ca_does_not_trust_it(address: str, pager: Pager) -> None:
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"), Pager(address) as other:
        other.state()


def test_an_authority_made_before_is_used_again(ca: PracticeCA) -> None:
    before = ca.ca_pem.read_bytes()

    assert PracticeCA(ca.ca_pem.parent).ca_pem.read_bytes() == before


def test_the_command_serves_the_api_over_tls_and_the_page_without(tmp_path: Path) -> None:
    port, page_port = free_port(), free_port()
    PracticeCA(tmp_path)
    options = [f"--port={port}", f"--page-port={page_port}", f"--ca-folder={tmp_path}"]
    page = f"http://127.0.0.1:{page_port}/"
    with (
        ServedChild([sys.executable, "-m", "tocsin.playground.pagerduty", *options], page),
        Pager(f"https://127.0.0.1:{port}", tmp_path / "ca.pem") as over_tls,
    ):
        served = httpx2.get(page, trust_env=False).text
        incident = over_tls.trigger("5xx above 5 %")

    assert "Practice PagerDuty" in served
    assert incident.html_url == f"{page}web/incidents/{incident.id}"
