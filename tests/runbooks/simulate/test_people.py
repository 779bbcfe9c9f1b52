"""What people do in a test, and that they are let do no more than anybody else."""

from datetime import timedelta

from tests.runbooks.simulate.desk import at, case, life, lived, told
from tests.runbooks.world import put, runbook

ASK = "{ from: ['group:sre'], expires: 1h }"
ASKS = runbook(put("one", "a", 1, approve=ASK, verify="none"))
WAITS = runbook(
    put("one", "a", 1, verify="none"),
    "{ id: hold, wait: 1h }",
    put("two", "b", 2),
    guardrails="{ timeout: 10h }",
)
TICKET = "fields: { ticket: { type: string, required: true } }"
BY_HAND = runbook(f"{{ id: look, manual: {{ instructions: Look, checklist: [seen, noted], {TICKET} }} }}")


def cast(tests: str, **people: str) -> str:
    """Return the tests with people who are somebody."""
    listed = ", ".join(f"{name}: {principals}" for name, principals in people.items())
    return tests.replace("cases:", f"cast: {{ {listed} }}\ncases:", 1)


def test_an_approval_comes_when_it_was_to_come() -> None:
    run = life(ASKS, case("people: [{ approve: one, after: 20m }]", steps="{ one: { approved_by: [bo] } }"))
    assert run.lasted == timedelta(minutes=20, seconds=1)


def test_several_people_approve_one_after_the_other() -> None:
    text = ASKS.replace("expires: 1h", "count: 2, expires: 1h")
    tests = case("people: [{ approve: one, by: [bo, cy] }]", steps="{ one: { approved_by: [bo, cy] } }")
    assert lived(text, tests).passed


def test_whatever_is_asked_can_be_approved() -> None:
    text = runbook(put("one", "a", 1, approve=ASK), put("two", "b", 2, approve=ASK))
    assert lived(text, case("people: [{ approve: '*' }]", approvals="[one, two]")).passed


def test_whoever_is_in_the_group_may_approve() -> None:
    assert lived(ASKS, cast(case("people: [{ approve: one }]"), bo="['group:sre']")).passed


def test_whoever_is_not_in_the_group_may_not() -> None:
    tests = cast(case("people: [{ approve: one }]", status="expired"), bo="['group:web']")
    assert told(lived(ASKS, tests)) == [
        f"{at(tests, '{ approve')}: bo was to approve one, and was not let: "
        "bo may not approve this run: that takes group:sre. Nothing was changed."
    ]


def test_a_refusal_can_be_expected() -> None:
    refused = "people: [{ approve: one, by: ana, refused: somebody else }]"
    assert lived(ASKS, case(refused, status="expired", calls="[]")).passed


def test_an_expected_refusal_that_does_not_come_is_said() -> None:
    tests = case("people: [{ approve: one, refused: no }]")
    assert told(lived(ASKS, tests)) == [
        f"{at(tests, 'no }')}: bo was to approve one and to be refused, and was let"
    ]


def test_a_refusal_for_another_reason_is_said() -> None:
    tests = case("people: [{ approve: one, by: ana, refused: too late }]", status="expired")
    assert told(lived(ASKS, tests))[0].startswith(f"{at(tests, 'too late')}: not as expected")


def test_what_never_came_about_is_said() -> None:
    tests = case("people: [{ approve: two }]")
    assert told(lived(WAITS, tests)) == [
        f"{at(tests, '{ approve')}: bo was to approve two, and it never came to that"
    ]


def test_what_was_to_be_typed_has_to_be_typed() -> None:
    text = ASKS.replace("expires: 1h", "expires: 1h, confirm: box a")
    assert lived(text, case("people: [{ approve: one, confirm: box a }]")).passed
    refused = case("people: [{ approve: one, confirm: box b, refused: type }]", status="expired")
    assert lived(text, refused).passed


def test_a_rejection_cancels_the_run() -> None:
    tests = case(
        "people: [{ reject: one, reason: not now }]", status="cancelled", summary="not now", calls="[]"
    )
    assert lived(ASKS, tests).passed


