"""The checklist that people follow by hand."""

import pytest

from tests.runbooks.samples import FULL
from tests.runbooks.test_graph import FLEET
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


@pytest.fixture(scope="module")
def fleet() -> str:
    runbook = load(FLEET, "f.yaml")
    return as_markdown(runbook, runbook.digest, Registry(Connections({})))


@pytest.mark.parametrize(
    "line",
    [
        "- Changes at most 50 things.",
        "- At most 4 times in 1d for each `<service>`.",
        "- Not within 15m after the last time for each `<service>`.",
        "- In prod: ask before the first change.",
        "- Before every change, `prom.query`: stop unless `value.value < 3`.",
        "   - Write down `many`: `<deployments | length > 10>`",
        "   - All of these at the same time; go on when all are done:",
        "     1. [ ] **errors** (`errors`)",
        "        - Do the whole runbook `look-at-checkout` "
        "(`tocsin runbook show look-at-checkout` prints it).",
        "   - If it fails, stop here; that is a good end: There are no errors; nothing was done.",
        "   - **Ask, and go on only when they agree:** "
        "2 of group:sre and 1 of group:comms, not yourself, within 15m.",
        "   - Each of them says `<service>`.",
        "   - Once for each `name` of `<deployments>`, in waves of 1, then 10%, then rest, "
        "at most 5 at the same time.",
        "   - After each of them: begin no further one if `steps.scale.status == 'failed'`.",
        "     Then undo what was done, the last step first, and stop.",
        "   - To undo it:",
        "        - \\<name> was scaled; see how many it needs",
        "   - Wait until `now() > '2026'`, at most 10m.",
        "   - For group:sre.",
        "     - [ ] No alert is open",
        "   - Write down `lost` (integer): Orders that were lost",
        "    - **There is no way back from here:** nothing before this is undone any more.",
        "## If you stop before the end",
        "## At the very end, however it ended",
        "- `lost`: `<steps.looked.outputs.lost>`",
    ],
)
def test_the_checklist_of_the_whole_language_says(fleet: str, line: str) -> None:
    assert line in fleet.splitlines()


def test_every_step_can_be_ticked(fleet: str) -> None:
    steps = list(load(FLEET, "f.yaml").walk())
    assert [step.id for step in steps if f"[ ] **{step.title}** (`{step.id}`)" not in fleet] == []
