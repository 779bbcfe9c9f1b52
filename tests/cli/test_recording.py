from pathlib import Path

import pytest

from tests.actions.servers import Site
from tests.cli.samples import ASKS, CALLS
from tests.cli.shell import Shell


@pytest.fixture
def run_id(tocsin: Shell, tmp_path: Path) -> str:
    """A run of a runbook beside which its test is to stand."""
    (tmp_path / "asks.yaml").write_text(ASKS)
    tocsin.says("runbook", "publish", str(tmp_path / "asks.yaml"))
    started = tocsin.says("runbook", "run", "ask-then-call", "-i", "word=hello").strip()
    tocsin.work_on(started)
    return started


def test_a_run_that_was_is_recorded_and_lived_again(
    tocsin: Shell, shop: Site, run_id: str, tmp_path: Path
) -> None:
    tocsin.says("run", "approve", run_id[:8])
    tocsin.work_on(run_id)
    (tmp_path / "asks.test.yaml").write_text(tocsin.says("runbook", "record", run_id[:8]))
    heard = len(shop.seen)
    [case] = tocsin.json("runbook", "test", str(tmp_path / "asks.yaml"))["cases"]
    assert (case["status"], case["problems"], len(shop.seen)) == ("succeeded", [], heard)


def test_a_run_that_failed_fails_again(tocsin: Shell, shop: Site, tmp_path: Path) -> None:
    shop.answers("/say", 403, b"no")
    (tmp_path / "calls.yaml").write_text(CALLS)
    tocsin.says("runbook", "publish", str(tmp_path / "calls.yaml"))
    run_id = tocsin.says("runbook", "run", "call-the-shop", "-i", "word=hello").strip()
    tocsin.work_on(run_id)
    (tmp_path / "calls.test.yaml").write_text(tocsin.says("runbook", "record", run_id[:8]))
    [case] = tocsin.json("runbook", "test", str(tmp_path / "calls.yaml"))["cases"]
    assert (case["status"], case["problems"]) == ("failed", [])


def test_a_run_that_goes_on_is_not_recorded(tocsin: Shell, run_id: str) -> None:
    result = tocsin("runbook", "record", run_id[:8])
    assert result.exit_code == 1
    assert "still goes on: awaiting_approval" in result.stderr
