"""lambda.rollback and lambda.concurrency: which version, with all calls, and nobody overwritten."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.functions import (
    ONLY_CODE,
    STOPS,
    AliasState,
    AliasWanted,
    ConcurrencyWanted,
    ReserveConcurrency,
    RollBackFunction,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.serverless import ALIAS, FUNCTION, build_function

SERVICE = "lambda"
PLAN = DesiredPlan[AliasState](
    summary="", before=AliasState(version="2", shares={}), after=AliasState(version="1", shares={})
)


@pytest.fixture
def functions(cloud: Cloud) -> Any:
    build_function(cloud.endpoint_url)
    return practice_client(cloud.endpoint_url, "lambda")


def alias(to: int | None = None) -> AliasWanted:
    return AliasWanted(connection="aws:main", function=FUNCTION, alias=ALIAS, to=to)


def concurrency(reserved: int | None) -> ConcurrencyWanted:
    return ConcurrencyWanted(connection="aws:main", function=FUNCTION, reserved=reserved)


@pytest.mark.usefixtures("functions")
def test_the_plan_goes_to_the_version_before(connections: Connections) -> None:
    plan = RollBackFunction(connections).plan(alias())
    assert plan.summary == "Roll resize:live back from version 2 to 1"
    assert plan.warnings == (ONLY_CODE,)


def test_a_canary_ends_and_is_put_back(connections: Connections, functions: Any) -> None:
    shares = {"AdditionalVersionWeights": {"2": 0.1}}
    functions.update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion="1", RoutingConfig=shares)
    action, want = RollBackFunction(connections), alias(to=1)
    plan = action.plan(want)
    assert "the canary of 2 ends" in plan.warnings
    action.run(want, plan, "step-1")
    action.undo(want, plan)
    assert functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)["RoutingConfig"] == shares


@pytest.mark.usefixtures("functions")
def test_a_version_that_was_never_published_is_refused(connections: Connections) -> None:
    with pytest.raises(ActionFailed, match="has no version 9; its newest are 1, 2") as caught:
        RollBackFunction(connections).plan(alias(to=9))
    assert caught.value.kind is ErrorClass.INVALID


def test_before_the_first_version_there_is_none(connections: Connections, functions: Any) -> None:
    functions.update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion="1")
    with pytest.raises(ActionFailed, match="has no version before 1"):
        RollBackFunction(connections).plan(alias())


def test_the_revision_that_was_seen_goes_with_the_change_by_the_service_model(stubbed: Stubber) -> None:
    shown = {"FunctionVersion": "2", "RevisionId": "r-7", "Name": ALIAS}
    stubbed.add_response("get_alias", shown, {"FunctionName": FUNCTION, "Name": ALIAS})
    expected = {
        "FunctionName": FUNCTION,
        "Name": ALIAS,
        "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {}},
        "RevisionId": "r-7",
    }
    stubbed.add_response("update_alias", {}, expected)
    assert RollBackFunction(STUBBED).run(alias(), PLAN, "step-1").changed


def test_an_alias_that_was_changed_in_between_is_a_conflict_by_the_service_model(stubbed: Stubber) -> None:
    stubbed.add_response("get_alias", {"FunctionVersion": "2", "RevisionId": "r-7"})
    stubbed.add_client_error("update_alias", "PreconditionFailedException", "No.", http_status_code=412)
    with pytest.raises(ActionFailed) as caught:
        RollBackFunction(STUBBED).run(alias(), PLAN, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.usefixtures("functions")
def test_no_calls_at_all_are_a_warning(connections: Connections) -> None:
    assert ReserveConcurrency(connections).plan(concurrency(0)).warnings == (STOPS,)


def test_a_reservation_is_given_up(connections: Connections, functions: Any) -> None:
    functions.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=5)
    action, want = ReserveConcurrency(connections), concurrency(None)
    action.run(want, action.plan(want), "step-1")
    answer = functions.get_function_concurrency(FunctionName=FUNCTION)
    assert "ReservedConcurrentExecutions" not in answer
