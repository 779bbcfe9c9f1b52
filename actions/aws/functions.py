"""AWS Lambda: bring a former version of a function back, and reserve its concurrency."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, JsonValue, PrivateAttr

from tocsin.actions.aws.client import Account, Answer, arn, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, refused
from tocsin.actions.base import Frozen, Risk
from tocsin.connections import AwsConnection

ONLY_CODE = "only code and settings go back: databases, queues and secrets stay as they are"
STOPS = "0 stops every call: asynchronous ones are tried again for hours, the others fail at once"

_PAGES = 20


class OfFunction(Named):
    """A function of this account."""

    function: str = Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=64, description="Its name, not its ARN")

    @property
    def path(self) -> str:
        return f"lambda/{self.function}"


class AliasWanted(OfFunction):
    """An alias, and the version it shall stand for."""

    alias: str = Field(pattern=r"^[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*$", max_length=128)
    to: int | None = Field(
        default=None, ge=1, description="A published version; the last one before the present when not given"
    )

    @property
    def path(self) -> str:
        return f"lambda/{self.function}:{self.alias}"


class AliasState(Frozen):
    """What an alias stands for."""

    version: str
    """A number, or ``$LATEST``"""
    shares: dict[str, float]
    """Other versions that get a part of the calls, as in a canary: from 0 to 1, by version"""
    _revision: str = PrivateAttr(default="")


class _Alias(Answer):
    version: str = Field(validation_alias="FunctionVersion")
    routing: dict[str, dict[str, float]] | None = Field(default=None, validation_alias="RoutingConfig")
    revision: str = Field(validation_alias="RevisionId")


class RollBackFunction(Desired[AliasWanted, AliasState]):
    """Let an alias stand for a former version, with all of its calls. Undo restores what plan saw.

    Lambda refuses it when somebody changed the alias in between.
    """

    name = "lambda.rollback"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--function-name {given.get('function')} --name {given.get('alias')}"
        version = given.get("to") or "<version>"
        return f"aws lambda update-alias {at} --function-version {version} --routing-config '{{}}'"

    def rights(self, at: AwsConnection, want: AliasWanted) -> Iterable[tuple[str, str]]:
        function = arn(at, "lambda", f"function:{want.function}")
        verbs = ("GetAlias", "UpdateAlias", "ListVersionsByFunction")
        return [(f"lambda:{verb}", function) for verb in verbs]

    def look(self, account: Account, want: AliasWanted) -> AliasState:
        answer = account.call("lambda", "get_alias", FunctionName=want.function, Name=want.alias)
        found = read(_Alias, answer)
        shares = (found.routing or {}).get("AdditionalVersionWeights", {})
        state = AliasState(version=found.version, shares=shares)
        state._revision = found.revision
        return state

    def goal(self, account: Account, want: AliasWanted, now: AliasState) -> AliasState:
        published = _versions(account, want)
        before = [one for one in published if now.version.isdigit() and one < int(now.version)]
        version = want.to or max(before, default=None)
        if version is None or version not in published:
            listed = ", ".join(map(str, published[-10:])) or "none"
            missing = f"has no version {version}" if version else f"has no version before {now.version}"
            raise refused(f"{want.function} {missing}; its newest are {listed}", "Name one of them as `to`.")
        return AliasState(version=str(version), shares={})

    def warn(self, account: Account, want: AliasWanted, now: AliasState, goal: AliasState) -> Iterable[str]:
        yield ONLY_CODE
        if now.shares:
            yield f"the canary of {', '.join(now.shares)} ends"

    def told(self, want: AliasWanted, now: AliasState, goal: AliasState) -> str:
        return f"Roll {want.short} back from version {now.version} to {goal.version}"

    def put(self, account: Account, want: AliasWanted, now: AliasState, goal: AliasState) -> None:
        account.call(
            "lambda",
            "update_alias",
            FunctionName=want.function,
            Name=want.alias,
            FunctionVersion=goal.version,
            RoutingConfig={"AdditionalVersionWeights": goal.shares},
            RevisionId=now._revision,
        )


class ConcurrencyWanted(OfFunction):
    """A function, and how many calls of it may go on at once."""

    reserved: int | None = Field(
        ge=0, description="Kept for it alone, out of the account's; null takes from what all share"
    )


class Concurrency(Frozen):
    """How many calls of a function may go on at once."""

    reserved: int | None
    """Null when it takes from what all functions share"""


class ReserveConcurrency(Desired[ConcurrencyWanted, Concurrency]):
    """Set how many calls of a function may go on at once; 0 stops it. Undo restores what plan saw."""

    name = "lambda.concurrency"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at, reserved = f"--function-name {given.get('function')}", given.get("reserved")
        if reserved is None:
            return f"aws lambda delete-function-concurrency {at}"
        return f"aws lambda put-function-concurrency {at} --reserved-concurrent-executions {reserved}"

    def rights(self, at: AwsConnection, want: ConcurrencyWanted) -> Iterable[tuple[str, str]]:
        function = arn(at, "lambda", f"function:{want.function}")
        verbs = ("GetFunctionConcurrency", "PutFunctionConcurrency", "DeleteFunctionConcurrency")
        return [(f"lambda:{verb}", function) for verb in verbs]

    def look(self, account: Account, want: ConcurrencyWanted) -> Concurrency:
        answer = account.call("lambda", "get_function_concurrency", FunctionName=want.function)
        return Concurrency(reserved=answer.get("ReservedConcurrentExecutions"))

    def goal(self, account: Account, want: ConcurrencyWanted, now: Concurrency) -> Concurrency:
        return Concurrency(reserved=want.reserved)

    def warn(
        self, account: Account, want: ConcurrencyWanted, now: Concurrency, goal: Concurrency
    ) -> Iterable[str]:
        if goal.reserved == 0:
            yield STOPS
        elif goal.reserved:
            yield f"the other functions of the account share {goal.reserved} fewer"

    def told(self, want: ConcurrencyWanted, now: Concurrency, goal: Concurrency) -> str:
        return f"Reserve {_shown(goal)} calls at once for {want.function} instead of {_shown(now)}"

    def put(self, account: Account, want: ConcurrencyWanted, now: Concurrency, goal: Concurrency) -> None:
        at: dict[str, Any] = {"FunctionName": want.function}
        if goal.reserved is None:
            account.call("lambda", "delete_function_concurrency", **at)
        else:
            account.call(
                "lambda", "put_function_concurrency", **at, ReservedConcurrentExecutions=goal.reserved
            )


def _shown(state: Concurrency) -> str:
    return "no" if state.reserved is None else str(state.reserved)


def _versions(account: Account, want: OfFunction) -> list[int]:
    """Return the numbers of the published versions, the oldest first."""
    found: list[int] = []
    more: dict[str, str] = {}
    for _ in range(_PAGES):
        answer = account.call("lambda", "list_versions_by_function", FunctionName=want.function, **more)
        found += [int(one["Version"]) for one in answer["Versions"] if one["Version"].isdigit()]
        if not answer.get("NextMarker"):
            break
        more = {"Marker": answer["NextMarker"]}
    return sorted(found)
