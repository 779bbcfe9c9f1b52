"""The checklist that people follow by hand."""

import pytest

from tests.runbooks.samples import FULL
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks.load import load
from tocsin.runbooks.show import as_markdown


@pytest.fixture(scope="module")
def page() -> str:
    runbook = load(FULL, "f.yaml")
    return as_markdown(runbook, runbook.digest, Registry(Connections({})))


@pytest.mark.parametrize(
    "line",
    [
        "# Everything this version has",
        "- Starts by PagerDuty, `incident.triggered` when `'deploy' in event.incident.title` (propose).",
        "- Starts by an alert (source alertmanager, severity critical) (propose).",
        "- Starts by `/runbook run full`.",
        "- May be run by group:sre.",
        "- One at a time: nobody else may be working on `deploy:<namespace>`.",
        "- Gives up after 45m.",
        "| `replicas` | integer | `2` |  |",
        "- `vars.target`: `<namespace>/checkout`",
        "2. [ ] **Set the count** (`scale`)",
        "   - Only if `steps.look.outputs.available < inputs.replicas`; otherwise skip this step.",
        "   - **Ask first:** 1 of group:sre, not yourself, within 20m.",
        "     - `replicas`: `<replicas>`",
        "     kubectl -n <namespace> scale --replicas=<replicas> deployment/checkout",
        "   - **Then look** every 2s, for at most 5m, 3 times in a row, "
        "until `value.available >= inputs.replicas`:",
        "   - If it fails, go on with the next step.",
        "   - Wait 30s.",
        "   - Make sure that `steps.scale.outputs.replicas == inputs.replicas`; stop when it is not so.",
        "   - Can be undone.",
        "Undo the finished steps that can be undone, the last one first. Then say so in the channel.",
    ],
)
def test_the_checklist_says(page: str, line: str) -> None:
    assert line in page.splitlines()


def test_the_checklist_names_its_revision(page: str) -> None:
    assert f"revision `{load(FULL, 'f.yaml').digest[:12]}`" in page


def test_an_action_that_is_not_installed_is_still_named() -> None:
    runbook = load(FULL.replace("k8s.scale@1", "acme.scale"), "f.yaml")
    assert "   - `acme.scale`" in as_markdown(runbook, runbook.digest, Registry(Connections({}))).splitlines()
