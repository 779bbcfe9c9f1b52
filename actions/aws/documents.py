"""SSM documents: what a runbook asks to be run, and whether it can be."""

import json
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, StrictInt

from tocsin.actions.aws.client import Account, Answer, InAccount, account_of, read
from tocsin.connections import AwsConnection, Connections
from tocsin.errors import ActionFailed, ErrorClass

MAX_TARGETS = 50
"""Of one command; https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html."""


def _each_once(targets: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(targets)) < len(targets):
        raise ValueError("an instance is named twice")
    return targets


Managed = Annotated[str, Field(pattern=r"^(i|mi)-[0-9a-f]{8,17}$")]
Targets = Annotated[tuple[Managed, ...], AfterValidator(_each_once)]


class RunDocument(InAccount):
    """The document, what it is given, and the instances it runs on."""

    document: str = Field(pattern=r"^[A-Za-z0-9_.-]{3,128}$", description="One that the connection allows")
    version: int = Field(ge=1, description="What another version does, nobody has approved")
    targets: Targets = Field(min_length=1, max_length=MAX_TARGETS, description="Ids of instances, each once")
    parameters: dict[str, str | StrictInt | tuple[str, ...]] = Field(default={}, max_length=200)
    step: str | None = Field(
        default=None, max_length=100, description="Whose output to read, where the document has several"
    )
    wait: int = Field(
        default=240, ge=30, le=3600, description="Seconds for the whole command; less than the step's timeout"
    )

    @property
    def given(self) -> dict[str, list[str]]:
        """Return the parameters as SSM takes them: lists of text."""
        return {
            name: list(value) if isinstance(value, tuple) else [str(value)]
            for name, value in self.parameters.items()
        }

    @property
    def short(self) -> str:
        """Return the document with its version and parameters, for sentences."""
        named = ", ".join(f"{name}={','.join(value)}" for name, value in sorted(self.given.items()))
        return f"{self.document} {self.version}" + (f" with {named}" if named else "")


class _Parameter(Answer):
    name: str = Field(validation_alias="Name")
    default: str | None = Field(default=None, validation_alias="DefaultValue")


class Document(Answer):
    """A document, as SSM describes it."""

    status: str = Field(validation_alias="Status")
    kind: str = Field(validation_alias="DocumentType")
    sha256: str = Field(validation_alias="Hash")
    parameters: tuple[_Parameter, ...] = Field(default=(), validation_alias="Parameters")


class _Agent(Answer):
    instance: str = Field(validation_alias="InstanceId")
    ping: str = Field(validation_alias="PingStatus")


def account_that_allows(connections: Connections, want: InAccount, document: str) -> Account:
    """Return the account of ``want``; raise ActionFailed unless its connection allows the document."""
    named = connections.get(want.connection, AwsConnection).documents
    if document not in named:
        raise ActionFailed(
            f"{want.connection} allows the documents {', '.join(named) or '(none)'}, not {document};"
            " nothing was run. Correct the runbook, or allow it in tocsin.yaml.",
            ErrorClass.INVALID,
        )
    return account_of(connections, want)


def fitting_hash(account: Account, want: RunDocument) -> str:
    """Return the SHA-256 of the document's version; raise ActionFailed where it cannot do what is wanted."""
    at = {"Name": want.document, "DocumentVersion": str(want.version)}
    found = read(Document, account.call("ssm", "describe_document", **at)["Document"])
    refuse_unfit(f"{want.document} {want.version}", want.given, found, kind="Command")
    _refuse_step(want, _steps(account.call("ssm", "get_document", **at, DocumentFormat="JSON")["Content"]))
    return found.sha256


def refuse_unless_online(account: Account, want: RunDocument) -> None:
    """Raise ActionFailed unless SSM reaches the agent of every target."""
    filters = [{"Key": "InstanceIds", "Values": list(want.targets)}]
    answer = account.call("ssm", "describe_instance_information", Filters=filters, MaxResults=MAX_TARGETS)
    agents = [read(_Agent, one) for one in answer["InstanceInformationList"]]
    unknown = sorted(set(want.targets) - {one.instance for one in agents})
    if unknown:
        raise ActionFailed(
            f"SSM does not manage {', '.join(unknown)}; nothing was run. Correct the id, or look after the"
            " agent and the role of the instance.",
            ErrorClass.MISSING,
        )
    silent = [f"{one.instance} ({one.ping})" for one in agents if one.ping != "Online"]
    if silent:
        raise ActionFailed(
            f"the agent does not answer on {', '.join(silent)}; nothing was run. Wait until it does.",
            ErrorClass.CONFLICT,
        )


def json_of(text: str) -> JsonValue:
    """Return what a text holds, null when that is not JSON."""
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed


def refuse_unfit(name: str, parameters: Iterable[str], found: Document, *, kind: str) -> None:
    """Raise ActionFailed where SSM would refuse the document or its parameters."""
    given, known = set(parameters), {one.name for one in found.parameters}
    strange, lacking = given - known, {one.name for one in found.parameters if one.default is None} - given
    trouble = {
        f"is a document of type {found.kind}, not {kind}": found.kind != kind,
        f"is {found.status}, not Active": found.status != "Active",
        f"takes no {', '.join(sorted(strange))}, only {', '.join(sorted(known)) or 'nothing'}": strange,
        f"needs {', '.join(sorted(lacking))}": lacking,
    }
    for words, holds in trouble.items():
        if holds:
            raise ActionFailed(f"{name} {words}; nothing was run.", ErrorClass.INVALID)


def _refuse_step(want: RunDocument, steps: list[str]) -> None:
    """Raise ActionFailed where it is not clear whose output shall be read."""
    unclear = want.step not in steps if want.step else len(steps) > 1
    if unclear:
        raise _invalid(want, f"has the steps {', '.join(steps)}: name one as `step`")


def _steps(content: str) -> list[str]:
    """Return the names of a document's steps in their order.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
    """
    parsed = json_of(content)
    document = parsed if isinstance(parsed, dict) else {}
    steps = document.get("mainSteps") or document.get("runtimeConfig") or []  # the latter until schema 1.2
    named = list(steps) if isinstance(steps, list | dict) else []
    return [str(one.get("name")) if isinstance(one, dict) else str(one) for one in named]


def _invalid(want: RunDocument, words: str) -> ActionFailed:
    return ActionFailed(f"{want.document} {want.version} {words}; nothing was run.", ErrorClass.INVALID)
