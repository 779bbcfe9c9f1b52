"""When the world agrees with a step, and when it does not."""

from datetime import timedelta

from tests.runbooks.life import Life
from tests.runbooks.world import Fault, World, put, runbook
from tocsin.errors import ErrorClass
from tocsin.events import run as events

ASK = "{ from: ['group:sre'] }"
INCIDENT = {"incident": {"id": "i1", "channel": None}}


def test_verify_looks_until_the_world_agrees() -> None:
    life = Life(runbook(put("one", "a", 1)), World(slow={"a": 3})).live()
    assert [one.state for one in life.of(events.StepChecked)] == ["waiting"] * 3 + ["ok"]


def test_verify_keeps_its_interval() -> None:
    verify = "{ uses: box.read, with: { box: b }, assert: value.value == 1, interval: 10s, deadline: 1m }"
    life = Life(runbook(put("one", "a", 1, verify=verify)), World()).live()
    looks = [entry.occurred_at for entry in life.entries if isinstance(entry.event, events.StepChecked)]
    assert looks[1] - looks[0] == timedelta(seconds=11)  # the look itself takes one


def test_verify_wants_as_many_passes_in_a_row_as_the_runbook_says() -> None:
    verify = "{ uses: box.read, with: { box: a }, assert: value.value == 1, consecutive: 3 }"
    life = Life(runbook(put("one", "a", 1, verify=verify)), World()).live()
    assert len(life.of(events.StepChecked)) == 3


def test_verify_wants_it_to_hold_as_long_as_the_runbook_says() -> None:
    verify = "{ uses: box.read, with: { box: a }, assert: value.value == 1, interval: 5s, for: 20s }"
    life = Life(runbook(put("one", "a", 1, verify=verify)), World()).live()
    looks = [entry.occurred_at for entry in life.entries if isinstance(entry.event, events.StepChecked)]
    assert looks[-1] - looks[0] >= timedelta(seconds=20)


def test_a_look_that_fails_begins_the_row_again() -> None:
    verify = "{ uses: box.read, with: { box: a }, assert: value.value == 1, consecutive: 2 }"
    world = World(faults={("read", "a"): [Fault(ErrorClass.TRANSIENT)]})
    life = Life(runbook(put("one", "a", 1, verify=verify)), world).live()
    assert [one.state for one in life.of(events.StepChecked)] == ["inconclusive", "ok", "ok"]


def test_what_cannot_be_seen_is_never_a_success() -> None:
    world = World(broken={("read", "a"): ErrorClass.TRANSIENT})
    verify = "{ uses: box.read, with: { box: a }, assert: value.value == 1, deadline: 20s }"
    life = Life(runbook(put("one", "a", 1, verify=verify)), world).live()
    assert life.state.status == "failed"
    assert life.state.summary == "one failed: not within 20 s: read a: transient; not undone: one"


def test_a_verification_over_its_deadline_fails_the_step() -> None:
    life = Life(runbook(put("one", "a", 1)), World(slow={"a": 10_000})).live()
    assert "verification_failed:one" in life.told()


def test_a_deadline_that_passed_while_nobody_looked_gives_one_more_look() -> None:
    life = Life(runbook(put("one", "a", 1)), World(slow={"a": 1}))
    life.live(until=lambda life: bool(life.of(events.StepChecked)))
    life.pass_time(minutes=30)
    assert life.live().state.status == "succeeded"


def test_verify_never_changes_anything() -> None:
    verify = "{ uses: box.set, with: { box: b, value: 9 }, deadline: 10s }"
    life = Life(runbook(put("one", "a", 1, verify=verify)), World()).live()
    assert (life.state.status, life.world.boxes) == ("failed", {"a": 1})
