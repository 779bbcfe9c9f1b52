"""The runbooks that come with Tocsin."""

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import JsonValue

from tests.runbooks.samples import FULL
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks import library, yaml
from tocsin.runbooks.expressions import holds, render
from tocsin.runbooks.files import is_test
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.load import check, load
from tocsin.runbooks.schema import json_schema

FILES = sorted(file for file in Path(library.__path__[0]).glob("*.yaml") if not is_test(file))
REGISTRY = Registry(Connections({}))
LABELLED: JsonValue = {
    "service": {"slug": "a", "name": "A", "labels": {"namespace": "web", "deployment": "front"}}
}
PAGE: dict[str, JsonValue] = {
    "type": "incident.triggered",
    "id": "01ABC",
    "incident": {
        "id": "PT4KHLK",
        "title": "Checkout API: error rate above 5 % after deploy",
        "html_url": "https://acme.pagerduty.example/incidents/PT4KHLK",
        "urgency": "high",
        "service": {"id": "PIJ90N7", "name": "Checkout"},
        "priority": None,
    },
    "occurred_at": "2026-11-22T10:00:00Z",
}


def read(name: str) -> str:
    return next(file for file in FILES if file.stem == name).read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_library_runbook_is_clean(file: Path) -> None:
    assert check(file.read_text(), file.name, REGISTRY)[1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_library_runbook_has_the_name_of_its_file(file: Path) -> None:
    assert load(file.read_text(), file.name).name == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_editor_accepts_a_library_runbook(file: Path) -> None:
    document, _ = yaml.read(file.read_text(), file.name)
    assert document is not None
    jsonschema.Draft202012Validator(json_schema(REGISTRY)).validate(document.value)


def test_an_editor_accepts_everything_this_version_has() -> None:
    document, _ = yaml.read(FULL, "f.yaml")
    assert document is not None
    jsonschema.Draft202012Validator(json_schema(REGISTRY)).validate(document.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timeout: 45m", "timeout: 45 minutes"),
        ("k8s.scale@1", "k8s.logs"),
        ("wait: 30s", "wiat: 30s"),
        ("title:", "titel:"),
    ],
)
def test_an_editor_marks_what_is_wrong(old: str, new: str) -> None:
    document, _ = yaml.read(FULL.replace(old, new), "f.yaml")
    assert document is not None
    assert not jsonschema.Draft202012Validator(json_schema(REGISTRY)).is_valid(document.value)


@pytest.mark.parametrize(
    ("name", "mode"), [("rollback-deployment", "propose"), ("diagnose-deployment", "auto")]
)
def test_a_page_after_a_deploy_starts_it(name: str, mode: str) -> None:
    trigger = load(read(name), name).on[0]
    assert trigger.pagerduty == PAGE["type"]
    assert trigger.mode == mode
    assert holds(trigger.when or "", {"event": PAGE, "incident": LABELLED})


@pytest.mark.parametrize("name", ["rollback-deployment", "diagnose-deployment"])
def test_it_works_on_what_the_services_labels_say(name: str) -> None:
    given = render(dict(load(read(name), name).on[0].with_), {"event": PAGE, "incident": LABELLED})
    assert given == {"cluster": "k8s:main", "namespace": "web", "deployment": "front"}


@pytest.mark.parametrize("name", ["rollback-deployment", "diagnose-deployment"])
@pytest.mark.parametrize("service", [None, {"slug": "a", "name": "A", "labels": {}}])
def test_a_page_of_a_service_that_does_not_say_where_it_runs_starts_nothing(
    name: str, service: JsonValue
) -> None:
    when = load(read(name), name).on[0].when or ""
    assert not holds(when, {"event": PAGE, "incident": {"service": service}})


@pytest.mark.parametrize("name", ["rollback-deployment", "diagnose-deployment"])
def test_one_page_starts_it_once(name: str) -> None:
    dedupe = load(read(name), name).on[0].dedupe
    assert dedupe is not None
    assert str(render(dedupe.key, {"event": PAGE})).endswith("/PT4KHLK")


def test_a_rollback_needs_no_input_and_takes_the_previous_revision() -> None:
    runbook = load(read("rollback-deployment"), "r")
    scope: dict[str, JsonValue] = {"inputs": coerce(runbook.inputs, {}, from_text=False)}
    assert render(dict(runbook.steps[1].with_), scope) == {
        "connection": "k8s:main",
        "namespace": "shop",
        "deployment": "checkout",
        "to_revision": None,
    }


def test_a_diagnosis_changes_nothing_but_the_channel() -> None:
    steps = load(read("diagnose-deployment"), "d").steps
    assert [step.uses for step in steps] == ["k8s.rollout_status", "k8s.events", "k8s.logs", "slack.post"]


def test_a_diagnosis_is_posted_even_when_events_and_logs_could_not_be_read() -> None:
    tell = load(read("diagnose-deployment"), "d").steps[3]
    scope: dict[str, JsonValue] = {
        "inputs": {"namespace": "shop", "deployment": "checkout"},
        "incident": {"channel": "C0123"},
        "steps": {
            "rollout": {
                "status": "succeeded",
                "outputs": {
                    "state": "stalled",
                    "message": "m",
                    "image": "i",
                    "revision": 2,
                    "available": 1,
                    "replicas": 3,
                },
            },
            "events": {"status": "failed", "outputs": {}},
            "logs": {"status": "failed", "outputs": {}},
        },
    }
    rendered = render(dict(tell.with_), scope)
    assert isinstance(rendered, dict)
    assert "Image `i`, revision 2, 1 of 3 available." in str(rendered["text"])
