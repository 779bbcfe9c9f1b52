from pathlib import Path

import pytest

from tests.actions.servers import Site
from tests.cli.shell import Shell
from tocsin.actions.base import Plan
from tocsin.cli.run_pages import exit_code
from tocsin.events import Fact
from tocsin.events import run as events
from tocsin.main import House


def _begun(tocsin: Shell, files: Path, sample: str, name: str) -> str:
    """Publish a sample, start it, let a worker take it up once, and return the run's id."""
    tocsin.says("runbook", "publish", str(files / f"{sample}.yaml"))
    run_id = tocsin.says("runbook", "run", name, "-i", "word=hello").strip()
    tocsin.work_on(run_id)
    return run_id


@pytest.fixture
def asking(tocsin: Shell, files: Path) -> str:
    """The id of a run that awaits an approval, which whoever asked for the run may give."""
    return _begun(tocsin, files, "asks", "ask-then-call")


def test_a_run_begins_with_its_id_on_stdout(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    run_id = tocsin.says("runbook", "run", "call-the-shop", "-i", "word=hello").strip()
    assert tocsin.json("run", "show", run_id)["inputs"] == {"word": "hello"}


def test_a_run_for_an_incident_stands_on_its_timeline(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    tocsin.says("incident", "declare", "Checkout answers with 500")
    tocsin.says("runbook", "run", "call-the-shop", "-i", "word=hello", "--incident", "INC-1")
    rows = tocsin.json("incident", "timeline", "INC-1")
    assert [row["kind"] for row in rows] == ["incident", "run"]


def test_the_list_names_runbook_and_incident(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    tocsin.says("incident", "declare", "Checkout answers with 500")
    tocsin.says("runbook", "run", "call-the-shop", "-i", "word=hello", "--incident", "INC-1")
    last = tocsin.says("run", "list").splitlines()[-1]
    assert last.split()[1:4] == ["call-the-shop", "requested", "INC-1"]


def test_a_run_that_asks_shows_its_plan_and_how_to_approve(tocsin: Shell, asking: str, shop: Site) -> None:
    said = tocsin.says("run", "show", asking[:8])
    assert f"request: nothing → POST {shop.url}/say" in said
    assert f"tocsin run approve {asking[:8]}" in said


def test_an_approval_prints_what_was_approved(tocsin: Shell, asking: str, shop: Site) -> None:
    result = tocsin("run", "approve", asking)
    assert f"request: nothing → POST {shop.url}/say" in result.stderr
    digest = tocsin.json("run", "show", asking)["steps"]["call"]["request"]["digest"]
    assert result.stdout == f"approved: call of run {asking[:8]}, 1 of 1, digest {digest}\n"


def test_an_approved_step_is_done(tocsin: Shell, asking: str, shop: Site) -> None:
    tocsin.says("run", "approve", asking)
    tocsin.work_on(asking)
    assert [seen.body for seen in shop.seen] == [b'{"word": "hello"}']
    assert tocsin.json("run", "show", asking)["status"] == "succeeded"


def test_an_approval_of_another_digest_decides_nothing(tocsin: Shell, asking: str) -> None:
    result = tocsin("run", "approve", asking, "--digest", "0000")
    assert result.exit_code == 1
    assert "the plan changed. Nothing was decided" in result.stderr
    assert tocsin.json("run", "show", asking)["status"] == "awaiting_approval"


def test_who_asked_for_a_run_cannot_approve_it(tocsin: Shell, files: Path) -> None:
    run_id = _begun(tocsin, files, "asks_another", "ask-another")
    result = tocsin("run", "approve", run_id)
    assert result.exit_code == 1
    assert "you asked for this run, so somebody else has to approve it" in result.stderr


def test_a_run_that_asks_nothing_cannot_be_approved(tocsin: Shell, asking: str) -> None:
    tocsin.says("run", "approve", asking)
    result = tocsin("run", "approve", asking)
    assert result.exit_code == 1
    assert "awaits no approval" in result.stderr


def test_a_rejected_run_is_cancelled(tocsin: Shell, asking: str, shop: Site) -> None:
    tocsin.says("run", "reject", asking, "--reason", "not now")
    tocsin.work_on(asking)
    assert tocsin.json("run", "show", asking)["status"] == "cancelled"
    assert shop.seen == []


def test_a_rejection_without_a_reason_is_wrong_usage(tocsin: Shell, asking: str) -> None:
    assert tocsin("run", "reject", asking).exit_code == 2


def test_a_cancelled_run_ends(tocsin: Shell, asking: str) -> None:
    tocsin.says("run", "cancel", asking, "--reason", "wrong shop")
    tocsin.work_on(asking)
    assert tocsin.json("run", "show", asking)["summary"] == "wrong shop; nothing was changed"


def test_a_run_that_ended_cannot_be_cancelled(tocsin: Shell, asking: str) -> None:
    tocsin.says("run", "reject", asking, "--reason", "not now")
    tocsin.work_on(asking)
    result = tocsin("run", "cancel", asking)
    assert result.exit_code == 1
    assert "has ended: cancelled; nothing was changed" in result.stderr


def test_a_run_that_is_not_there_is_not_found(tocsin: Shell) -> None:
    result = tocsin("run", "show", "abc")
    assert (result.exit_code, result.stderr) == (1, "tocsin: no run 'abc'; `tocsin run list` shows them\n")


@pytest.fixture
def lost(tocsin: Shell, files: Path) -> str:
    """The id of a run whose worker died in its step, and whose action cannot tell what became of it."""
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    run_id = tocsin.says("runbook", "run", "call-the-shop", "-i", "word=hello").strip()
    plan = Plan(summary="POST /say").model_dump(mode="json")
    happened = (
        events.StepPlanned(step="call", want={}, plan=plan, digest="d", risk="low"),
        events.StepStarted(step="call", attempt=1, key="k"),
        events.StepProbed(step="call", found="unknown"),
        events.RunFinished(status="needs_attention", summary="look whether it was said"),
    )

    async def tell(house: House) -> None:
        async with house.database.transaction() as session:
            facts = [Fact(event=event, run_id=run_id) for event in happened]
            await house.log.append(session, f"run/{run_id}", facts)

    tocsin.inside(tell)
    return run_id


def test_a_step_of_unknown_outcome_says_what_to_do(tocsin: Shell, lost: str) -> None:
    how = f"tocsin run resolve-unknown {lost[:8]} --step call --happened|--did-not-happen"
    assert how in tocsin.says("run", "show", lost)


def test_a_person_says_that_a_step_happened(tocsin: Shell, lost: str) -> None:
    tocsin.says("run", "resolve-unknown", lost, "--step", "call", "--happened")
    assert tocsin.json("run", "show", lost)["steps"]["call"]["probed"] == "done"


def test_to_resolve_without_saying_what_happened_is_wrong_usage(tocsin: Shell, lost: str) -> None:
    assert tocsin("run", "resolve-unknown", lost, "--step", "call").exit_code == 2


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 1), ("needs_attention", 3)])
def test_a_status_has_its_exit_code(status: str, code: int) -> None:
    assert exit_code(status) == code
