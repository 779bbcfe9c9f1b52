"""ssm.run_document: what it lets nobody run, and how it knows what it has sent.

moto's commands end at once and never fail; what takes time or goes wrong is told by stubs.
"""

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import ACCOUNT, NOWHERE, STUBBED
from tocsin.actions.aws import client, commands
from tocsin.actions.aws.documents import RunDocument
from tocsin.actions.aws.ssm import DocumentPlan, RunSsmDocument
from tocsin.actions.base import Permission, Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import REGION, Cloud, practice_client
from tocsin.playground.estate import build_machine

SERVICE = "ssm"
ONE, TWO = "i-0aaaaaaaaaaaaaaaa", "i-0bbbbbbbbbbbbbbbb"
COMMAND = "11111111-2222-3333-4444-555555555555"
PLAN = DocumentPlan(summary="", sha256="a" * 64)
USAGE = {"Name": "Tocsin-DiskUsage", "DocumentVersion": "4"}


def want(*targets: str, **more: Any) -> RunDocument:
    given = {
        "connection": "aws:main",
        "document": "Tocsin-DiskUsage",
        "version": 4,
        "targets": targets or (ONE,),
    }
    return RunDocument.model_validate({**given, **more})


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE", timedelta(0))


@pytest.fixture
def instance(cloud: Cloud) -> str:
    return build_machine(cloud.endpoint_url)


@pytest.fixture
def action(connections: Connections) -> RunSsmDocument:
    return RunSsmDocument(connections)


@pytest.fixture
def stub() -> RunSsmDocument:
    return RunSsmDocument(STUBBED)


class Told:
    """What AWS answers, in the order of the calls."""

    def __init__(self, stubbed: Stubber) -> None:
        self.stubbed = stubbed

    def document(self, kind: str = "Command", status: str = "Active", *steps: str) -> None:
        described = {"Name": "Tocsin-DiskUsage", "Status": status, "DocumentType": kind, "Hash": "a" * 64}
        parameters = [{"Name": "mount", "DefaultValue": "/"}, {"Name": "kind"}]
        answer = {"Document": {**described, "Parameters": parameters}}
        self.stubbed.add_response("describe_document", answer, USAGE)
        if steps:
            named = ", ".join(f'{{"name": "{step}"}}' for step in steps)
            content = {"Content": f'{{"mainSteps": [{named}]}}'}
            self.stubbed.add_response("get_document", content, {**USAGE, "DocumentFormat": "JSON"})

    def history(self, *found: dict[str, str], more: str = "") -> None:
        """Answer the search for the step's command."""
        answer = {"Commands": list(found), **({"NextToken": more} if more else {})}
        self.stubbed.add_response("list_commands", answer)

    def sends(self, **parameters: list[str]) -> None:
        expected = {
            "DocumentName": "Tocsin-DiskUsage",
            "DocumentVersion": "4",
            "DocumentHash": "a" * 64,
            "DocumentHashType": "Sha256",
            "InstanceIds": [ONE],
            "Parameters": parameters,
            "Comment": "tocsin step-1",
            "TimeoutSeconds": 240,
        }
        self.stubbed.add_response("send_command", {"Command": sent("Pending")}, expected)

    def command(self, status: str) -> None:
        self.stubbed.add_response("list_commands", {"Commands": [sent(status)]}, {"CommandId": COMMAND})

    def result(
        self, instance: str = ONE, status: str = "Success", code: int = 0, out: str = "", err: str = ""
    ) -> None:
        answer = {
            "InstanceId": instance,
            "StatusDetails": status,
            "ResponseCode": code,
            "StandardOutputContent": out,
            "StandardErrorContent": err,
        }
        asked = {"CommandId": COMMAND, "InstanceId": instance}
        self.stubbed.add_response("get_command_invocation", answer, asked)

    def nothing(self, instance: str = ONE) -> None:
        asked = {"CommandId": COMMAND, "InstanceId": instance}
        self.stubbed.add_client_error(
            "get_command_invocation", "InvocationDoesNotExist", http_status_code=400, expected_params=asked
        )


@pytest.fixture
def told(stubbed: Stubber) -> Told:
    return Told(stubbed)


def sent(status: str, comment: str = "tocsin step-1") -> dict[str, str]:
    return {"CommandId": COMMAND, "Status": status, "Comment": comment}


