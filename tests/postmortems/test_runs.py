from datetime import timedelta

from tests.postmortems.story import ANA, BEN, OPENED, Story, at, opened

from tocsin.actions.base import Change
from tocsin.errors import ErrorClass
from tocsin.events import incident, run
from tocsin.postmortems.model import Run
from tocsin.postmortems.people import People
from tocsin.postmortems.runs import runs

REQUESTED = run.RunRequested(
    runbook="restart", revision="ab" * 32, inputs={"replicas": 6}, mode="propose", trigger="slash"
)
REPLICAS = Change(resource="k8s:main/shop/deployment/checkout", field="replicas", before=2, after=6)
PLANNED = run.StepPlanned(
    step="scale",
    want={"replicas": 6},
    plan={
        "summary": "Scale checkout from 2 to 6",
        "changes": [REPLICAS.model_dump()],
        "warnings": ["an autoscaler is at work"],
        "only_for_undo": {"replicas": 2},
    },
    digest="d1",
    risk="high",
)


def requested() -> Story:
    return opened().tell(REQUESTED, by=ANA, run="r1")


def attempt(number: int) -> run.StepStarted:
    return run.StepStarted(step="scale", attempt=number, key="k")


def failed(error: str) -> run.StepFailed:
    return run.StepFailed(step="scale", attempt=1, error=error, kind=ErrorClass.TRANSIENT)


def only(story: Story) -> Run:
    (found,) = runs(story.entries, People(story.entries))
    return found


def test_a_run_without_steps_is_running() -> None:
    assert (only(requested()).status, only(requested()).steps) == ("running", ())


def test_a_run_says_which_revision_it_was_of() -> None:
    assert only(requested()).revision == "ab" * 32


def test_a_run_says_what_role_its_requester_had() -> None:
    role = incident.RoleAssigned(role="scribe", person=ANA.id, person_name="Ana")
    story = opened().tell(role, by=ANA).tell(REQUESTED, at(minutes=1), by=ANA, run="r1")
    assert only(story).requested_role == "scribe"


def test_a_run_lasts_from_request_to_end_over_days() -> None:
    story = requested().tell(run.RunFinished(status="succeeded", summary=""), at(days=1, hours=2), run="r1")
    assert only(story).duration == timedelta(days=1, hours=2)


def test_a_run_that_needs_a_person_has_not_ended() -> None:
    story = requested().tell(run.RunFinished(status="needs_attention", summary="look"), at(1), run="r1")
    assert (only(story).status, only(story).duration) == ("needs attention", None)


def test_a_step_shows_its_diff() -> None:
    assert only(requested().tell(PLANNED, run="r1")).steps[0].changes == (REPLICAS,)


def test_a_step_says_who_approved_it_when_and_in_what_role() -> None:
    role = incident.RoleAssigned(role="scribe", person=BEN.id, person_name="Ben")
    story = requested().tell(role, by=BEN).tell(PLANNED, run="r1")
    given = run.ApprovalGiven(step="scale", digest="d1", comment="go")
    decision = only(story.tell(given, at(minutes=3), by=BEN, run="r1")).steps[0].decisions[0]
    assert (decision.by, decision.role, decision.at) == ("Ben", "scribe", OPENED + timedelta(minutes=3))


def test_a_rejection_is_a_decision_too() -> None:
    story = requested().tell(PLANNED, run="r1")
    story.tell(run.ApprovalRejected(step="scale", digest="d1", reason="too many"), by=BEN, run="r1")
    step = only(story).steps[0]
    assert (step.status, step.decisions[0].approved, step.problem) == ("rejected", False, "too many")


def test_what_a_later_attempt_mended_is_no_problem() -> None:
    story = requested().tell(attempt(1), run="r1").tell(failed("503"), run="r1").tell(attempt(2), run="r1")
    step = only(story.tell(run.StepSucceeded(step="scale", output={}), run="r1")).steps[0]
    assert (step.status, step.attempts, step.problem) == ("done", 2, "")


def test_a_step_lasts_until_it_is_taken_back() -> None:
    story = requested().tell(attempt(1), at(minutes=1), run="r1")
    story.tell(run.VerificationFailed(step="scale", reason="4 of 6 ready"), at(minutes=6), run="r1")
    story.tell(run.UndoStarted(step="scale"), at(minutes=7), run="r1")
    story.tell(run.StepUndone(step="scale"), at(minutes=9), run="r1")
    step = only(story).steps[0]
    assert (step.status, step.problem, step.duration) == (
        "taken back",
        "4 of 6 ready",
        timedelta(minutes=5),
    )


def test_an_undo_that_failed_says_what_to_do() -> None:
    undo = run.UndoFailed(step="scale", error="403", mend="Scale it to 2 by hand.")
    step = only(requested().tell(attempt(1), run="r1").tell(undo, run="r1")).steps[0]
    assert (step.status, step.problem) == ("could not be taken back", "403. Scale it to 2 by hand.")


def test_steps_stand_in_the_order_they_were_reached() -> None:
    story = requested().tell(run.StepSkipped(step="b", reason="no"), run="r1").tell(PLANNED, run="r1")
    assert [step.name for step in only(story).steps] == ["b", "scale"]


def test_two_runs_at_once_are_kept_apart() -> None:
    story = requested().tell(REQUESTED, run="r2").tell(attempt(1), run="r2")
    first, second = runs(story.entries, People(story.entries))
    assert (len(first.steps), len(second.steps)) == (0, 1)
