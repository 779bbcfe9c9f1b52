"""Drawings of runbooks: everything is in them, and nothing in a runbook breaks them."""

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import docs
import pytest

from tests.runbooks.samples import SMALL
from tocsin.runbooks import library
from tocsin.runbooks.drawing import as_svg
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import load
from tocsin.runbooks.mermaid import as_mermaid
from tocsin.runbooks.model import Runbook

GUIDE = (Path(docs.__file__).parent / "guide" / "write-a-runbook.md").read_text()
FLEET = next(one for one in re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.M | re.S) if "scale-fleet" in one)
LIBRARY = [file for file in Path(library.__path__[0]).glob("*.yaml") if not is_test(file)]
NAME = '"]; <b>&amp; end --> x'
HOSTILE = SMALL.replace("  - id: hold\n", f"  - id: hold\n    name: '{NAME}'\n")


@pytest.fixture(scope="module")
def fleet() -> Runbook:
    return load(FLEET, "fleet.yaml")


def written(svg: str) -> list[str]:
    return [one.text or "" for one in Xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_step_is_in_the_flowchart(fleet: Runbook) -> None:
    drawn = as_mermaid(fleet)
    assert [step.id for step in fleet.walk() if f"s_{step.id}" not in drawn] == []


def test_every_step_is_in_the_picture(fleet: Runbook) -> None:
    texts = written(as_svg(fleet))
    assert [step.id for step in fleet.walk() if step.title not in texts] == []


@pytest.mark.parametrize(
    "line",
    [
        '  subgraph lane0["steps"]',
        '    subgraph s_look["look<br/>all at the same time"]',
        "    s_figures --> s_look",
        "    s_scale -.-> s_scale_side0",
        '    s_moment(["moment<br/>waits 1m"])',
        '    s_looked[/"A person has looked<br/>done by group:sre"/]',
        '  subgraph lane1["when a step fails: what was done is undone"]',
        '  subgraph lane2["when it is cancelled"]',
        '  subgraph lane3["last, however it ended"]',
    ],
)
def test_the_flowchart_says(fleet: Runbook, line: str) -> None:
    assert line in as_mermaid(fleet).splitlines()


@pytest.mark.parametrize(
    "words",
    ["if it fails", "to undo it", "then undo", "no way back from here", "last, however it ended"],
)
def test_the_picture_says(fleet: Runbook, words: str) -> None:
    assert words in written(as_svg(fleet))


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.stem)
def test_a_library_runbook_can_be_drawn(file: Path) -> None:
    runbook = load(file.read_text(), file.name)
    assert runbook.title[:50] in written(as_svg(runbook))[0]
    assert as_mermaid(runbook).startswith("flowchart TD\n")


def test_a_name_cannot_break_out_of_the_flowchart() -> None:
    [line] = [one for one in as_mermaid(load(HOSTILE, "f.yaml")).splitlines() if "s_hold" in one]
    assert line.count('"') == 2
    assert "<b>" not in line


def test_a_name_cannot_break_out_of_the_picture() -> None:
    assert NAME in written(as_svg(load(HOSTILE, "f.yaml")))


def test_boxes_stay_inside_the_picture(fleet: Runbook) -> None:
    root = Xml.fromstring(as_svg(fleet))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for one in root.iter("{http://www.w3.org/2000/svg}rect"):
        if one.get("x"):
            assert float(one.get("x", 0)) + float(one.get("width", 0)) <= width
            assert float(one.get("y", 0)) + float(one.get("height", 0)) <= height
