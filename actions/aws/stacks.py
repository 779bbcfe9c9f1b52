"""AWS CloudFormation: bring a stack that failed, or still changes, back to where it was."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Generic, TypeVar
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.verbs import Named, OnAws, busy, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

DATA = "resources go back and the data in them does not; what the update deleted is gone"
SKIPPED = "what is skipped is not as the template says: the next update must put it right"


class StackNamed(Named):
    """A stack."""

    stack: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=128, description="Its name")

    @property
    def path(self) -> str:
        return f"cloudformation/{self.stack}"


class Skipping(StackNamed):
    """A stack whose rollback failed, and what of it is left as it is."""

    skip: tuple[str, ...] = Field(
        default=(), max_length=100, description="Logical ids of resources that cannot go back"
    )


class StackPlan(Plan):
    """The status that the stack had when it was planned."""

    before: str


class StackTurned(Frozen):
    """The stack, as far as it was accepted; ``verify`` waits until it has gone back."""

    stack: str
    former_status: str
    changed: bool
    """False when it goes back already."""


class _Stack(Answer):
    status: str = Field(validation_alias="StackStatus")
    reason: str = Field(default="", validation_alias="StackStatusReason")

    @property
    def state(self) -> str:
        return f"{self.status}. {self.reason}".strip()


StackT = TypeVar("StackT", bound=StackNamed)


class _Turn(OnAws[StackT, StackPlan, StackTurned], Generic[StackT]):
    risk = Risk.HIGH
    effect = Effect.KEYED
    settle = timedelta(hours=1)

    operation: ClassVar[str]
    begins: ClassVar[tuple[str, ...]]
    """Statuses from which it can be asked for"""
    goes_on: ClassVar[tuple[str, ...]]
    ends: ClassVar[tuple[str, ...]]

    def rights(self, at: AwsConnection, want: StackT) -> Iterable[tuple[str, str]]:
        verb = "".join(word.capitalize() for word in self.operation.split("_"))
        stack = arn(at, "cloudformation", f"stack/{want.stack}/*")
        # What the resources need, the stack's own role has to allow: no list of it would be exact.
        return ("cloudformation:DescribeStacks", stack), (f"cloudformation:{verb}", stack)

    def request(self, want: StackT) -> dict[str, Any]:
        return {}

    def warn(self, want: StackT) -> tuple[str, ...]:
        return (DATA,)

    def plan(self, want: StackT) -> StackPlan:
        found = _stack(account_of(self.connections, want), want)
        if found.status not in self.begins:
            raise refused(
                f"the stack {want.stack} is {found.state} This works from {' or '.join(self.begins)} only",
                "Look what it needs instead: cfn.rollback, cfn.continue_rollback or cfn.cancel_update.",
            )
        change = Change(resource=want.resource, field="status", before=found.status, after=self.ends[0])
        return StackPlan(
            summary=f"Bring the stack {want.stack} back, which is {found.status}",
            changes=(change,),
            warnings=self.warn(want),
            before=found.status,
        )

    def run(self, want: StackT, plan: StackPlan, key: str) -> StackTurned:
        account = account_of(self.connections, want)
        found = _stack(account, want)
        changed = found.status == plan.before
        if changed:
            token = str(uuid5(NAMESPACE_URL, f"tocsin:{key}"))
            account.call(
                "cloudformation",
                self.operation,
                StackName=want.stack,
                ClientRequestToken=token,
                **self.request(want),
            )
        elif found.status not in (*self.goes_on, *self.ends):
            raise busy(f"the stack {want.stack} is {found.state} Somebody else changed it", "Plan again.")
        return StackTurned(stack=want.stack, former_status=plan.before, changed=changed)

    def verify(self, want: StackT, plan: StackPlan) -> Verdict:
        found = _stack(account_of(self.connections, want), want)
        reason = f"the stack {want.stack} is {found.state}"
        if found.status in self.ends:
            return Verdict(state="ok", reason=reason)
        waits = found.status in (*self.goes_on, plan.before)
        return Verdict(state="waiting" if waits else "failed", reason=reason)

    def probe(self, want: StackT, plan: StackPlan, key: str) -> Probe:
        status = _stack(account_of(self.connections, want), want).status
        if status in (*self.goes_on, *self.ends):
            return Probe.DONE
        return Probe.NOT_DONE if status == plan.before else Probe.UNKNOWN

    def recover(self, want: StackT, plan: StackPlan, key: str) -> StackTurned:
        return StackTurned(stack=want.stack, former_status=plan.before, changed=True)


class RollBackStack(_Turn[StackNamed]):
    """Bring a stack whose update failed, and was kept so, back. There is no undo; update it again."""

    name = "cfn.rollback"
    operation = "rollback_stack"
    begins = ("UPDATE_FAILED", "CREATE_FAILED")
    goes_on = (
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
    )
    ends = ("UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE")

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws cloudformation rollback-stack --stack-name {given.get('stack')}"


class ContinueRollback(_Turn[Skipping]):
    """Go on with a rollback that failed, once what stopped it is mended. There is no undo."""

    name = "cfn.continue_rollback"
    operation = "continue_update_rollback"
    begins = ("UPDATE_ROLLBACK_FAILED",)
    goes_on = ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    ends = ("UPDATE_ROLLBACK_COMPLETE",)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        listed = given.get("skip")
        names = " ".join(map(str, listed)) if isinstance(listed, list | tuple) else ""
        skipped = f" --resources-to-skip {names}" if names else ""
        return f"aws cloudformation continue-update-rollback --stack-name {given.get('stack')}{skipped}"

    def request(self, want: Skipping) -> dict[str, Any]:
        return {"ResourcesToSkip": list(want.skip)} if want.skip else {}

    def warn(self, want: Skipping) -> tuple[str, ...]:
        return (DATA, f"{', '.join(want.skip)}: {SKIPPED}") if want.skip else (DATA,)


class CancelUpdate(_Turn[StackNamed]):
    """Cancel an update that goes on, which rolls it back. There is no undo; update it again."""

    name = "cfn.cancel_update"
    operation = "cancel_update_stack"
    begins = ("UPDATE_IN_PROGRESS",)
    goes_on = ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    ends = ("UPDATE_ROLLBACK_COMPLETE",)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws cloudformation cancel-update-stack --stack-name {given.get('stack')}"


def _stack(account: Account, want: StackNamed) -> _Stack:
    return read(_Stack, account.call("cloudformation", "describe_stacks", StackName=want.stack)["Stacks"][0])
