"""How other repositories lint their runbooks with this one: pre-commit, and a GitHub Action."""

import re
import shlex
from pathlib import Path
from typing import Any

import docs
import pytest
from ruamel.yaml import YAML

from tests.cli.shell import Shell

ROOT = Path(docs.__file__).parents[1]


def read(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text())


def test_the_hook_calls_lint() -> None:
    [hook] = read(".pre-commit-hooks.yaml")
    assert shlex.split(hook["entry"]) == ["tocsin", "runbook", "lint"]
    assert hook["language"] == "python"


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("runbooks/scale.yaml", True),
        ("teams/sre/runbooks/a/b.yml", True),
        ("deploy/values.yaml", False),
        ("runbooks/README.md", False),
    ],
)
def test_the_hook_takes_runbooks_only(path: str, *, taken: bool) -> None:
    [hook] = read(".pre-commit-hooks.yaml")
    assert bool(re.search(hook["files"], path)) is taken


def test_the_action_pastes_no_input_into_its_scripts() -> None:
    steps = [step for step in read("action.yml")["runs"]["steps"] if "run" in step]
    assert [step["name"] for step in steps if "${{" in step["run"]] == []


def test_the_action_hands_every_input_on() -> None:
    action = read("action.yml")
    handed = " ".join(str(step.get("env", "")) for step in action["runs"]["steps"])
    assert [name for name in action["inputs"] if f"inputs.{name} " not in handed] == []


def test_the_action_calls_lint_with_options_that_there_are() -> None:
    script = read("action.yml")["runs"]["steps"][-1]["run"]
    told = Shell({}).says("runbook", "lint", "--help")
    assert [one for one in set(re.findall(r"--[a-z]+", script)) if one not in told] == []
