"""A zone with one record."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.records import Record
from tocsin.playground.estate import RECORD, ZONE, build_zone


def upsert(worlds: Worlds) -> Case:
    zone = build_zone(worlds.empty_cloud.endpoint_url)

    def records() -> JsonValue:
        found: JsonValue = service(worlds, "route53").list_resource_record_sets(HostedZoneId=zone)[
            "ResourceRecordSets"
        ]
        return found

    want = Record(
        connection="aws:main",
        zone=ZONE,
        name=RECORD,
        type="CNAME",
        ttl=30,
        values=("orders-2.new.acme.example",),
    )
    return case_of(
        worlds, want, missing={"zone": "nowhere.example", "name": "a.nowhere.example"}, state=records
    )
