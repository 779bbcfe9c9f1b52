"""rds-region-failover, in a practice cloud, with a flag's twin and a name server that asks Route 53."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.kube import CANARY
from tests.actions.nameserver import Nameserver
from tests.actions.pager import FarPager
from tests.actions.servers import Site
from tests.actions.twins.launchdarkly import FlagTwin
from tests.runbooks.examples import agree, asked, publish_example, settings_of
from tests.runbooks.following import Follow, start
from tocsin.errors import Conflict, Invalid
from tocsin.events import Actor
from tocsin.main import House
from tocsin.playground.cloud import REGION, Cloud, practice_client
from tocsin.playground.estate import REPLICA, ZONE, build_replicated_database, build_zone
from tocsin.runbooks.state import RunState
from tocsin.settings import Settings

CHIDI = Actor(kind="slack", id="U0CHIDI", name="Chidi", email="chidi@acme.example")
DEE = Actor(kind="slack", id="U0DEE", name="Dee", email="dee@acme.example")
RECORD = f"billing.db.{ZONE}"
HURRY = {
    "interval: 15s": "interval: 1s",
    "for: 1m\n        deadline: 5m": "for: 1s\n        deadline: 2s",
    "interval: 10s": "interval: 1s",
    "for: 2m": "for: 1s",
    "consecutive: 6": "consecutive: 2",
    "window: 60": "window: 3600",  # the practice CloudWatch counts whole minutes
}
TICKED = (
    "The old primary is stopped or isolated (no split brain)",
    "A new replica in the old region is scheduled",
    "The status page is updated",
)


class Resolved(dict[tuple[str, str], list[str]]):
    """The records of a name server that asks Route 53 whenever it is asked."""

    def __init__(self, cloud: Cloud, zone: str) -> None:
        super().__init__({(f"{RECORD}.", "CNAME"): []})
        self._route53, self._zone = practice_client(cloud.endpoint_url, "route53"), zone

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        found = self._route53.list_resource_record_sets(HostedZoneId=self._zone)["ResourceRecordSets"]
        named = {(one["Name"], one["Type"]): one.get("ResourceRecords", []) for one in found}
        return [f"{one['Value']}." for one in named.get(key, [])] or default


@dataclass
class Region:
    """Two regions in one practice cloud: `billing`, its replica, the flag that holds its writers."""

    cloud: Cloud
    flag: FlagTwin

    def measure(self, namespace: str, metric: str, value: float, **dimensions: str) -> None:
        datum = {
            "MetricName": metric,
            "Value": value,
            # CloudWatch's windows end before the second in which they are asked for.
            "Timestamp": datetime.now(UTC) - timedelta(seconds=5),
            "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
        }
        client = practice_client(self.cloud.endpoint_url, "cloudwatch")
        client.put_metric_data(Namespace=namespace, MetricData=[datum])

    @property
    def source(self) -> str | None:
        """What the replica follows; None once it is promoted."""
        [found] = practice_client(self.cloud.endpoint_url, "rds").describe_db_instances(
            DBInstanceIdentifier=REPLICA
        )["DBInstances"]
        source: str | None = found.get("ReadReplicaSourceDBInstanceIdentifier")
        return source


@pytest.fixture
def organisation(cloud: Cloud, site: Site, nameserver: Nameserver) -> str:
    aws = (
        f'region: {REGION}, endpoint_url: "{cloud.endpoint_url}", '
        "access_key_id: practice, secret_access_key: practice"
    )
    return f"""
teams:
  dba: {{ members: [ana@acme.example, chidi@acme.example] }}
  incident-commanders: {{ members: [dee@acme.example, chidi@acme.example] }}
  communications: {{ members: [dee@acme.example] }}
access: {{ responder: ["group:dba", "group:incident-commanders"] }}
connections:
  "aws:prod-primary": {{ {aws} }}
  "aws:prod-dr": {{ {aws} }}
  "http:launchdarkly":
    {{ base_url: "{site.url}", headers: {{ Authorization: "{CANARY}" }}, allow_private: true }}
  "http:app-health": {{ base_url: "{site.url}", allow_private: true }}
  "dns:internal": {{ resolvers: ["{nameserver.address}"] }}
