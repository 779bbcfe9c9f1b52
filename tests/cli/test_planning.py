from pathlib import Path

from sqlmodel import func, select

from tests.actions.kube import Kube
from tests.actions.servers import Site
from tests.cli.shell import Shell
from tocsin.log import EventRow
from tocsin.main import House


def test_a_file_is_planned_without_being_published(tocsin: Shell, files: Path, shop: Site) -> None:
    said = tocsin.says("runbook", "plan", str(files / "calls.yaml"), "-i", "word=hello")
    assert f"request: nothing → POST {shop.url}/say" in said


def test_a_plan_calls_nothing(tocsin: Shell, files: Path, shop: Site) -> None:
    tocsin.says("runbook", "plan", str(files / "calls.yaml"), "-i", "word=hello")
    assert shop.seen == []


def test_a_plan_writes_no_event(tocsin: Shell, files: Path) -> None:
    counts: list[int] = []

    async def count(house: House) -> None:
        async with house.database.transaction() as session:
            counts.append((await session.exec(select(func.count()).select_from(EventRow))).one())

    tocsin.inside(count)
    tocsin.says("runbook", "plan", str(files / "calls.yaml"), "-i", "word=hello")
    tocsin.inside(count)
    assert counts[0] == counts[1]


def test_a_plan_says_who_has_to_approve(tocsin: Shell, files: Path) -> None:
    said = tocsin.says("runbook", "plan", str(files / "asks.yaml"), "-i", "word=hello")
    assert "asks first: 1 of *, the requester included, within 00:20:00" in said


def test_a_step_that_depends_on_another_is_planned_later(tocsin: Shell, files: Path) -> None:
    steps = _steps(tocsin, files / "depends.yaml")
    assert steps["again"]["note"] == "planned when call has run: it depends on what that finds"


def test_a_step_whose_condition_does_not_hold_is_skipped(tocsin: Shell, files: Path) -> None:
    steps = _steps(tocsin, files / "depends.yaml")
    assert steps["never"]["note"] == "skipped: `inputs.word == 'never'` does not hold"


def test_a_wait_says_how_long_it_is(tocsin: Shell, files: Path) -> None:
    assert _steps(tocsin, files / "depends.yaml")["rest"]["note"] == "waits 5m"


def test_an_action_that_refuses_to_plan_exits_with_1(tocsin: Shell, files: Path) -> None:
    result = tocsin("runbook", "plan", str(files / "unknown_system.yaml"), "-i", "word=hello")
    assert result.exit_code == 1
    assert "✗ no connection 'http:nobody'" in result.stdout


def test_a_missing_input_is_named(tocsin: Shell, files: Path) -> None:
    result = tocsin("runbook", "plan", str(files / "calls.yaml"))
    assert (result.exit_code, result.stderr) == (1, "tocsin: input `word` is required\n")


def test_an_input_without_a_value_is_wrong_usage(tocsin: Shell, files: Path) -> None:
    assert tocsin("runbook", "plan", str(files / "calls.yaml"), "-i", "word").exit_code == 2


def test_a_published_runbook_shows_what_the_cluster_has_and_would_have(tocsin: Shell, kube: Kube) -> None:
    name = kube.deploy()
    with Path(tocsin.environment["TOCSIN_CONFIG"]).open("a") as config:
        config.write(f'  "k8s:main": {{ kind: k8s, kubeconfig: {kube.kubeconfig!r}, context: admin }}\n')
    said = tocsin.says("runbook", "plan", "scale-deployment", "-i", f"deployment={name}", "-i", "replicas=6")
    assert "replicas: 2 → 6" in said


def _steps(tocsin: Shell, file: Path) -> dict[str, dict[str, object]]:
    planned = tocsin.json("runbook", "plan", str(file), "-i", "word=hello")
    return {step["step"]: step for step in planned["steps"]}
