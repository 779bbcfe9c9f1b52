"""route53.upsert: what DNS forbids, what is put back, and when every server has it."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from pydantic import JsonValue

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws import client, zones
from tocsin.actions.aws.records import Record
from tocsin.actions.aws.route53 import RecordPlan, UpsertRecord
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import RECORD, RECORD_VALUE, ZONE, build_zone

SERVICE = "route53"
NEW = "orders-2.new.acme.example"


class Dns:
    """The zone, as its owner sees it."""

    def __init__(self, cloud: Cloud) -> None:
        self.client = practice_client(cloud.endpoint_url, "route53")
        self.zone = build_zone(cloud.endpoint_url)

    def put(self, name: str, kind: str, value: str, **more: Any) -> None:
        record_set = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}], **more}
        self.change(record_set)

    def change(self, record_set: dict[str, Any]) -> None:
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
        self.client.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=batch)

    def records(self) -> dict[str, list[str]]:
        found = self.client.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        plain = [one for one in found if "ResourceRecords" in one]
        return {one["Name"]: [value["Value"] for value in one["ResourceRecords"]] for one in plain}


@pytest.fixture
def dns(cloud: Cloud) -> Dns:
    return Dns(cloud)


@pytest.fixture
def action(connections: Connections) -> UpsertRecord:
    return UpsertRecord(connections)


def want(name: str = RECORD, kind: str = "CNAME", *values: str, **more: JsonValue) -> Record:
    given = {"connection": "aws:main", "zone": ZONE, "name": name, "type": kind, "ttl": 30, **more}
    return Record.model_validate({**given, "values": values or (NEW,)})


@pytest.mark.usefixtures("dns")
def test_the_plan_shows_the_record_before_and_after(action: UpsertRecord) -> None:
    plan = action.plan(want())
    before, after = f"{RECORD_VALUE} (TTL 300)", f"{NEW} (TTL 30)"
    assert [(one.before, one.after) for one in plan.changes] == [(before, after)]
    assert plan.warnings == (f"resolvers may go on giving {before} for 300 s",)


@pytest.mark.usefixtures("dns")
def test_a_record_that_is_as_wanted_is_no_change(action: UpsertRecord) -> None:
    assert action.plan(want(RECORD, "CNAME", RECORD_VALUE, ttl=300)).noop


def test_a_new_record_is_deleted_again(action: UpsertRecord, dns: Dns) -> None:
    before = dns.records()
    record = want(f"new.{ZONE}", "A", "192.0.2.2", "192.0.2.1")
    plan = action.plan(record)
    action.run(record, plan, "step-1")
    action.undo(record, plan)
    assert dns.records() == before


def test_a_record_in_other_letters_and_with_a_dot_is_the_same(action: UpsertRecord, dns: Dns) -> None:
    record = want(f"{RECORD.upper()}.", zone=f"{ZONE}.")
    action.run(record, action.plan(record), "step-1")
    assert dns.records()[f"{RECORD}."] == [NEW]


def test_a_wildcard_is_found_by_the_code_that_route_53_gives_it_by_stub(stubbed: Stubber) -> None:
    known = {"Name": f"\\052.{ZONE}.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    zone = {"Id": "/hostedzone/Z1", "Name": f"{ZONE}.", "CallerReference": "1"}
    listed = {"HostedZones": [zone], "IsTruncated": False, "MaxItems": "100"}
    stubbed.add_response("list_hosted_zones_by_name", listed, {"DNSName": ZONE, "MaxItems": "100"})
    stubbed.add_response("list_resource_record_sets", sets(known), ANY_NAME)
    plan = UpsertRecord(STUBBED).plan(want(f"*.{ZONE}", "A", "192.0.2.1", ttl=60))
    assert plan.noop


def test_a_weighted_record_is_left_to_its_routing(action: UpsertRecord, dns: Dns) -> None:
    dns.put(f"api.{ZONE}", "A", "192.0.2.1", SetIdentifier="blue", Weight=90)
    with pytest.raises(ActionFailed, match="answered by weight, place or health"):
        action.plan(want(f"api.{ZONE}", "A", "192.0.2.9"))


def test_an_alias_is_shown_and_put_back(action: UpsertRecord, dns: Dns) -> None:
    target = {"HostedZoneId": "Z1", "DNSName": "lb.example.com.", "EvaluateTargetHealth": False}
    dns.change({"Name": f"www.{ZONE}", "Type": "A", "AliasTarget": target})
    record = want(f"www.{ZONE}", "A", "192.0.2.9")
    plan = action.plan(record)
    action.run(record, plan, "step-1")
    action.undo(record, plan)
    assert plan.summary.startswith(f"Set www.{ZONE} A from an alias of lb.example.com to 192.0.2.9")
    assert action.verify(record, plan).state == "waiting"


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (want("orders.db.acme.example"), "is not in the zone"),
        (want(f"not{ZONE}"), "is not in the zone"),
        (want(ZONE), "is the zone itself"),
        (want(RECORD, "A", "192.0.2.1"), "has CNAME records, and a CNAME stands alone"),
        (want(f"host.{ZONE}"), "has A records, and a CNAME stands alone"),
    ],
)
def test_what_dns_forbids_is_refused_before_anything_is_changed(
    action: UpsertRecord, dns: Dns, record: Record, words: str
) -> None:
    dns.put(f"host.{ZONE}", "A", "192.0.2.1")
    with pytest.raises(ActionFailed, match=words) as caught:
        action.plan(record)
    assert caught.value.kind is ErrorClass.INVALID


def test_two_zones_of_one_name_are_refused(action: UpsertRecord, dns: Dns) -> None:
    dns.client.create_hosted_zone(Name=ZONE, CallerReference="again")
    with pytest.raises(ActionFailed, match="has 2 public zones named"):
        action.plan(want())


@pytest.mark.usefixtures("dns")
def test_a_private_zone_is_another_one(action: UpsertRecord) -> None:
    with pytest.raises(ActionFailed, match="has no private zone named") as caught:
        action.plan(want(private=True))
    assert caught.value.kind is ErrorClass.MISSING


def test_somebody_elses_change_is_left_alone(action: UpsertRecord, dns: Dns) -> None:
    plan = action.plan(want())
    dns.put(RECORD, "CNAME", "elsewhere.example")
    with pytest.raises(
        ActionFailed, match=r"elsewhere.example \(TTL 60\) now: somebody else changed it"
    ) as caught:
        action.run(want(), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_somebody_elses_change_is_not_undone(action: UpsertRecord, dns: Dns) -> None:
    plan = action.plan(want())
    action.run(want(), plan, "step-1")
    dns.put(RECORD, "CNAME", "elsewhere.example")
    with pytest.raises(ActionFailed, match="somebody else changed it"):
        action.undo(want(), plan)


def test_a_third_value_is_a_failed_verification(action: UpsertRecord, dns: Dns) -> None:
    plan = action.plan(want())
    dns.put(RECORD, "CNAME", "elsewhere.example")
    assert action.verify(want(), plan).state == "failed"


def test_a_change_is_done_when_every_server_has_it_by_stub(
    stubbed: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAUSE", timedelta(0))
    changing(stubbed)
    for status in ("PENDING", "PENDING", "INSYNC"):
        stubbed.add_response("get_change", change(status), {"Id": "/change/C1"})
    done = UpsertRecord(STUBBED).run(want(), PLAN, "step-1")
    assert (done.change, done.former_values, done.former_ttl) == ("/change/C1", (), 0)


def test_a_change_that_some_server_never_gets_ends_in_time_by_stub(
    stubbed: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zones, "PATIENCE", timedelta(0))
    changing(stubbed)
    stubbed.add_response("get_change", change("PENDING"), {"Id": "/change/C1"})
    with pytest.raises(ActionFailed, match="not all of its servers have it") as caught:
        UpsertRecord(STUBBED).run(want(), PLAN, "step-1")
    assert caught.value.kind is ErrorClass.TIMEOUT


def test_a_zone_that_is_still_busy_may_be_tried_again_by_stub(stubbed: Stubber) -> None:
    stubbed.add_response("list_resource_record_sets", sets(), ANY_NAME)
    stubbed.add_client_error("change_resource_record_sets", "PriorRequestNotComplete", http_status_code=400)
    with pytest.raises(ActionFailed) as caught:
        UpsertRecord(STUBBED).run(want(), PLAN, "step-1")
    assert caught.value.retryable


PLAN = RecordPlan(summary="", zone_id="/hostedzone/Z1", before=None)
ANY_NAME = {"HostedZoneId": "/hostedzone/Z1", "StartRecordName": ANY}


def sets(*found: object) -> dict[str, Any]:
    return {"ResourceRecordSets": list(found), "IsTruncated": False, "MaxItems": "300"}


def change(status: str) -> dict[str, Any]:
    return {"ChangeInfo": {"Id": "/change/C1", "Status": status, "SubmittedAt": "2026-11-22T10:00:00Z"}}


def changing(stubbed: Stubber) -> None:
    """Let Route 53 take the new record, which takes its time."""
    record_set = {"Name": RECORD, "Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": NEW}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
    stubbed.add_response("list_resource_record_sets", sets(), ANY_NAME)
    stubbed.add_response(
        "change_resource_record_sets",
        change("PENDING"),
        {"HostedZoneId": "/hostedzone/Z1", "ChangeBatch": batch},
    )
