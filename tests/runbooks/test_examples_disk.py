"""full-disk, in a practice cloud, with a real Redis and a practice PagerDuty whose page starts it."""

from pathlib import Path

import pytest

from tests.actions.keyspace import Keyspace
from tests.actions.kube import CANARY
from tests.actions.pager import FarPager
from tests.runbooks.examples import FOLDER, agree, asked, page, publish_example, settings_of
from tests.runbooks.following import Follow
from tests.runbooks.world import BO
from tocsin.main import House
from tocsin.playground.cloud import REGION, Cloud, practice_client
from tocsin.playground.estate import build_machine
from tocsin.settings import Settings

COMPUTE = ("PCOMPUTE", "Compute")
EXPIRED = "session:expired:*"


@pytest.fixture
def organisation(cloud: Cloud, keyspace: Keyspace) -> str:
    return f"""
teams: {{ sre: {{ members: [ana@acme.example] }} }}
access: {{ responder: ["group:sre"] }}
connections:
  "aws:prod-primary":
    region: {REGION}
    endpoint_url: "{cloud.endpoint_url}"
    access_key_id: practice
    secret_access_key: practice
    documents: [Tocsin-DiskUsage, Acme-DiskClean]
    environment: prod
  "redis:cache-prod": {{ url: "{keyspace.url}", password: "{CANARY}" }}
"""


@pytest.fixture
def settings(database_url: str, organisation: str, tmp_path: Path, pagerduty: FarPager) -> Settings:
    return settings_of(database_url, organisation, tmp_path, pagerduty)


@pytest.fixture
def node(cloud: Cloud) -> str:
    """An instance whose disk is 91 % full, with the documents of the example."""
    content = (FOLDER / "ssm" / "Acme-DiskClean.json").read_text()
    ssm = practice_client(cloud.endpoint_url, "ssm")
    ssm.create_document(Name="Acme-DiskClean", Content=content, DocumentType="Command")
    return build_machine(cloud.endpoint_url)


async def fill_up(
    house: House, pagerduty: FarPager, node: str, mount: str = "/", **changes: str
) -> tuple[str, str]:
    """Let a disk be full; return PagerDuty's incident, and the run that its webhook starts."""
    await publish_example(house, "full-disk", changes)
    incident = pagerduty.pager.trigger("The disk is almost full").id
    key = f"NodeFilesystemAlmostOutOfSpace:{node}:{mount}"
    return incident, await page(house, incident, "The disk is almost full", COMPUTE, key)


def status_of(pagerduty: FarPager, incident: str) -> str:
    return next(one.status for one in pagerduty.pager.state().incidents if one.id == incident)


def sent(cloud: Cloud) -> list[str]:
    """Return the documents that were run."""
    commands = practice_client(cloud.endpoint_url, "ssm").list_commands()["Commands"]
    return sorted(one["DocumentName"] for one in commands)


async def test_a_page_cleans_until_enough_is_free_and_is_resolved(
    house: House, cloud: Cloud, pagerduty: FarPager, node: str, follow: Follow
) -> None:
    incident, run_id = await fill_up(house, pagerduty, node)
    state = await follow(run_id, "succeeded")
    assert (state.outputs, status_of(pagerduty, incident)) == ({"freed_bytes": 20_000_000_000}, "resolved")
    assert sent(cloud) == ["Acme-DiskClean"] * 2 + ["Tocsin-DiskUsage"] * 2


async def test_what_people_keep_is_not_cleaned_and_the_next_level_is_paged(
    house: House, cloud: Cloud, pagerduty: FarPager, node: str, follow: Follow
) -> None:
    _, run_id = await fill_up(house, pagerduty, node, "/data")
    state = await follow(run_id, "failed")
    assert (sent(cloud).count("Acme-DiskClean"), state.step("resolve").status) == (4, "pending")
    assert state.step("hand_over").output["assigned"] == ["Chidi Okafor"]


async def test_who_is_on_call_lets_the_expired_keys_of_a_cache_go(
    house: House, cloud: Cloud, pagerduty: FarPager, keyspace: Keyspace, node: str, follow: Follow
) -> None:
    tag = [{"Key": "role", "Value": "cache"}]
    practice_client(cloud.endpoint_url, "ec2").create_tags(Resources=[node], Tags=tag)
    keyspace.fill("session:expired:", 1200)
    _, run_id = await fill_up(house, pagerduty, node, "/data")
    await agree(house, await asked(house, run_id, "cache"), "cache", BO)
    state = await follow(run_id, "failed")
    assert (keyspace.count(EXPIRED), state.step("cache").output["unlinked"]) == (0, 1200)


async def test_where_nobody_on_call_answers_the_keys_stay_and_the_run_goes_on(
    house: House, cloud: Cloud, pagerduty: FarPager, keyspace: Keyspace, node: str, follow: Follow
) -> None:
    tag = [{"Key": "role", "Value": "cache"}]
    practice_client(cloud.endpoint_url, "ec2").create_tags(Resources=[node], Tags=tag)
    keyspace.fill("session:expired:", 10)
    _, run_id = await fill_up(house, pagerduty, node, "/data", **{"expires: 10m": "expires: 2s"})
    state = await follow(run_id, "failed")
    assert (keyspace.count(EXPIRED), state.step("cache").status) == (10, "skipped")
    assert state.step("after").status == "failed"
