"""The SSM documents that come with the library: what their scripts do on a real file system."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tocsin.runbooks import library

FOLDER = Path(library.__path__[0]) / "ssm"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def document(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def script(name: str, **given: str) -> str:
    """Return the script with its parameters filled in, as SSM does it: as text."""
    content = document(name)
    [step] = content["mainSteps"]
    text = "\n".join(step["inputs"]["runCommand"])
    for parameter, spec in content["parameters"].items():
        text = text.replace(f"{{{{ {parameter} }}}}", given.get(parameter, spec["default"]))
    return text


def run(text: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, env={"PATH": path})


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The programs of a machine: df and awk as they are, and cleaners that only note what they were told."""
    for name in ("df", "awk"):
        found = next(one for one in os.environ["PATH"].split(":") if Path(one, name).exists())
        (tmp_path / name).symlink_to(Path(found, name))
    for name in ("journalctl", "apt-get", "systemd-tmpfiles"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/told\necho noise\n')
        (tmp_path / name).chmod(0o755)
    return tmp_path


def told(tools: Path) -> list[str]:
    path = tools / "told"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_a_default_that_its_pattern_allows(name: str) -> None:
    for spec in document(name)["parameters"].values():
        assert re.fullmatch(spec["allowedPattern"].strip("^$"), spec["default"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", ["/'; id; '", "/$(id)", "/ /etc", "/`id`", "75; id"])
def test_no_parameter_can_bring_a_command_of_its_own(name: str, given: str) -> None:
    patterns = [spec["allowedPattern"] for spec in document(name)["parameters"].values()]
    assert [pattern for pattern in patterns if re.search(pattern, given)] == []


def test_disk_usage_prints_what_df_says_as_json(tmp_path: Path) -> None:
    printed = json.loads(run(script("Tocsin-DiskUsage", mount=str(tmp_path))).stdout)
    stat = os.statvfs(tmp_path)
    assert printed["used_bytes"] == pytest.approx((stat.f_blocks - stat.f_bfree) * stat.f_frsize, rel=0.05)
    assert 0 <= printed["used_percent"] <= 100


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_is_not_there_is_an_error(name: str) -> None:
    assert run(script(name, mount="/nowhere")).returncode != 0


def test_a_clean_up_does_one_thing_after_the_other(tools: Path) -> None:
    ran = run(script("Tocsin-DiskCleanup", mount="/", until="0", keep="12"), path=str(tools))
    assert told(tools) == [
        "journalctl --rotate --vacuum-time=12h",
        "apt-get clean",
        "systemd-tmpfiles --clean",
    ]
    assert json.loads(ran.stdout)["cleaned"] == ["journal", "packages", "temporary"]


def test_a_clean_up_stops_when_the_disk_is_empty_enough(tools: Path) -> None:
    ran = run(script("Tocsin-DiskCleanup", mount="/", until="101"), path=str(tools))
    assert (told(tools), json.loads(ran.stdout)["cleaned"]) == ([], [])


def test_what_a_machine_does_not_have_is_left_out(tools: Path) -> None:
    (tools / "journalctl").unlink()
    ran = run(script("Tocsin-DiskCleanup", mount="/", until="0"), path=str(tools))
    assert json.loads(ran.stdout)["cleaned"] == ["packages", "temporary"]
