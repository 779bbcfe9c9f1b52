"""What runs ask of people besides approvals: gates, manual steps, quorums, what nobody could see."""

from tests.runbooks.life import Life, approve, is_asking, nobody
from tests.runbooks.world import ANA, BO, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import Actor, Event, steering
from tocsin.events import run as events
from tocsin.runbooks.state import Yes, is_met

CY = Actor(kind="slack", id="U0CY", name="Cy", email="cy@acme.example")
FILL_IN = "{ id: hand, manual: { instructions: Look, fields: { loss: { type: integer } } } }"
DO_IT = "{ id: hand, manual: { assignee: 'group:sre', instructions: Look, checklist: [This, That] } }"


def waits_for_hands(life: Life) -> bool:
    return life.state.step("hand").status == "waiting"


# Gates


def test_a_gate_lets_nothing_after_it_begin_before_people_agree() -> None:
    text = runbook("{ id: gate, approve: { from: ['group:sre'] } }", put("one", "a", 1))
    life = Life(text, World()).live(until=is_asking)
    before = dict(life.world.boxes)
    assert (before, life.live().world.boxes) == ({}, {"a": 1})


def test_a_gate_that_nobody_opens_ends_the_run() -> None:
    text = runbook("{ id: gate, approve: { from: ['group:sre'], expires: 5m } }", put("one", "a", 1))
    assert Life(text, World(), people=nobody).live().state.status == "expired"


def test_agreeing_at_a_gate_is_no_yes_to_a_plan() -> None:
    text = runbook("{ id: gate, approve: { from: ['group:sre'] } }", put("one", "a", 1))
    asked = Life(text, World(), mode="propose").live().of(events.ApprovalRequested)
    assert [one.step for one in asked] == ["gate", "one"]


# Several groups


def request(*quorums: tuple[str, int]) -> events.ApprovalRequested:
    groups = tuple(events.Quorum(principals=(name,), count=count) for name, count in quorums)
    return events.ApprovalRequested(
        step="one",
        digest="d",
        approvers=tuple(name for name, _ in quorums),
        count=sum(count for _, count in quorums),
        allow_self=False,
        expires_at="2026-11-25T04:00:00Z",
        quorums=groups,
    )


def yes(actor: Actor, *groups: str) -> Yes:
    return Yes(actor, frozenset(groups))


def test_nobody_counts_for_two_groups() -> None:
    wanted = request(("group:dba", 1), ("group:ic", 1))
    assert not is_met(wanted, [yes(ANA, "group:dba", "group:ic")])


def test_two_people_of_one_group_are_not_one_of_each() -> None:
    wanted = request(("group:dba", 1), ("group:ic", 1))
    assert not is_met(wanted, [yes(ANA, "group:dba"), yes(BO, "group:dba")])


def test_people_are_seated_so_that_every_group_is_met() -> None:
    wanted = request(("group:dba", 1), ("group:ic", 1))
    assert is_met(wanted, [yes(ANA, "group:dba", "group:ic"), yes(BO, "group:dba")])


def test_groups_can_want_several() -> None:
    wanted = request(("group:dba", 2), ("group:ic", 1))
    given = [yes(ANA, "group:dba"), yes(BO, "group:dba")]
    assert (is_met(wanted, given), is_met(wanted, [*given, yes(CY, "group:ic")])) == (False, True)


# Manual steps


def test_a_manual_step_waits_for_a_person_and_puts_out_what_they_fill_in() -> None:
    text = runbook(FILL_IN, outputs='{ loss: "${{ steps.hand.outputs.loss }}" }')
    life = Life(text, World()).live(until=waits_for_hands)
    life.append(steering.ManualCompleted(step="hand", output={"loss": 3}), BO)
    assert (life.live().state.status, life.state.outputs) == ("succeeded", {"loss": 3})


