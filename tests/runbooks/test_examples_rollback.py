"""canary-first-rollback, on a cluster, a real Prometheus, and twins of Argo CD, GitHub and Grafana."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.actions.graphs import Graphs
from tests.actions.kube import CANARY, Kube
from tests.actions.pager import FarPager
from tests.actions.prometheus import Prometheus, authorization
from tests.actions.servers import Site
from tests.actions.twins.argocd import ArgoTwin
from tests.actions.twins.github import COMMIT, GitHubTwin
from tests.runbooks.examples import agree, asked, page, publish_example, settings_of
from tests.runbooks.following import Follow, start
from tests.runbooks.test_canary_runs import BAD, GOOD, TRACKS, Shop
from tests.runbooks.world import BO
from tocsin.main import House
from tocsin.settings import Settings

HURRY = {
    "[2m]": "[2s]",
    "interval: 20s": "interval: 1s",
    "interval: 30s": "interval: 1s",
    "for: 3m": "for: 1s",
    "for: 5m": "for: 1s",
    "consecutive: 5": "consecutive: 2",
    "consecutive: 6": "consecutive: 2",
    "deadline: 10m": "deadline: 10s",
}
NODES = 'kube_node_status_condition{condition="Ready",status="false"}'


@dataclass
class Scene:
    """A shop whose Deployments Argo CD owns, and everything that the runbook touches besides."""

    shop: Shop
    argo: ArgoTwin
    github: GitHubTwin
    graphs: Graphs

    async def publish(self, house: House) -> None:
        names = {"[checkout, cart, payments]": f"[{self.shop.service}]"}
        await publish_example(house, "canary-first-rollback", {**HURRY, **names})

    @property
    def autosync(self) -> bool:
        return bool(self.argo.automated)


@pytest.fixture
def organisation(kube: Kube, prometheus: Prometheus, site: Site) -> str:
    web = f'base_url: "{site.url}", headers: {{ Authorization: "Bearer {CANARY}" }}, allow_private: true'
    return f"""
teams: {{ sre: {{ members: [ana@acme.example, bo@acme.example] }} }}
access: {{ responder: ["group:sre"] }}
connections:
  "k8s:prod-eu": {{ kubeconfig: "{kube.kubeconfig}", context: admin, environment: prod }}
  "prometheus:main":
    base_url: "{prometheus.url}"
    headers: {{ Authorization: "{authorization(CANARY)}" }}
    allow_private: true
  "http:argocd": {{ {web} }}
  "http:github": {{ {web} }}
  "grafana:main": {{ {web} }}
"""


@pytest.fixture
def settings(database_url: str, organisation: str, tmp_path: Path, pagerduty: FarPager) -> Settings:
    return settings_of(database_url, organisation, tmp_path, pagerduty)


@pytest.fixture
def scene(kube: Kube, prometheus: Prometheus, site: Site) -> Scene:
    prometheus.metrics.clear()
    prometheus.expose(NODES, 0)
    prometheus.until(f"{NODES} == 0")
    stable = kube.deploy(GOOD, labels={"argocd.argoproj.io/instance": "shop"})
    canary = kube.deploy(GOOD, f"{stable}-canary", labels={"argocd.argoproj.io/instance": "shop"})
    for name in (canary, stable):
        kube.ship(name, BAD, cause=COMMIT)
    shop = Shop(kube, prometheus, {"canary": canary, "stable": stable})
    return Scene(shop, ArgoTwin(site, stable), GitHubTwin(site, f"acme/{stable}-deploy"), Graphs(site))


async def test_the_canary_then_the_stable_one_then_the_pull_request(
    house: House, scene: Scene, follow: Follow
) -> None:
    scene.shop.count(*TRACKS)
    await scene.publish(house)
    run_id = await start(house, "canary-first-rollback", service=scene.shop.service)
    await agree(house, await asked(house, run_id, "canary"), "canary", BO)
    state = await follow(run_id, "succeeded")
    assert (scene.shop.images(), scene.autosync) == ([GOOD, GOOD], False)
    assert scene.github.reverts() == ["revert-12-pool-size"]
    assert state.outputs == {"from_revision": 2, "to_revision": 1}


async def test_it_marks_its_end_on_the_graphs(house: House, scene: Scene, follow: Follow) -> None:
    scene.shop.count(*TRACKS)
    await scene.publish(house)
    run_id = await start(house, "canary-first-rollback", service=scene.shop.service)
    await agree(house, await asked(house, run_id, "canary"), "canary", BO)
    await follow(run_id, "succeeded")
    [text] = scene.graphs.texts()
    assert str(text).endswith(f"/runs/{run_id} succeeded")


async def test_a_page_starts_it_and_a_canary_that_still_fails_is_put_back_and_escalated(
    house: House, scene: Scene, pagerduty: FarPager, follow: Follow
) -> None:
    scene.shop.curable = False
    scene.shop.count(*TRACKS)
    await scene.publish(house)
    incident = pagerduty.pager.trigger("error-rate is high").id
    run_id = await page(house, incident, "error-rate is high", ("PCHKOUT", scene.shop.service))
    for step in ("hold_gitops", "canary"):
        await agree(house, await asked(house, run_id, step), step, BO)
    state = await follow(run_id, "compensated")
    assert (scene.shop.images(), state.step("stable").started_at) == ([BAD, BAD], None)
    assert state.step("page").output["assigned"] == ["Chidi Okafor"]


async def test_while_nodes_fail_nothing_is_touched(
    house: House, scene: Scene, prometheus: Prometheus, follow: Follow
) -> None:
    scene.shop.count(*TRACKS)
    prometheus.metrics[NODES] = 3
    prometheus.until(f"{NODES} == 3")
    await scene.publish(house)
    await follow(await start(house, "canary-first-rollback", service=scene.shop.service), "failed")
    assert (scene.shop.images(), scene.autosync) == ([BAD, BAD], True)
