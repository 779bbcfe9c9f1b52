"""Runs followed live, with workers in processes of their own."""

import re
import signal
from pathlib import Path

from tests.actions.servers import Site
from tests.cli.shell import Shell

RUN = ("runbook", "run", "call-the-shop", "-i", "word=hello")


def test_a_run_can_be_done_in_the_process_that_follows_it(tocsin: Shell, files: Path, shop: Site) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    result = tocsin(*RUN, "--work")
    assert result.exit_code == 0
    assert "✓ Say the word (call): succeeded" in result.stderr
    assert len(shop.seen) == 1


def test_the_last_line_says_how_a_followed_run_ended(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    last = tocsin(*RUN, "--work").stderr.splitlines()[-1]
    assert re.fullmatch(r"succeeded after 00:00:\d\d: every step done and verified", last)


def test_a_run_that_fails_exits_with_1_and_says_why(tocsin: Shell, files: Path, shop: Site) -> None:
    shop.answers("/say", 404)
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    result = tocsin(*RUN, "--work")
    assert result.exit_code == 1
    assert "✗ Say the word (call): failed" in result.stderr


def test_the_followed_run_is_json_at_the_end(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    assert tocsin.json(*RUN, "--work")["status"] == "succeeded"


def test_a_run_that_nobody_takes_up_says_so_and_waits_for_a_worker(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    with tocsin.process(*RUN, "--wait") as following:
        assert following.stderr is not None
        said = [following.stderr.readline() for _ in range(2)]
        assert "It needs a worker: start `tocsin worker`" in said[1]
        with tocsin.process("worker") as worker:
            assert following.wait(60) == 0
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0


def test_an_interrupted_follower_leaves_the_run_as_it_is(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    with tocsin.process(*RUN, "--wait") as following:
        assert following.stderr is not None
        begun = following.stderr.readline().split()[1]
        following.stderr.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(30) == 130
        assert f"`tocsin run show {begun}` shows how it stands" in following.stderr.read()
    assert tocsin.json("run", "show", begun)["status"] == "requested"
