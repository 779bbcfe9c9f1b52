"""The Events API, through the real client."""

import pytest
from pagerduty import EventsApiV2Client, HttpError

from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.tls import PracticeCA, trusting


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
