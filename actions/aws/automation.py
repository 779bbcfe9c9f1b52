"""AWS Systems Manager Automation: run a document that the organisation named, and wait for its end."""

import json
import shlex
from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, JsonValue, StrictInt

from tocsin.actions.aws.client import Account, Answer, arn, partition, read, role_arn, wait_for
from tocsin.actions.aws.documents import Document, account_that_allows, refuse_unfit
from tocsin.actions.aws.verbs import Named, OnAws
from tocsin.actions.base import Change, Effect, Frozen, Plan, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import redact_text

STEP = "tocsin:step:"
"""How the tag begins that names the step; SSM finds executions by the names of tags only."""
MAX_TEXT = 4000
"""Characters kept of one output."""

_WELL = ("Success", "CompletedWithSuccess")
_BADLY = ("TimedOut", "Cancelled", "Failed", "Rejected", "CompletedWithFailure", "Exited")


class AutomationWanted(Named):
    """The document, in the version that was approved, and what it is given."""

    document: str = Field(pattern=r"^[A-Za-z0-9_.-]{3,128}$", description="One that the connection allows")
    version: int = Field(ge=1, description="What another version does, nobody has approved")
    parameters: dict[str, str | StrictInt | tuple[str, ...]] = Field(default={}, max_length=200)
    wait: int = Field(
        default=600, ge=30, le=7200, description="Seconds for all of it; less than the step's timeout"
    )

    @property
    def path(self) -> str:
        return f"ssm/{self.document}"

    @property
    def given(self) -> dict[str, list[str]]:
        """Return the parameters as SSM takes them: lists of text."""
        return {
            name: list(value) if isinstance(value, tuple) else [str(value)]
            for name, value in self.parameters.items()
        }


class AutomationDone(Frozen):
    """The execution, once it has succeeded."""

    execution: str
    """SSM's id of it"""
    status: str
    outputs: dict[str, tuple[str, ...]]
    """What the document puts out, by `step.name`; long ones are cut, and secrets masked"""


class _Execution(Answer):
    id: str = Field(validation_alias="AutomationExecutionId")
    status: str = Field(validation_alias="AutomationExecutionStatus")
    outputs: dict[str, tuple[str, ...]] = Field(default={}, validation_alias="Outputs")
    why: str = Field(default="", validation_alias="FailureMessage")

    @property
    def ended(self) -> bool:
        return self.status in (*_WELL, *_BADLY)


class StartAutomation(OnAws[AutomationWanted, Plan, AutomationDone]):
    """Run an Automation document and wait until it has ended. Only documents that the connection names.

    There is no undo: what a document does, only another one can take back.
    """

    name = "ssm.start_automation"
    risk = Risk.HIGH
    effect = Effect.KEYED

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        parameters = given.get("parameters")
        listed = {
            name: value if isinstance(value, list | tuple) else [str(value)]
            for name, value in (parameters.items() if isinstance(parameters, Mapping) else ())
        }
        told = f" --parameters {shlex.quote(json.dumps(listed))}" if listed else ""
        what = f"--document-name {given.get('document')} --document-version {given.get('version')}"
        return f"aws ssm start-automation-execution {what}{told}"

    def rights(self, at: AwsConnection, want: AutomationWanted) -> Iterable[tuple[str, str]]:
        owner = "" if want.document.startswith(("AWS-", "Amazon")) else at.account or "*"
        place = f"arn:{partition(at.region)}:ssm:{at.region}:{owner}"
        return (
            ("ssm:DescribeDocument", f"{place}:document/{want.document}"),
            ("ssm:StartAutomationExecution", f"{place}:automation-definition/{want.document}:{want.version}"),
            ("ssm:AddTagsToResource", arn(at, "ssm", "automation-execution/*")),
            ("ssm:GetAutomationExecution", arn(at, "ssm", "automation-execution/*")),
            ("ssm:DescribeAutomationExecutions", "*"),
            ("iam:PassRole", role_arn(at)),  # the one that the document assumes, where it names one
        )

    def plan(self, want: AutomationWanted) -> Plan:
        account = account_that_allows(self.connections, want, want.document)
        answer = account.call(
            "ssm", "describe_document", Name=want.document, DocumentVersion=str(want.version)
        )
        refuse_unfit(
            f"{want.document} {want.version}",
            want.given,
            read(Document, answer["Document"]),
            kind="Automation",
        )
        named = ", ".join(f"{name}={','.join(value)}" for name, value in sorted(want.given.items()))
        what = f"{want.document} {want.version}" + (f" with {named}" if named else "")
        change = Change(resource=want.resource, field="execution", before=None, after=what)
        return Plan(summary=f"Run the automation {what}", changes=(change,))

    def run(self, want: AutomationWanted, plan: Plan, key: str) -> AutomationDone:
        account = account_that_allows(self.connections, want, want.document)
        execution = _earlier(account, key) or _start(account, want, key)
        ended = wait_for(lambda: _ended(account, execution), timedelta(seconds=want.wait))
        if ended is None:
            raise ActionFailed(
                f"{want.document} goes on after {want.wait} s as execution {execution}; how it ends is"
                " not known."
                f" `aws ssm stop-automation-execution --automation-execution-id {execution}` stops it.",
                ErrorClass.TIMEOUT,
            )
        if ended.status not in _WELL:
            raise ActionFailed(
                f"{want.document} {want.version} ended as {ended.status}: {redact_text(ended.why)[:500]} What"
                " it did until then stays done.",
                ErrorClass.INVALID,
            )
        outputs = {
            name: tuple(redact_text(one)[:MAX_TEXT] for one in values)
            for name, values in ended.outputs.items()
        }
        return AutomationDone(execution=execution, status=ended.status, outputs=outputs)


def _token(key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"tocsin:{key}"))


def _start(account: Account, want: AutomationWanted, key: str) -> str:
    answer = account.call(
        "ssm",
        "start_automation_execution",
        DocumentName=want.document,
        DocumentVersion=str(want.version),
        Parameters=want.given,
        ClientToken=_token(key),
        Tags=[{"Key": f"{STEP}{_token(key)}", "Value": key}],
    )
    execution: str = answer["AutomationExecutionId"]
    return execution


def _earlier(account: Account, key: str) -> str | None:
    """Return the execution that an earlier try of the step began: a token cannot be used again."""
    filters = [{"Key": "TagKey", "Values": [f"{STEP}{_token(key)}"]}]
    answer = account.call("ssm", "describe_automation_executions", Filters=filters)
    found = answer["AutomationExecutionMetadataList"]
    return str(found[0]["AutomationExecutionId"]) if found else None


def _ended(account: Account, execution: str) -> _Execution | None:
    answer = account.call("ssm", "get_automation_execution", AutomationExecutionId=execution)
    found = read(_Execution, answer["AutomationExecution"])
    return found if found.ended else None
