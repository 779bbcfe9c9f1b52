"""Incidents over the REST API, through the real client."""

from pagerduty import EventsApiV2Client, RestApiV2Client

from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.pagerduty.practice_shapes import Alarm


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


def test_an_unknown_incident_is_not_found(rest: RestApiV2Client) -> None:
    answer = rest.get("/incidents/QNOWHERE")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 2100)
