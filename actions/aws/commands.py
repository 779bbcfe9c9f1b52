"""SSM's Run Command: the command that was sent, and what came of it.

It is eventually consistent, says AWS: what was just sent may not be shown for a moment.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, read
from tocsin.actions.aws.documents import RunDocument, json_of
from tocsin.actions.base import Frozen
from tocsin.errors import ActionFailed, ErrorClass

PAGE = 50
MAX_PAGES = 20
MAX_TEXT = 4000
"""Characters kept of an output that is not JSON; AWS itself gives 24,000."""

_GOING_ON = ("Pending", "InProgress", "Delayed", "Cancelling")


class Command(Answer):
    """A command that was sent."""

    id: str = Field(validation_alias="CommandId")
    comment: str = Field(default="", validation_alias="Comment")
    status: str = Field(validation_alias="Status")

    @property
    def ended(self) -> bool:
        """Say whether it goes on no more, on any instance."""
        return self.status not in _GOING_ON


class InstanceResult(Frozen):
    """What came of a command on one instance."""

    instance: str
    status: str
    exit_code: int
    output: JsonValue
    """What the document printed, when that is JSON; else null."""
    text: str
    """The beginning of what it printed, when that is not JSON."""


class _Invocation(Answer):
    instance: str = Field(validation_alias="InstanceId")
    status: str = Field(validation_alias="StatusDetails")
    exit_code: int = Field(default=-1, validation_alias="ResponseCode")
    printed: str = Field(default="", validation_alias="StandardOutputContent")
    complained: str = Field(default="", validation_alias="StandardErrorContent")

    @property
    def result(self) -> InstanceResult:
        parsed = json_of(self.printed)
        return InstanceResult(
            instance=self.instance,
            status=self.status,
            exit_code=self.exit_code,
            output=parsed,
            text=self.printed[:MAX_TEXT] if parsed is None else "",
        )

    @property
    def state(self) -> str:
        last = self.complained.strip().rpartition("\n")[2][:300]
        return f"{self.status} on {self.instance}, exit code {self.exit_code}{last and f': {last}'}"


Ended = tuple[Command, Mapping[str, _Invocation | None]]
"""A command that goes on no more, and what came of it on each target; None where it did not get."""


def send(account: Account, want: RunDocument, comment: str, sha256: str) -> str:
    """Send the command and return its id. SSM refuses it when the document has another hash."""
    answer = account.call(
        "ssm",
        "send_command",
        DocumentName=want.document,
        DocumentVersion=str(want.version),
        DocumentHash=sha256,
        DocumentHashType="Sha256",
        InstanceIds=list(want.targets),
        Parameters=want.given,
        Comment=comment,
        TimeoutSeconds=want.wait,  # an instance that has not begun by then never does
    )
    return read(Command, answer["Command"]).id


def find(account: Account, document: str, comment: str) -> Command | None:
    """Return the document's command that has this comment; None when none of the last 30 days has.

    Raises ActionFailed when there are too many to look through: then nobody knows.
    """
    return next((one for one in _commands(account, document) if one.comment == comment), None)


def ended(account: Account, want: RunDocument, command: str) -> Ended | None:
    """Return how the command ended; None while it goes on, or what it printed is not shown yet."""
    answer = account.call("ssm", "list_commands", CommandId=command)
    found = read(Command, answer["Commands"][0]) if answer["Commands"] else None
    if found is None or not found.ended:
        return None
    came = {one: _invocation(account, command, one, want.step) for one in want.targets}
    return None if found.status == "Success" and None in came.values() else (found, came)


def results(want: RunDocument, outcome: Ended) -> tuple[InstanceResult, ...]:
    """Return what came of a command on every target; raise ActionFailed unless it succeeded."""
    command, came = outcome
    if command.status == "Success":
        return tuple(one.result for one in came.values() if one is not None)
    bad = [one.state for one in came.values() if one is not None and one.status != "Success"]
    bad += [f"not sent to {target}" for target, one in came.items() if one is None]
    raise ActionFailed(
        f"{want.document} {want.version} ended as {command.status}: {'; '.join(bad)}."
        " What it did until then stays done.",
        ErrorClass.INVALID,
    )


def _invocation(account: Account, command: str, instance: str, step: str | None) -> _Invocation | None:
    named = {"PluginName": step} if step else {}
    try:
        answer = account.call(
            "ssm", "get_command_invocation", CommandId=command, InstanceId=instance, **named
        )
    except ActionFailed as error:
        if error.kind is not ErrorClass.MISSING:
            raise
        return None
    return read(_Invocation, answer)


def _commands(account: Account, document: str) -> Iterator[Command]:
    filters = [{"key": "DocumentName", "value": document}]
    more: Mapping[str, Any] = {}
    for _ in range(MAX_PAGES):
        answer = account.call("ssm", "list_commands", Filters=filters, MaxResults=PAGE, **more)
        yield from (read(Command, one) for one in answer["Commands"])
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}
    raise ActionFailed(
        f"{document} was run more than {PAGE * MAX_PAGES} times in the last 30 days: whether this step did is"
        " not known. Look at SSM's command history.",
        ErrorClass.INVALID,
    )
