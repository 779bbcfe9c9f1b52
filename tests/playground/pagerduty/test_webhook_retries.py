"""Webhooks that are not taken at once: sent again, kept in order, given up."""

from datetime import datetime
from itertools import pairwise

from tests.playground.pagerduty.receiver import Receiver

from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.pagerduty.practice_shapes import DeliveryShape


def statuses(deliveries: list[DeliveryShape]) -> list[list[int | None]]:
    return [[attempt.status for attempt in one.attempts] for one in deliveries]


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
    assert len(pauses) == 3
    assert pauses[-1] == max(pauses)


def test_a_webhook_answered_400_is_dropped(pager: Pager, receiver: Receiver) -> None:
    receiver.answers = [400]

    deliveries = pager.await_deliveries(pager.trigger("5xx above 5 %").id)

    assert (deliveries[0].outcome, statuses(deliveries)) == ("dropped", [[400]])


def test_a_webhook_is_given_up_after_long_silence(pager: Pager, receiver: Receiver) -> None:
    receiver.answers = [503] * 20

    deliveries = pager.await_deliveries(pager.trigger("5xx above 5 %").id)

    assert (deliveries[0].outcome, statuses(deliveries)) == ("dropped", [[503] * 4])


def test_a_redelivery_sends_the_very_same_bytes(pager: Pager, receiver: Receiver) -> None:
    delivery = pager.await_deliveries(pager.trigger("5xx above 5 %").id)[0]

    attempts = pager.deliver(delivery.event_id, times=5, concurrently=True)

    assert [attempt.status for attempt in attempts] == [202] * 5
    assert len({one.body for one in receiver.received}) == 1
