"""ssm.start_automation: what nobody may run, once for each step, and to the end."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws import client
from tocsin.actions.aws.automation import AutomationWanted, StartAutomation
from tocsin.actions.base import Plan
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud
from tocsin.playground.estate import AUTOMATION
from tocsin.playground.trials import build_automation

SERVICE = "ssm"
NOTHING = Plan(summary="")
EXECUTION = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE", timedelta(0))


def want(**more: Any) -> AutomationWanted:
    given = {
        "connection": "aws:main",
        "document": AUTOMATION,
        "version": 1,
        "parameters": {"InstanceId": "i-1"},
    }
    return AutomationWanted.model_validate({**given, **more})


def test_a_document_that_the_connection_does_not_name_is_refused(connections: Connections) -> None:
    with pytest.raises(ActionFailed, match="not AWS-DeleteEverything") as caught:
        StartAutomation(connections).plan(want(document="AWS-DeleteEverything"))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_document_for_instances_is_no_automation(connections: Connections, cloud: Cloud) -> None:
    build_automation(cloud.endpoint_url, "Command")
    with pytest.raises(ActionFailed, match="of type Command, not Automation"):
        StartAutomation(connections).plan(want())


def test_parameters_that_do_not_fit_are_refused(connections: Connections, cloud: Cloud) -> None:
    build_automation(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="needs InstanceId"):
        StartAutomation(connections).plan(want(parameters={}))


def test_what_the_document_puts_out_is_read(connections: Connections, cloud: Cloud) -> None:
    build_automation(cloud.endpoint_url)
    action = StartAutomation(connections)
    done = action.run(want(), action.plan(want()), "step-1")
    assert (done.status, done.outputs) == ("Success", {"Restart.Done": ("yes",)})


def test_the_version_and_a_token_are_sent_by_the_service_model(stubbed: Stubber) -> None:
    earlier(stubbed)
    expected = {
        "DocumentName": AUTOMATION,
        "DocumentVersion": "1",
        "Parameters": {"InstanceId": ["i-1"]},
        "ClientToken": ANY,
        "Tags": ANY,
    }
    stubbed.add_response("start_automation_execution", {"AutomationExecutionId": EXECUTION}, expected)
    is_now(stubbed, "Success")
    assert StartAutomation(STUBBED).run(want(), NOTHING, "step-1").execution == EXECUTION


def test_what_an_earlier_try_began_is_waited_for_by_the_service_model(stubbed: Stubber) -> None:
    earlier(stubbed, EXECUTION)
    is_now(stubbed, "InProgress")
    is_now(stubbed, "Success")
    assert StartAutomation(STUBBED).run(want(), NOTHING, "step-1").status == "Success"


def test_one_that_fails_says_why_by_the_service_model(stubbed: Stubber) -> None:
    earlier(stubbed, EXECUTION)
    is_now(stubbed, "Failed", FailureMessage="Step fails when it is Execute/Cancelling action.")
    with pytest.raises(ActionFailed, match="ended as Failed: Step fails") as caught:
        StartAutomation(STUBBED).run(want(), NOTHING, "step-1")
    assert caught.value.kind is ErrorClass.INVALID


def test_one_that_goes_on_for_too_long_may_happen_yet_by_the_service_model(stubbed: Stubber) -> None:
    earlier(stubbed, EXECUTION)
    is_now(stubbed, "Waiting")
    with pytest.raises(ActionFailed, match="stop-automation-execution") as caught:
        StartAutomation(STUBBED).run(want().model_copy(update={"wait": 0}), NOTHING, "step-1")
    assert caught.value.kind is ErrorClass.TIMEOUT


def test_what_looks_like_a_secret_is_masked_by_the_service_model(stubbed: Stubber) -> None:
    earlier(stubbed, EXECUTION)
    is_now(stubbed, "Success", Outputs={"Step.Out": ["password=hunter2hunter2"]})
    done = StartAutomation(STUBBED).run(want(), NOTHING, "step-1")
    assert done.outputs == {"Step.Out": ("[secret]",)}


def earlier(stubbed: Stubber, *found: str) -> None:
    listed = [{"AutomationExecutionId": one} for one in found]
    stubbed.add_response("describe_automation_executions", {"AutomationExecutionMetadataList": listed})


def is_now(stubbed: Stubber, status: str, **more: Any) -> None:
    shown = {"AutomationExecutionId": EXECUTION, "AutomationExecutionStatus": status, **more}
    asked = {"AutomationExecutionId": EXECUTION}
    stubbed.add_response("get_automation_execution", {"AutomationExecution": shown}, asked)