def test_a_document_that_the_connection_does_not_name_is_refused(
    action: RunSsmDocument, instance: str
) -> None:
    shell = want(instance, document="AWS-RunShellScript", version=1, parameters={"commands": "id"})
    with pytest.raises(ActionFailed, match=r"allows the documents .*, not AWS-RunShellScript") as caught:
        action.plan(shell)
    assert caught.value.kind is ErrorClass.INVALID


def test_a_connection_that_names_no_document_allows_none() -> None:
    nothing = Connections({"aws:main": NOWHERE.model_copy(update={"documents": ()})})
    with pytest.raises(ActionFailed, match=r"allows the documents \(none\)"):
        RunSsmDocument(nothing).plan(want())


def test_what_was_allowed_when_it_was_planned_is_looked_at_again(action: RunSsmDocument) -> None:
    with pytest.raises(ActionFailed, match="not Acme-Old"):
        action.run(want(document="Acme-Old"), PLAN, "step-1")


def test_the_plan_names_document_version_parameters_and_targets(
    action: RunSsmDocument, instance: str
) -> None:
    plan = action.plan(want(instance, version=1, parameters={"mount": "/var"}))
    assert plan.summary == f"Run Tocsin-DiskUsage 1 with mount=/var on {instance}"


def test_a_version_that_does_not_exist_is_missing(action: RunSsmDocument, instance: str) -> None:
    with pytest.raises(ActionFailed) as caught:
        action.plan(want(instance, version=9))
    assert caught.value.kind is ErrorClass.MISSING


def test_an_instance_that_is_stopped_is_refused(action: RunSsmDocument, instance: str, cloud: Cloud) -> None:
    practice_client(cloud.endpoint_url, "ec2").stop_instances(InstanceIds=[instance])
    with pytest.raises(ActionFailed, match=rf"does not answer on {instance} \(ConnectionLost\)") as caught:
        action.plan(want(instance, version=1))
    assert caught.value.kind is ErrorClass.CONFLICT


def test_what_a_document_prints_as_json_is_read(action: RunSsmDocument, instance: str) -> None:
    asked = want(instance, version=1)
    [result] = action.run(asked, action.plan(asked), "step-1").results
    assert (result.instance, result.status, result.text) == (instance, "Success", "")
    assert result.output == {"mount": "/", "used_percent": 91, "used_bytes": 91_000_000_000}


def test_a_second_step_sends_a_second_command(action: RunSsmDocument, instance: str) -> None:
    asked = want(instance, version=1)
    plan = action.plan(asked)
    first, second = action.run(asked, plan, "step-1"), action.run(asked, plan, "step-2")
    assert first.command != second.command


def test_a_document_of_another_kind_is_refused_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.document(kind="Automation")
    with pytest.raises(ActionFailed, match="of type Automation, not Command"):
        stub.plan(want())


def test_a_document_that_is_not_active_is_refused_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.document(status="Deleting")
    with pytest.raises(ActionFailed, match="is Deleting, not Active"):
        stub.plan(want())


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"kind": "tmp", "force": "yes"}, "takes no force, only kind, mount"), ({"mount": "/"}, "needs kind")],
)
def test_parameters_that_do_not_fit_the_document_are_refused_by_stub(
    told: Told, stub: RunSsmDocument, parameters: dict[str, str], words: str
) -> None:
    told.document()
    with pytest.raises(ActionFailed, match=words):
        stub.plan(want(parameters=parameters))


@pytest.mark.parametrize("step", [None, "third"])
def test_of_several_steps_the_one_to_read_is_named_by_stub(
    told: Told, stub: RunSsmDocument, step: str | None
) -> None:
    told.document("Command", "Active", "first", "second")
    with pytest.raises(ActionFailed, match="has the steps first, second: name one as `step`"):
        stub.plan(want(parameters={"kind": "tmp"}, step=step))


def test_the_version_and_its_hash_are_sent_with_the_key_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.history()
    told.sends(mount=["/var"], kind=["a", "b"], until=["75"])
    told.command("Success")
    told.result(out="done")
    asked = want(parameters={"mount": "/var", "kind": ["a", "b"], "until": 75})
    ran = stub.run(asked, PLAN, "step-1")
    assert (ran.command, ran.sent, ran.results[0].text, ran.results[0].output) == (
        COMMAND,
        True,
        "done",
        None,
    )


