"""Runs steered from the command line, and everything stopped."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tocsin.events import Fact
from tocsin.events import run as events
from tocsin.main import House

HEAD = 'schema: runbook/v1\nname: work\ntitle: Work\npermissions: { run: ["*"], approve: ["*"] }\n'
BY_HAND = HEAD + (
    "steps: [{ id: call, name: Call, manual: { instructions: Ask for Kim, checklist: [They answered],"
    " fields: { ticket: { type: integer, required: true } } } }]\n"
)
TYPED = HEAD + (
    "steps: [{ id: gate, name: Really, approve: { from: ['*'], self: true, confirm: 'delete ${{ 1 }}' } }]\n"
)
REST = HEAD + "steps: [{ id: rest, name: Rest, wait: 1h }]\n"
CALLS = HEAD + (
    "steps: [{ id: calls, name: Calls, foreach: { items: [a, b, c, d, e, f, g, h, i, j] },"
    " manual: { instructions: Call } }]\n"
)


def begun(tocsin: Shell, files: Path, text: str) -> str:
    """Publish a runbook, start it, let a worker take it up once, and return the run's id."""
    (files / "work.yaml").write_text(text)
    tocsin.says("runbook", "publish", str(files / "work.yaml"))
    run_id = tocsin.says("runbook", "run", "work").strip()
    tocsin.work_on(run_id)
    return run_id


def test_a_manual_step_says_what_to_do_and_how_to_say_that_it_is_done(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, BY_HAND)
    said = tocsin.says("run", "show", run_id)
    assert "[ ] They answered" in said
    assert f"tocsin run complete {run_id[:8]} --step call --all -f ticket=…" in said


def test_a_manual_step_is_done_with_its_evidence(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, BY_HAND)
    tocsin.says("run", "complete", run_id, "--tick", "They answered", "-f", "ticket=7")
    assert tocsin.json("run", "show", run_id)["steps"]["call"]["output"] == {"ticket": 7}


def test_a_manual_step_that_is_half_done_still_waits(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, BY_HAND)
    result = tocsin("run", "complete", run_id, "-f", "ticket=7")
    assert (result.exit_code, "not ticked yet: They answered" in result.stderr) == (1, True)


def test_a_manual_step_is_refused(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, BY_HAND)
    tocsin.says("run", "refuse", run_id, "--reason", "closed")
    assert tocsin.json("run", "show", run_id)["steps"]["call"]["error"] == "closed"


def test_where_several_manual_steps_wait_one_has_to_be_named(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, CALLS.replace("foreach: {", "foreach: { max_parallel: 10,"))
    result = tocsin("run", "complete", run_id)
    assert (result.exit_code, "--step calls[0] or calls[1]" in result.stderr) == (1, True)


def test_the_items_of_a_foreach_are_counted(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, CALLS)
    assert ", 0 of 10 done" in tocsin.says("run", "show", run_id)
    assert "(calls[9])" in tocsin.says("run", "show", run_id, "--every")


@pytest.mark.parametrize(("typed", "code"), [("delete 1", 0), ("delete 2", 1)])
def test_what_has_to_be_typed_is_given_with_the_approval(
    tocsin: Shell, files: Path, typed: str, code: int
) -> None:
    run_id = begun(tocsin, files, TYPED)
    assert tocsin("run", "approve", run_id, "--confirm", typed).exit_code == code


def test_a_paused_run_says_so_until_it_is_resumed(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, REST)
    tocsin.says("run", "pause", run_id, "--reason", "a deploy")
    assert "a deploy, since" in tocsin.says("run", "show", run_id)
    tocsin.says("run", "resume", run_id)
    assert tocsin.json("run", "show", run_id)["paused"] is None


def test_broken_glass_is_kept_with_its_reason(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, REST)
    tocsin.says("run", "break-glass", run_id, "--reason", "fire")
    assert tocsin.json("run", "show", run_id)["glass"] == "fire"


def test_a_run_can_begin_with_broken_glass(tocsin: Shell, files: Path) -> None:
    begun(tocsin, files, REST)
    run_id = tocsin.says("runbook", "run", "work", "--break-glass", "fire").strip()
    assert tocsin.json("run", "show", run_id)["glass"] == "fire"


def test_a_run_that_ended_is_run_again(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, BY_HAND)
    tocsin.says("run", "refuse", run_id, "--reason", "closed")
    tocsin.work_on(run_id)
    again = tocsin.says("run", "rerun", run_id, "--failed").strip()
    assert tocsin.json("run", "show", again)["rerun_of"] == run_id


def test_a_run_that_goes_on_is_not_run_again(tocsin: Shell, files: Path) -> None:
    result = tocsin("run", "rerun", begun(tocsin, files, REST), "--from", "rest")
    assert (result.exit_code, "has not ended" in result.stderr) == (1, True)


def test_an_undo_that_failed_says_what_to_do_and_is_answered(tocsin: Shell, files: Path) -> None:
    run_id = begun(tocsin, files, REST)
    happened = (
        events.UndoStarted(step="rest"),
        events.UndoFailed(step="rest", error="403", mend="Put it back by hand."),
        events.RunFinished(status="needs_attention", summary="look"),
    )

    async def tell(house: House) -> None:
        async with house.database.transaction() as session:
            facts = [Fact(event=event, run_id=run_id) for event in happened]
            await house.log.append(session, f"run/{run_id}", facts)

    tocsin.inside(tell)
    assert "Put it back by hand." in tocsin.says("run", "show", run_id)
    tocsin.says("run", "resolve-undo", run_id, "--step", "rest", "--undone")
    assert tocsin.json("run", "show", run_id)["undo_failures"] == {}


def test_everything_is_stopped_and_goes_on_again(tocsin: Shell) -> None:
    tocsin.says("automation", "stop", "--reason", "it eats data")
    stopped = tocsin("automation", "status")
    assert (stopped.exit_code, "it eats data" in stopped.stdout) == (1, True)
    tocsin.says("automation", "resume")
    assert tocsin.json("automation", "status") == {"stopped": None}


def test_to_stop_everything_without_a_reason_is_wrong_usage(tocsin: Shell) -> None:
    assert tocsin("automation", "stop").exit_code == 2
