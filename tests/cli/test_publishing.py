"""Drafts, reviews and channels at a shell."""

from pathlib import Path

import pytest

from tests.cli import samples
from tests.cli.shell import Shell
from tests.runbooks.houses import ANA
from tocsin.main import House
from tocsin.runbooks.load import load
from tocsin.runbooks.tables import Standing

NAME = "call-the-shop"
FIRST = load(samples.CALLS, "").digest
CHANGED = samples.CALLS.replace("verify: none", "verify: none\n  - { id: rest, wait: 1s }")


@pytest.fixture
def careful(tocsin: Shell, files: Path) -> Shell:
    """A shell whose organisation wants one person to agree; `call-the-shop` is published already."""
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    config = Path(tocsin.environment["TOCSIN_CONFIG"])
    config.write_text(config.read_text() + "runbooks: { review: { publish: 1 } }\n")
    (files / "calls.yaml").write_text(CHANGED)
    return tocsin


def proposed_by_ana(shell: Shell) -> None:
    async def propose(house: House) -> None:
        async with house.database.transaction() as session:
            revision = await house.revisions.enter(session, ANA, CHANGED, "calls.yaml")
            await house.proposals.publish(session, ANA, NAME, revision.digest, "draft")

    config = Path(shell.environment["TOCSIN_CONFIG"])
    config.write_text(config.read_text() + 'access: { admin: ["user:ana@acme.example"] }\n')
    shell.inside(propose)


def published(shell: Shell) -> str:
    return {one["runbook"]: str(one["digest"]) for one in shell.json("runbook", "list")}[NAME]


def test_a_file_that_people_have_to_agree_with_waits_and_exits_with_3(careful: Shell, files: Path) -> None:
    result = careful("runbook", "publish", str(files / "calls.yaml"))
    assert result.exit_code == 3
    assert (
        "waits: 1 person other than its author must agree first, because step `rest` is added"
        in result.stdout
    )
    assert published(careful) == FIRST


def test_who_published_it_may_not_agree(careful: Shell, files: Path) -> None:
    careful("runbook", "publish", str(files / "calls.yaml"))
    result = careful("runbook", "approve", NAME)
    assert result.exit_code == 1
    assert "somebody else has to agree" in result.stderr


def test_agreeing_shows_the_change_and_publishes_it(careful: Shell) -> None:
    proposed_by_ana(careful)
    result = careful("runbook", "approve", NAME, "--comment", "tried it")
    assert (result.exit_code, published(careful)) == (0, load(CHANGED, "").digest)
    assert "! step `rest` is added: wait" in result.stderr


def test_a_decision_on_another_draft_is_refused(careful: Shell) -> None:
    proposed_by_ana(careful)
    result = careful("runbook", "approve", NAME, "--revision", FIRST)
    assert result.exit_code == 1
    assert "is not what is proposed" in result.stderr


def test_a_rejected_draft_is_listed_no_more(careful: Shell) -> None:
    proposed_by_ana(careful)
    careful.says("runbook", "reject", NAME, "--reason", "not today")
    assert careful.json("runbook", "list", "--channel", "draft") == []


def test_the_change_that_waits_is_shown_with_what_it_means(careful: Shell) -> None:
    proposed_by_ana(careful)
    said = careful.says("runbook", "diff", NAME).splitlines()
    assert (said[0], said[-1]) == ("! step `rest` is added: wait", "+  - { id: rest, wait: 1s }")


def test_a_difference_is_told_as_json(careful: Shell) -> None:
    proposed_by_ana(careful)
    assert careful.json("runbook", "diff", NAME)["changes"] == [
        {"kind": "step_added", "text": "step `rest` is added: wait", "raises": True}
    ]


def test_going_back_is_one_command(careful: Shell) -> None:
    proposed_by_ana(careful)
    careful.says("runbook", "approve", NAME)
    careful.says("runbook", "publish", NAME, "--revision", "previous")
    assert published(careful) == FIRST


def test_a_channel_of_its_own_is_for_what_is_known_to_be_good(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    tocsin.says("runbook", "publish", NAME, "--channel", "stable")
    (files / "calls.yaml").write_text(CHANGED)
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    [stable] = tocsin.json("runbook", "list", "--channel", "stable")
    assert (stable["digest"], published(tocsin)) == (FIRST, load(CHANGED, "").digest)
    assert "rest" not in tocsin.says("runbook", "show", NAME, "--channel", "stable")


def test_a_run_is_of_the_channel_that_is_asked_for(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    tocsin.says("runbook", "publish", NAME, "--channel", "stable")
    (files / "calls.yaml").write_text(CHANGED)
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    run = tocsin.json("runbook", "run", NAME, "-i", "word=x", "--channel", "stable")
    assert run["revision"] == FIRST


def test_nothing_is_stable_before_somebody_says_so(tocsin: Shell) -> None:
    result = tocsin("runbook", "show", "scale-deployment", "--channel", "stable")
    assert result.exit_code == 1
    assert (
        "`tocsin runbook publish scale-deployment --channel stable` makes the published one so"
        in result.stderr
    )


def test_the_history_says_where_the_channels_are(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    tocsin.says("runbook", "publish", NAME, "--channel", "stable")
    (files / "calls.yaml").write_text(CHANGED)
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    history = tocsin.json("runbook", "history", NAME)
    assert [one["channels"] for one in history] == [["published"], ["stable"]]
    assert "calls.yaml" in tocsin.says("runbook", "history", NAME)


def test_triggers_are_rearmed(tocsin: Shell) -> None:
    async def fail(house: House) -> None:
        async with house.database.transaction() as session:
            session.add(Standing(runbook="scale-deployment", failures=3, demoted=True))

    tocsin.inside(fail)
    tocsin.says("runbook", "rearm", "scale-deployment", "--reason", "the cluster was at fault")
    assert tocsin("runbook", "rearm", "scale-deployment").exit_code == 1
