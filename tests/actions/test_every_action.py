"""What every listed action is held to, against the real SDKs and real servers."""

import time
import traceback

import pytest
from pydantic import JsonValue

from tests.actions.cases import CASES
from tests.actions.cases.worlds import Case, Worlds
from tests.actions.kube import CANARY
from tocsin.actions.base import Effect, Plan, Probe, Verdict
from tocsin.actions.registry import BUILT_IN, AnyAction, Registry
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

LISTED = Registry(Connections({}))
EVERY = sorted(CASES)
UNDOABLE = [name for name in EVERY if LISTED.get(name).undoable()]
FINAL = [name for name in EVERY if not LISTED.get(name).undoable()]
ONCE = [name for name in EVERY if LISTED.get(name).effect is Effect.ONCE and LISTED.get(name).probes()]
BLIND = [name for name in EVERY if LISTED.get(name).effect is Effect.ONCE and not LISTED.get(name).probes()]
"""Nobody can tell afterwards whether a command ran: a person is asked."""
CHANGING = [name for name in EVERY if LISTED.get(name).effect is not Effect.READ]
LOCKING = [name for name in CHANGING if name != "slack.post"]
"""Two posts to one channel do not disturb each other."""

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param](Worlds(request.getfixturevalue))


@pytest.fixture
def action(request: pytest.FixtureRequest, case: Case) -> AnyAction:
    name = request.node.callspec.params["case"]
    return Registry(case.connections).get(name)


def of(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", names, indirect=True)


def attempt(action: AnyAction, want: object) -> ActionFailed:
    """Plan and run something that cannot work."""
    with pytest.raises(ActionFailed) as caught:
        action.run(want, action.plan(want), "step-1")
    return caught.value


def settled(action: AnyAction, want: object, plan: Plan) -> Verdict:
    """Verify as the worker does, until it is no longer waiting."""
    deadline = time.monotonic() + 30
    while (verdict := action.verify(want, plan)).state == "waiting" and time.monotonic() < deadline:
        time.sleep(0.1)
    return verdict


def test_every_listed_action_has_a_case() -> None:
    assert [entry.name for entry in BUILT_IN] == EVERY


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_an_action_is_listed_under_its_own_name(entry: object) -> None:
    assert entry.load().name == entry.name  # type: ignore[attr-defined]


@of(EVERY)
def test_plan_changes_nothing(case: Case, action: AnyAction) -> None:
    before = (case.state(), case.effects())
    action.plan(case.want)
    assert (case.state(), case.effects()) == before


@of(CHANGING)
def test_a_plan_says_what_would_change(case: Case, action: AnyAction) -> None:
    assert not action.plan(case.want).noop


@of(CHANGING)
def test_run_changes_what_the_plan_said(case: Case, action: AnyAction) -> None:
    before = case.state()
    action.run(case.want, action.plan(case.want), "step-1")
    assert case.state() != before


@of(EVERY)
def test_running_twice_equals_running_once(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    action.run(case.want, plan, "step-1")
    once = case.effects()
    action.run(case.want, plan, "step-1")
    assert case.effects() == once


@of(EVERY)
def test_the_world_agrees_after_a_run(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    action.run(case.want, plan, "step-1")
    assert settled(action, case.want, plan).state == "ok"


@of(UNDOABLE)
def test_undo_restores_what_plan_saw(case: Case, action: AnyAction) -> None:
    before = case.state()
    plan = action.plan(case.want)
    action.run(case.want, plan, "step-1")
    action.undo(case.want, plan)
    assert case.state() == before


@of(UNDOABLE)
def test_undo_works_from_the_logged_plan(case: Case, action: AnyAction) -> None:
    before = case.state()
    logged = action.plan(case.want).model_dump_json()
    action.run(case.want, action.plan_model.model_validate_json(logged), "step-1")
    action.undo(case.want, action.plan_model.model_validate_json(logged))
    assert case.state() == before


@of(UNDOABLE)
def test_undo_of_what_never_happened_changes_nothing(case: Case, action: AnyAction) -> None:
    before = case.effects()
    action.undo(case.want, action.plan(case.want))
    assert case.effects() == before


@of(FINAL)
def test_what_cannot_be_undone_says_so(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    with pytest.raises(ActionFailed, match="cannot be undone"):
        action.undo(case.want, plan)


@of(ONCE)
def test_a_probe_knows_what_has_not_happened(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    assert action.probe(case.want, plan, "step-1") is Probe.NOT_DONE


@of(BLIND)
def test_what_nobody_can_tell_is_unknown(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    action.run(case.want, plan, "step-1")
    assert action.probe(case.want, plan, "step-1") is Probe.UNKNOWN


@of(ONCE)
def test_a_probe_knows_what_has_happened(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    action.run(case.want, plan, "step-1")
    assert action.probe(case.want, plan, "step-1") is Probe.DONE


@of(ONCE)
def test_what_a_lost_run_put_out_is_recovered(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    output = action.run(case.want, plan, "step-1")
    assert action.recover(case.want, plan, "step-1") == output


@of(ONCE)
def test_recovering_changes_nothing(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    action.run(case.want, plan, "step-1")
    before = (case.state(), case.effects())
    action.recover(case.want, plan, "step-1")
    assert (case.state(), case.effects()) == before


@of(EVERY)
def test_a_missing_object_is_missing(case: Case, action: AnyAction) -> None:
    assert attempt(action, case.missing).kind is ErrorClass.MISSING


@of(EVERY)
def test_wrong_credentials_are_denied(case: Case, action: AnyAction) -> None:
    assert attempt(action, case.through("denied")).kind is ErrorClass.DENIED


@of(EVERY)
def test_a_server_that_cannot_be_reached_may_be_tried_again(case: Case, action: AnyAction) -> None:
    assert attempt(action, case.through("closed")).retryable


@of(EVERY)
def test_an_unknown_connection_is_invalid(case: Case, action: AnyAction) -> None:
    assert attempt(action, case.through("nobody")).kind is ErrorClass.INVALID


@of(EVERY)
def test_no_secret_is_in_a_plan_or_an_output(case: Case, action: AnyAction) -> None:
    plan = action.plan(case.want)
    output = action.run(case.want, plan, "step-1")
    assert CANARY not in f"{plan!r} {plan.model_dump_json()} {output!r} {output.model_dump_json()}"


@of(EVERY)
def test_no_secret_is_in_an_error_or_its_traceback(case: Case, action: AnyAction) -> None:
    troubles = [case.missing, case.through("denied"), case.through("closed")]
    told = [traceback.format_exception(attempt(action, trouble)) for trouble in troubles]
    assert CANARY not in str(told)


@of(EVERY)
def test_an_action_names_the_rights_it_needs(case: Case, action: AnyAction) -> None:
    assert action.permissions(case.want)


@of(LOCKING)
def test_what_an_action_changes_is_locked(case: Case, action: AnyAction) -> None:
    assert action.resources(case.want)


@of(EVERY)
def test_inputs_survive_the_log(case: Case, action: AnyAction) -> None:
    assert action.input_model.model_validate_json(case.want.model_dump_json()) == case.want


@of(EVERY)
def test_outputs_survive_the_log(case: Case, action: AnyAction) -> None:
    output = action.run(case.want, action.plan(case.want), "step-1")
    assert action.output_model.model_validate_json(output.model_dump_json()) == output


@of(EVERY)
def test_the_inputs_have_a_schema_for_forms_and_lint(case: Case, action: AnyAction) -> None:
    properties: JsonValue = action.input_model.model_json_schema()["properties"]
    assert "connection" in str(properties)
