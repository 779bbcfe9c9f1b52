"""rollback-canary, on a cluster and a real Prometheus: the stable Deployment waits for the canary."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.actions.kube import CANARY, Kube
from tests.actions.prometheus import Prometheus, authorization
from tests.runbooks.following import Follow, approve, publish, start
from tocsin.main import House
from tocsin.runbooks import library
from tocsin.runbooks.state import RunState

GOOD, BAD = "registry.example/checkout:1.0", "registry.example/checkout:2.0"
TRACKS = ("canary", "stable")
HURRY = {
    "interval: 20s": "interval: 1s",
    "for: 3m": "for: 1s",
    "consecutive: 5": "consecutive: 2",
    "deadline: 10m": "deadline: 10s",
}
"""The library's times, and those of a test."""


@dataclass
class Shop:
    """A service whose requests fail in the Deployments of a bad image, and whose Prometheus counts them."""

    kube: Kube
    prometheus: Prometheus
    deployments: dict[str, str]
    """By track."""
    curable: bool = True
    """Whether the earlier image helps."""

    def images(self) -> list[str]:
        return [self.kube.image(self.deployments[track]) for track in TRACKS]

    def count(self, *tracks: str) -> None:
        """Let the requests of some tracks be counted, and wait until Prometheus has rates."""
        for track in tracks:
            for code in ("200", "503"):
                series = f'http_requests_total{{service="{self.service}",track="{track}",code="{code}"}}'
                self.prometheus.metrics[series] = _Counter(self, track, code)
            self.prometheus.until(
                f'rate(http_requests_total{{service="{self.service}",track="{track}"}}[5s])'
            )

    @property
    def service(self) -> str:
        return self.deployments["stable"]

    def fails(self, track: str) -> bool:
        return not self.curable or self.kube.image(self.deployments[track]) == BAD


@dataclass
class _Counter:
    """Ten requests from one look to the next: half of them fail where the image is bad."""

    shop: Shop
    track: str
    code: str
    value: float = 0

    def __call__(self) -> float:
        failed = 5 if self.shop.fails(self.track) else 0
        self.value += failed if self.code == "503" else 10 - failed
        return self.value


@pytest.fixture
def organisation(kube: Kube, prometheus: Prometheus) -> str:
    return f"""
teams: {{ sre: {{ members: [ana@acme.example, bo@acme.example] }} }}
access: {{ responder: ["group:sre"] }}
connections:
  "k8s:main": {{ kubeconfig: "{kube.kubeconfig}", context: admin }}
  "prometheus:main":
    base_url: "{prometheus.url}"
    headers: {{ Authorization: "{authorization(CANARY)}" }}
    allow_private: true
"""


@pytest.fixture
def shop(kube: Kube, prometheus: Prometheus) -> Shop:
    prometheus.metrics.clear()
    deployments = {track: kube.deploy(GOOD) for track in TRACKS}
    for name in deployments.values():
        kube.ship(name, BAD)
    return Shop(kube, prometheus, deployments)


async def roll_back(house: House, shop: Shop) -> str:
    """Start the library's runbook, in a hurry."""
    text = (Path(library.__path__[0]) / "rollback-canary.yaml").read_text()
    for slow, fast in HURRY.items():
        assert slow in text
        text = text.replace(slow, fast)
    await publish(house, "rollback-canary", text)
    names = {"canary": shop.deployments["canary"], "deployment": shop.deployments["stable"]}
    return await start(house, "rollback-canary", service=shop.service, window="2s", **names)


def reason(state: RunState) -> str:
    return f"{state.summary} {state.steps['canary'].watches}"


async def test_both_are_rolled_back_when_the_canarys_errors_are_gone(
    house: House, shop: Shop, follow: Follow
) -> None:
    shop.count(*TRACKS)
    run_id = await roll_back(house, shop)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert shop.images() == [GOOD, GOOD]
    assert state.outputs["error_ratio_before"] == pytest.approx(0.5, abs=0.1)


async def test_a_canary_that_still_fails_is_put_back_and_the_stable_one_never_touched(
    house: House, shop: Shop, follow: Follow
) -> None:
    shop.curable = False
    shop.count(*TRACKS)
    before = shop.kube.generation(shop.deployments["stable"])
    run_id = await roll_back(house, shop)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "compensated")
    assert (shop.images(), shop.kube.generation(shop.deployments["stable"])) == ([BAD, BAD], before)
    assert "`value.value <= inputs.max_error_ratio` does not hold" in reason(state)


async def test_a_canary_without_requests_is_no_success(house: House, shop: Shop, follow: Follow) -> None:
    shop.count("stable")
    run_id = await roll_back(house, shop)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "compensated")
    assert shop.images() == [BAD, BAD]
    assert "the query finds no series" in reason(state)


async def test_nothing_is_asked_where_the_errors_are_gone_already(
    house: House, shop: Shop, follow: Follow
) -> None:
    for name in shop.deployments.values():
        shop.kube.ship(name, GOOD)
    shop.count(*TRACKS)
    state = await follow(await roll_back(house, shop), "failed")
    assert (state.steps["still_bad"].status, shop.images()) == ("failed", [GOOD, GOOD])
