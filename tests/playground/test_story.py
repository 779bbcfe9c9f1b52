"""The main job from the page to the postmortem, with every part a process of its own."""

from pathlib import Path

import pytest

from tocsin.playground.story import Story
from tocsin.playground.town import Town

pytestmark = pytest.mark.timeout(400)


def test_a_page_becomes_a_postmortem_by_way_of_an_approved_rollback(tmp_path: Path) -> None:
    told: list[str] = []
    with Town(tmp_path / "town", told.append) as town:
        chapters = list(Story(town).play(tmp_path / "postmortem.md"))
    assert len(chapters) == 10
