"""AWS Systems Manager: run a document that the organisation named, in the version that was approved."""

import json
import shlex
from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue

from tocsin.actions.aws import commands
from tocsin.actions.aws.client import Account, allowed, arn, partition, wait_for
from tocsin.actions.aws.commands import Ended, InstanceResult
from tocsin.actions.aws.documents import RunDocument, account_that_allows, fitting_hash, refuse_unless_online
from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass


class DocumentPlan(Plan):
    """The SHA-256 of what shall be run: SSM refuses it when it is another by then."""

    sha256: str


class DocumentRun(Frozen):
    """The command, once it has succeeded on every target."""

    command: str
    """SSM's id of it."""
    status: str
    results: tuple[InstanceResult, ...]
    """In the order of the targets"""
    sent: bool
    """False when an earlier try had sent it already."""


class RunSsmDocument(Action[RunDocument, DocumentPlan, DocumentRun]):
    """Run an SSM document on instances and read what it prints. Only documents that the connection names."""

    name = "ssm.run_document"
    risk = Risk.HIGH
    effect = Effect.ONCE

    def resources(self, want: RunDocument) -> list[str]:
        return [f"{want.connection}/ec2/{target}" for target in want.targets]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        targets, parameters = given.get("targets"), given.get("parameters")
        ids = " ".join(map(str, targets if isinstance(targets, list | tuple) else [targets]))
        what = f"--document-name {given.get('document')} --document-version {given.get('version')}"
        listed = {
            name: value if isinstance(value, list | tuple) else [str(value)]
            for name, value in (parameters.items() if isinstance(parameters, dict) else ())
        }
        told = f" --parameters {shlex.quote(json.dumps(listed))}" if listed else ""
        return f"aws ssm send-command {what} --instance-ids {ids}{told}"

    def permissions(self, want: RunDocument) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        owner = "" if want.document.startswith(("AWS-", "Amazon")) else at.account or "*"
        document = f"arn:{partition(at.region)}:ssm:{at.region}:{owner}:document/{want.document}"
        return allowed(
            at,
            ("ssm:DescribeDocument", document),
            ("ssm:GetDocument", document),
            ("ssm:SendCommand", document),
            *(("ssm:SendCommand", _arn(at, target)) for target in want.targets),
            ("ssm:DescribeInstanceInformation", "*"),
            ("ssm:ListCommands", "*"),
            ("ssm:GetCommandInvocation", "*"),
        )

    def plan(self, want: RunDocument) -> DocumentPlan:
        account = self._account(want)
        sha256 = fitting_hash(account, want)
        refuse_unless_online(account, want)
        return DocumentPlan(
            summary=f"Run {want.short} on {', '.join(want.targets)}",
            changes=tuple(
                Change(resource=target, field="command", before=None, after=want.short)
                for target in self.resources(want)
            ),
            sha256=sha256,
        )

    def run(self, want: RunDocument, plan: DocumentPlan, key: str) -> DocumentRun:
        account, comment = self._account(want), _comment(key)
        earlier = commands.find(account, want.document, comment)
        command = earlier.id if earlier else commands.send(account, want, comment, plan.sha256)
        outcome = wait_for(lambda: commands.ended(account, want, command), timedelta(seconds=want.wait))
        if outcome is None:
            raise ActionFailed(
                f"{want.document} goes on after {want.wait} s as command {command}; how it ends is not known."
                f" `aws ssm cancel-command --command-id {command}` stops it.",
                ErrorClass.TIMEOUT,
            )
        return _output(want, outcome, sent=earlier is None)

    def probe(self, want: RunDocument, plan: DocumentPlan, key: str) -> Probe:
        """Look for the command whose comment holds the key: SendCommand takes no token.

        Raises ActionFailed, of a class that is tried again, while the command goes on.
        """
        found = commands.find(self._account(want), want.document, _comment(key))
        if found is None:
            return Probe.NOT_DONE
        if not found.ended:
            raise ActionFailed(f"{want.document} goes on as command {found.id}", ErrorClass.TRANSIENT)
        return Probe.DONE if found.status == "Success" else Probe.UNKNOWN

    def recover(self, want: RunDocument, plan: DocumentPlan, key: str) -> DocumentRun | None:
        account = self._account(want)
        found = commands.find(account, want.document, _comment(key))
        outcome = commands.ended(account, want, found.id) if found else None
        if outcome is None:
            return None
        return _output(want, outcome, sent=True)

    def _account(self, want: RunDocument) -> Account:
        return account_that_allows(self.connections, want, want.document)


def _comment(key: str) -> str:
    return f"tocsin {key}"


def _output(want: RunDocument, outcome: Ended, *, sent: bool) -> DocumentRun:
    command, results = outcome[0], commands.results(want, outcome)
    return DocumentRun(command=command.id, status=command.status, results=results, sent=sent)


def _arn(at: AwsConnection, target: str) -> str:
    if target.startswith("mi-"):
        return arn(at, "ssm", f"managed-instance/{target}")
    return arn(at, "ec2", f"instance/{target}")