def test_a_command_is_waited_for_until_it_has_ended_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.history(sent("InProgress"))
    told.stubbed.add_response("list_commands", {"Commands": []}, {"CommandId": COMMAND})
    told.command("InProgress")
    told.command("Success")
    told.nothing()
    told.command("Success")
    told.result(out='{"used_percent": 3}')
    assert stub.run(want(), PLAN, "step-1").results[0].output == {"used_percent": 3}


def test_a_command_that_goes_on_for_too_long_may_happen_yet_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.history(sent("InProgress"))
    told.command("InProgress")
    impatient = want().model_copy(update={"wait": 0})
    with pytest.raises(ActionFailed, match=f"cancel-command --command-id {COMMAND}") as caught:
        stub.run(impatient, PLAN, "step-1")
    assert caught.value.kind is ErrorClass.TIMEOUT


def test_a_failed_command_says_where_and_why_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.history(sent("Failed"))
    told.command("Failed")
    told.result(ONE)
    told.result(TWO, "Failed", 3, err="usage: df\ndf: /nowhere: no such file\n")
    words = f"Failed on {TWO}, exit code 3: df: /nowhere: no such file"
    with pytest.raises(ActionFailed, match=words) as caught:
        stub.run(want(ONE, TWO), PLAN, "step-1")
    assert caught.value.kind is ErrorClass.INVALID


def test_a_command_that_stopped_before_a_target_says_so_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.history(sent("Failed"))
    told.command("Failed")
    told.result(ONE, "Failed", 1)
    told.nothing(TWO)
    with pytest.raises(ActionFailed, match=f"not sent to {TWO}"):
        stub.run(want(ONE, TWO), PLAN, "step-1")


@pytest.mark.parametrize(
    ("status", "found"), [("Success", Probe.DONE), ("Failed", Probe.UNKNOWN), ("Cancelled", Probe.UNKNOWN)]
)
def test_a_command_that_ended_is_probed_by_stub(
    told: Told, stub: RunSsmDocument, status: str, found: Probe
) -> None:
    told.history(sent("Success", "tocsin step-2"), more="page-2")
    told.history(sent(status))
    assert stub.probe(want(), PLAN, "step-1") is found


def test_a_command_that_goes_on_is_probed_again_later_by_stub(told: Told, stub: RunSsmDocument) -> None:
    told.history(sent("InProgress"))
    with pytest.raises(ActionFailed, match="goes on") as caught:
        stub.probe(want(), PLAN, "step-1")
    assert caught.value.retryable


def test_a_history_that_is_too_long_is_nobodys_proof_by_stub(
    told: Told, stub: RunSsmDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MAX_PAGES", 2)
    told.history(more="page-2")
    told.history(more="page-3")
    with pytest.raises(ActionFailed, match="is not known") as caught:
        stub.probe(want(), PLAN, "step-1")
    assert not caught.value.retryable


@pytest.mark.parametrize("target", ["web-1", "i-123", "i-0AAAAAAAA", "tag:web"])
def test_a_target_is_the_id_of_an_instance(target: str) -> None:
    with pytest.raises(ValueError, match="should match pattern"):
        want(target)


def test_a_target_is_named_once() -> None:
    with pytest.raises(ValueError, match="an instance is named twice"):
        want(ONE, ONE)


def test_the_rights_name_the_document_and_every_target(action: RunSsmDocument) -> None:
    at = f"{REGION}:{ACCOUNT}"
    rights = action.permissions(want(ONE, "mi-0bbbbbbbbbbbbbbbb"))
    assert [right.resource for right in rights if right.verb == "ssm:SendCommand"] == [
        f"arn:aws:ssm:{at}:document/Tocsin-DiskUsage",
        f"arn:aws:ec2:{at}:instance/{ONE}",
        f"arn:aws:ssm:{at}:managed-instance/mi-0bbbbbbbbbbbbbbbb",
    ]


def test_a_document_of_amazon_belongs_to_no_account(action: RunSsmDocument) -> None:
    right = Permission(
        system="aws",
        verb="ssm:SendCommand",
        resource=f"arn:aws:ssm:{REGION}::document/AWS-RunPatchBaseline",
    )
    assert right in action.permissions(want(document="AWS-RunPatchBaseline"))