"""


@pytest.fixture
def settings(database_url: str, organisation: str, tmp_path: Path, pagerduty: FarPager) -> Settings:
    return settings_of(database_url, organisation, tmp_path, pagerduty)


@pytest.fixture
def region(cloud: Cloud, site: Site, nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Region:
    build_replicated_database(cloud.endpoint_url)
    monkeypatch.setattr(nameserver, "records", Resolved(cloud, build_zone(cloud.endpoint_url)))
    site.answers("/ready")
    region = Region(cloud, FlagTwin(site, "billing-writes"))
    region.measure("AWS/RDS", "ReplicaLag", 2, DBInstanceIdentifier=REPLICA)
    return region


async def fail_over(house: House, **changes: str) -> str:
    await publish_example(house, "rds-region-failover", {**HURRY, **changes})
    return await start(house, "rds-region-failover", db="billing", reason="the region is dark")


async def complete(house: House, state: RunState) -> None:
    async with house.database.transaction() as session:
        await house.care.complete(
            session,
            DEE,
            state.id,
            "checklist",
            done=dict.fromkeys(TICKED, True),
            fields={"data_loss_seconds": 2},
            programs=house.programs,
        )


async def test_two_people_of_two_groups_type_the_name_and_the_replica_takes_over(
    house: House, region: Region, follow: Follow
) -> None:
    region.measure("App", "WritesPerSecond", 0, db="billing")
    run_id = await fail_over(house)
    for who in (CHIDI, DEE):
        await agree(house, await asked(house, run_id, "promote"), "promote", who, "billing")
    await complete(house, await follow(run_id, "waiting"))
    state = await follow(run_id, "succeeded")
    assert (region.source, region.flag.on) == (None, True)
    assert state.outputs == {"endpoint": state.step("promote").output["endpoint"], "rpo_seconds": 2}


async def test_the_record_follows_as_resolvers_see_it(
    house: House, region: Region, nameserver: Nameserver, follow: Follow
) -> None:
    region.measure("App", "WritesPerSecond", 0, db="billing")
    run_id = await fail_over(house)
    for who in (CHIDI, DEE):
        await agree(house, await asked(house, run_id, "promote"), "promote", who, "billing")
    state = await follow(run_id, "waiting")
    assert nameserver.records.get((f"{RECORD}.", "CNAME")) == [f"{state.step('promote').output['endpoint']}."]


async def test_writers_are_let_on_when_nobody_approves_in_time(
    house: House, region: Region, follow: Follow
) -> None:
    region.measure("App", "WritesPerSecond", 0, db="billing")
    run_id = await fail_over(house, **{"expires: 15m": "expires: 2s"})
    state = await follow(run_id, "expired")
    assert (region.flag.on, state.step("fence").status, region.source) == (True, "undone", "billing")


async def test_whoever_types_another_name_has_not_approved(
    house: House, region: Region, follow: Follow
) -> None:
    region.measure("App", "WritesPerSecond", 0, db="billing")
    state = await asked(house, await fail_over(house), "promote")
    with pytest.raises(Invalid, match="type `billing`"):
        await agree(house, state, "promote", DEE, "orders")


async def test_where_writes_cannot_be_seen_a_person_says_that_there_are_none(
    house: House, region: Region, follow: Follow
) -> None:
    run_id = await fail_over(house)
    await follow(run_id, "needs_attention")
    async with house.database.transaction() as session:
        await house.runs.resolve_unknown(session, DEE, run_id, "fence", happened=True)
    state = await asked(house, run_id, "promote")
    assert (state.step("fence").status, region.flag.on) == ("succeeded", False)


async def test_a_second_failover_of_the_same_database_is_refused_for_a_day(
    house: House, region: Region
) -> None:
    await fail_over(house)
    with pytest.raises(Conflict, match="rate_limit"):
        await start(house, "rds-region-failover", db="billing", reason="the region is dark")
