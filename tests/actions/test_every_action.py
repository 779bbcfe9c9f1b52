"""What every listed action is held to, against the real SDKs and real servers."""

import pytest
from pydantic import JsonValue

from tests.actions.cases import CASES
from tests.actions.cases.worlds import Worlds
from tests.actions.kube import CANARY
from tests.actions.trials import Trial, tried
from tocsin.actions.base import Effect, Probe
from tocsin.actions.registry import BUILT_IN, Registry
from tocsin.connections import Connections
from tocsin.errors import ErrorClass

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
TRIALS: dict[str, Trial] = {}
"""By action. Its world is built when the first test asks for it, and all of them read what was seen there."""


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Trial:
    if request.param not in TRIALS:
        TRIALS[request.param] = tried(CASES[request.param](Worlds(request.getfixturevalue)), request.param)
    return TRIALS[request.param]


def of(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("trial", names, indirect=True)


def test_every_listed_action_has_a_case() -> None:
    assert [entry.name for entry in BUILT_IN] == EVERY


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_an_action_is_listed_under_its_own_name(entry: object) -> None:
    assert entry.load().name == entry.name  # type: ignore[attr-defined]


@of(EVERY)
def test_plan_changes_nothing(trial: Trial) -> None:
    assert trial.planned == trial.before


@of(CHANGING)
def test_a_plan_says_what_would_change(trial: Trial) -> None:
    assert not trial.plan.noop


@of(CHANGING)
def test_run_changes_what_the_plan_said(trial: Trial) -> None:
    assert trial.done[0] != trial.before[0]


@of(EVERY)
def test_running_twice_equals_running_once(trial: Trial) -> None:
    assert trial.again == trial.recovered_in[1]


@of(EVERY)
def test_the_world_agrees_after_a_run(trial: Trial) -> None:
    assert trial.verdict.state == "ok", trial.verdict.reason


@of(UNDOABLE)
def test_undo_restores_what_plan_saw_from_the_logged_plan(trial: Trial) -> None:
    assert trial.after == trial.before[0]


@of(UNDOABLE)
def test_undo_of_what_never_happened_changes_nothing(trial: Trial) -> None:
    assert trial.undone_for_nothing == trial.before[1]


@of(FINAL)
def test_what_cannot_be_undone_says_so(trial: Trial) -> None:
    assert "cannot be undone" in trial.final


@of(ONCE)
def test_a_probe_knows_what_has_not_happened(trial: Trial) -> None:
    assert trial.unborn is Probe.NOT_DONE


@of(BLIND)
def test_what_nobody_can_tell_is_unknown(trial: Trial) -> None:
    assert trial.born is Probe.UNKNOWN


@of(ONCE)
def test_a_probe_knows_what_has_happened(trial: Trial) -> None:
    assert trial.born is Probe.DONE


@of(ONCE)
def test_what_a_lost_run_put_out_is_recovered(trial: Trial) -> None:
    assert trial.recovered == trial.output


@of(EVERY)
def test_recovering_changes_nothing(trial: Trial) -> None:
    assert trial.recovered_in == trial.done


@of(EVERY)
def test_a_missing_object_is_missing(trial: Trial) -> None:
    assert trial.failures["missing"].kind is ErrorClass.MISSING


@of(EVERY)
def test_wrong_credentials_are_denied(trial: Trial) -> None:
    assert trial.failures["denied"].kind is ErrorClass.DENIED


@of(EVERY)
def test_a_server_that_cannot_be_reached_may_be_tried_again(trial: Trial) -> None:
    assert trial.failures["closed"].retryable


@of(EVERY)
def test_an_unknown_connection_is_invalid(trial: Trial) -> None:
    assert trial.failures["nobody"].kind is ErrorClass.INVALID


@of(EVERY)
def test_no_secret_is_in_a_plan_or_an_output(trial: Trial) -> None:
    plan, output = trial.plan, trial.output
    assert CANARY not in f"{plan!r} {plan.model_dump_json()} {output!r} {output.model_dump_json()}"


@of(EVERY)
def test_no_secret_is_in_an_error_or_its_traceback(trial: Trial) -> None:
    assert CANARY not in str(trial.told)


@of(EVERY)
def test_an_action_names_the_rights_it_needs(trial: Trial) -> None:
    assert trial.rights


@of(LOCKING)
def test_what_an_action_changes_is_locked(trial: Trial) -> None:
    assert trial.locks


@of(EVERY)
def test_inputs_survive_the_log(trial: Trial) -> None:
    assert trial.action.input_model.model_validate_json(trial.want.model_dump_json()) == trial.want


@of(EVERY)
def test_outputs_survive_the_log(trial: Trial) -> None:
    assert trial.action.output_model.model_validate_json(trial.output.model_dump_json()) == trial.output


@of(EVERY)
def test_the_inputs_have_a_schema_for_forms_and_lint(trial: Trial) -> None:
    properties: JsonValue = trial.action.input_model.model_json_schema()["properties"]
    assert "connection" in str(properties)
