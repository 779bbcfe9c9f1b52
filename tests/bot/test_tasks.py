"""Jobs by name: what is deferred is what is done."""

import re

from tests.bot.stage import Stage
from tests.bot.test_manifest import SOURCES
from tocsin.bot.tasks import tasks


async def test_every_job_that_is_named_anywhere_has_a_function_and_none_is_left_over(stage: Stage) -> None:
    deferring = [path.read_text() for path in SOURCES if path.name != "tasks.py"]
    named = {name for text in deferring for name in re.findall(r'"(bot\.[a-z_]+)"', text)}
    assert named == set(tasks(stage.office))
