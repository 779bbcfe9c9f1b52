"""What a runbook says of steps that succeeded."""

from tests.runbooks.life import Life
from tests.runbooks.test_flow import each
from tests.runbooks.world import World, change, put, runbook
from tocsin.errors import ErrorClass
from tocsin.events import steering


def tells(*steps: str, world: World | None = None) -> list[steering.StepTold]:
    told: list[steering.StepTold] = Life(runbook(*steps), world or World()).live().of(steering.StepTold)
    return told


def test_a_summary_is_said_once_the_step_is_verified() -> None:
    step = put("one", "a", 3, timeline="{ summary: 'now ${{ steps.one.outputs.value }}' }")
    assert tells(step, put("two", "b", 1)) == [steering.StepTold(step="one", summary="now 3")]


def test_a_step_that_says_nothing_is_not_mentioned() -> None:
    assert tells(put("one", "a", 1)) == []


def test_a_loud_step_is_said_without_words() -> None:
    assert tells(put("one", "a", 1, timeline="{ level: major }")) == [
        steering.StepTold(step="one", level="major")
    ]


def test_a_loop_is_said_once() -> None:
    step = each("hosts", "[x, y]").replace(", foreach", ", timeline: { summary: did }, foreach")
    assert [one.step for one in tells(step)] == ["hosts"]


def test_a_hidden_loop_is_hidden_whole() -> None:
    step = each("hosts", "[x, y]").replace(", foreach", ", timeline: { level: hidden }, foreach")
    assert {one.step for one in tells(step)} == {"hosts", "hosts[0]", "hosts[1]"}


def test_a_summary_that_cannot_be_computed_stops_nothing() -> None:
    step = put("one", "a", 3, timeline="{ summary: '${{ 1 / (steps.one.outputs.value - 3) }}' }")
    [told] = tells(step)
    assert "cannot be computed" in told.summary


def test_a_failed_step_says_nothing() -> None:
    world = World(broken={("run", "a"): ErrorClass.DENIED})
    assert tells(change("box.set", "one", "a", 1, timeline="{ level: hidden }"), world=world) == []


def test_a_run_has_an_address() -> None:
    text = runbook(put("one", "a", 3, timeline="{ summary: '${{ run.url }}' }"))
    life = Life(text, World(), scope={"run": {"site": "https://tocsin.example"}}).live()
    [told] = life.of(steering.StepTold)
    assert told.summary == "https://tocsin.example/runs/r1"
