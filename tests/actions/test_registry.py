"""Finding actions without paying for their SDKs."""

import subprocess
import sys

import pytest

from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.errors import NotFound

LISTING = (
    "import sys; from tocsin.actions.registry import Registry; from tocsin.connections import Connections;"
    "Registry(Connections({})).names(); print({'boto3', 'kubernetes', 'slack_sdk'} & sys.modules.keys())"
)


@pytest.fixture
def registry() -> Registry:
    return Registry(Connections({}))


def test_listing_the_names_imports_no_sdk() -> None:
    told = subprocess.run([sys.executable, "-c", LISTING], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_an_action_is_found_by_its_name(registry: Registry) -> None:
    assert registry.get("k8s.scale").name == "k8s.scale"


@pytest.mark.parametrize("uses", ["k8s.scale@1", "k8s.scale@v1"])
def test_an_action_is_found_by_its_version(registry: Registry, uses: str) -> None:
    assert registry.get(uses).version == 1


@pytest.mark.parametrize("uses", ["k8s.scale@2", "k8s.nothing", "", "k8s.scaled"])
def test_an_unknown_name_or_version_is_not_found(registry: Registry, uses: str) -> None:
    with pytest.raises(NotFound, match="no action"):
        registry.get(uses)


def test_without_its_sdk_an_action_is_not_listed(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "rds.failover" not in registry.names()


def test_without_its_sdk_an_action_says_which_extra_brings_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(NotFound, match=r"pip install 'tocsin\[aws\]'"):
        registry.get("rds.failover")


def test_iterating_gives_every_listed_action(registry: Registry) -> None:
    assert [action.name for action in registry] == registry.names()