def test_a_manual_step_is_done_with_what_was_filled_in() -> None:
    done = "people: [{ complete: look, after: 3h, fields: { ticket: OPS-1 } }]"
    run = life(BY_HAND, case(done, steps="{ look: { status: succeeded, outputs: { ticket: OPS-1 } } }"))
    assert run.lasted == timedelta(hours=3)


def test_a_manual_step_needs_what_its_fields_need() -> None:
    done = "people: [{ complete: look, refused: ticket }]"
    assert lived(BY_HAND, case(done, status="failed")).passed


def test_a_manual_step_needs_every_tick() -> None:
    ticked = "ticked: [seen], refused: 'not ticked yet: noted'"
    done = f"people: [{{ complete: look, fields: {{ ticket: OPS-1 }}, {ticked} }}]"
    assert lived(BY_HAND, case(done, status="failed")).passed


def test_a_manual_step_can_be_refused() -> None:
    tests = case("people: [{ refuse: look, reason: no access }]", status="failed", summary="no access")
    assert lived(BY_HAND, tests).passed


def test_a_run_can_be_cancelled_while_a_step_is_at_work() -> None:
    run = life(
        WAITS,
        case(
            "people: [{ cancel: leave, during: hold, after: 5m, reason: enough }]",
            status="cancelled",
            calls="[box.set]",
        ),
    )
    assert run.lasted == timedelta(minutes=5, seconds=1)


def test_a_cancelled_run_can_take_back_what_it_did() -> None:
    act = "people: [{ cancel: compensate, during: hold }]"
    assert lived(WAITS, case(act, status="cancelled", calls="[box.set, undo box.set]")).passed


def test_a_paused_run_begins_nothing_until_it_is_resumed() -> None:
    acts = "people: [{ pause: true, during: hold }, { resume: true, after: 5h }]"
    assert life(WAITS, case(acts)).lasted > timedelta(hours=5)


def test_only_an_admin_breaks_the_glass() -> None:
    text = runbook(put("one", "a", 1, verify="none"), guardrails="{ timeout: 5h }")
    acts = (
        "freezes: [{ calendar: peak, until: 3h }]",
        "people: [{ break_glass: it burns, by: cy, after: 1m }]",
    )
    assert life(text, cast(case(*acts), cy="['role:admin']")).lasted == timedelta(minutes=1, seconds=1)
    assert "was not let" in told(lived(text, cast(case(*acts), cy="['role:responder']")))[0]


def test_a_step_of_unknown_outcome_is_looked_at_by_a_person() -> None:
    text = runbook("{ id: one, uses: box.fire, with: { box: a, value: 1 } }")
    world = "world: { one: { run: { fail: timeout }, probe: unknown } }"
    acts = "people: [{ resolve: one, happened: true, after: 20m }]"
    assert life(text, case(world, acts, calls="[box.fire]")).lasted > timedelta(minutes=20)


def test_an_undo_that_failed_is_mended_by_a_person() -> None:
    text = runbook(put("one", "a", 1), on_failure="{ compensate: true }")
    world = "world: { one: { verify: failed, undo: { fail: denied } } }"
    acts = "people: [{ mend: one, undone: true, after: 2h }]"
    assert lived(text, case(world, acts, status="compensated", steps="{ one: undone }")).passed


def test_a_run_that_is_refused_is_never_started() -> None:
    text = runbook(put("one", "a", 1), permissions="{ run: ['group:sre'] }")
    tests = case("requested_by: cy", refused="that takes group:sre")
    assert lived(text, cast(tests, cy="['group:web']")).passed


def test_a_run_that_was_to_be_refused_and_is_not_is_said() -> None:
    tests = case(refused="nobody may")
    assert told(lived(WAITS, tests)) == [
        f"{at(tests, 'nobody may')}: expected a refusal, and the run began: succeeded"
    ]


def test_a_trigger_asks_before_it_changes_anything() -> None:
    acts = ("requested_by: system", "mode: propose", "people: [{ approve: one }]")
    assert lived(runbook(put("one", "a", 1)), case(*acts, approvals="[one]")).passed