def test_a_manual_step_that_cannot_be_done_has_failed() -> None:
    life = Life(runbook(DO_IT), World()).live(until=waits_for_hands)
    life.append(steering.ManualRefused(step="hand", reason="no access"), BO)
    assert (life.live().state.status, "no access" in life.state.summary) == ("failed", True)


def test_a_manual_step_that_nobody_does_in_time_has_failed() -> None:
    life = Life(runbook(DO_IT.replace("manual:", "timeout: 4h, manual:")), World()).live()
    assert (life.state.status, "nobody did it in time" in life.state.summary) == ("failed", True)


def test_the_time_that_people_take_is_not_the_runs_own() -> None:
    text = runbook(DO_IT, put("one", "a", 1), guardrails="{ timeout: 10m }")
    life = Life(text, World()).live(until=waits_for_hands)
    life.pass_time(hours=3)
    life.append(steering.ManualCompleted(step="hand"), BO)
    assert life.live().state.status == "succeeded"


def test_instructions_say_what_the_run_knows() -> None:
    text = runbook(
        read("look", "a"), "{ id: hand, manual: { instructions: 'See ${{ steps.look.outputs.value }}' } }"
    )
    life = Life(text, World(boxes={"a": 7})).live(until=waits_for_hands)
    assert life.of(steering.ManualRequested)[0].instructions == "See 7"


# What nobody can see

BLIND_CHECK = "verify: [{ uses: box.read, with: { box: b }, assert: value.value == 1, on_inconclusive: ask }]"


def looks(holds: bool) -> object:
    def look(life: Life) -> Event | None:
        if life.state.step("one").status == "unknown":
            return events.UnknownResolved(step="one", happened=holds)
        return approve(life)

    return look


def blind(holds: bool | None = None) -> Life:
    world = World(broken={("read", "b"): ErrorClass.TRANSIENT})
    text = runbook(put("one", "a", 1)[:-2] + f", {BLIND_CHECK} }}", put("two", "c", 2))
    people = nobody if holds is None else looks(holds)
    return Life(text, world, people=people).live()  # type: ignore[arg-type]  # a People


def test_a_verification_that_sees_nothing_asks_a_person() -> None:
    life = blind()
    assert (life.state.status, "is not known" in life.state.summary) == ("needs_attention", True)


def test_a_person_who_says_that_it_holds_lets_the_run_go_on() -> None:
    assert blind(holds=True).world.boxes == {"a": 1, "c": 2}


def test_a_person_who_says_that_it_does_not_hold_fails_the_step() -> None:
    life = blind(holds=False)
    assert (life.state.status, "it does not hold" in life.state.summary) == ("failed", True)


# Undo that failed


def stuck() -> Life:
    world = World(broken={("undo", "a"): ErrorClass.DENIED, ("run", "b"): ErrorClass.DENIED})
    text = runbook(put("one", "a", 1), put("two", "b", 2), on_failure="{ compensate: true }")
    return Life(text, world).live()


def test_an_undo_that_a_person_did_by_hand_ends_the_run_as_compensated() -> None:
    life = stuck()
    life.append(steering.UndoResolved(step="one", undone=True), BO)
    assert life.live().state.status == "compensated"


def test_an_undo_can_be_tried_again() -> None:
    life = stuck()
    life.world.broken.clear()
    life.append(steering.UndoResolved(step="one", undone=False), BO)
    assert (life.live().state.status, life.world.boxes["a"]) == ("compensated", 0)


# Pause


def test_a_paused_run_begins_nothing() -> None:
    life = Life(runbook(change("box.add", "one", "a", 1)), World())
    life.append(steering.RunPaused(), BO)
    assert life.live().world.effects == []


def test_a_resumed_run_goes_on_and_the_pause_does_not_count() -> None:
    life = Life(runbook(put("one", "a", 1), guardrails="{ timeout: 10m }"), World())
    life.append(steering.RunPaused(), BO)
    life.pass_time(hours=3)
    life.append(steering.RunResumed(), BO)
    assert life.live().state.status == "succeeded"
