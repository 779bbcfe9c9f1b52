"""Amazon SQS: let the messages of a dead-letter queue be worked on again."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.verbs import Named, OnAws, busy, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

AGAIN = "what could not be worked on before may fail again, and come back"

_NAME = r"^[A-Za-z0-9_-]{1,75}(\.fifo)?$"


class Redrive(Named):
    """The dead-letter queue, and where its messages go."""

    queue: str = Field(pattern=_NAME, max_length=80, description="The dead-letter queue's name")
    to: str | None = Field(
        default=None, pattern=_NAME, max_length=80, description="Where each came from, when not given"
    )
    max_per_second: int | None = Field(
        default=None, ge=1, le=500, description="Messages per second; as fast as SQS can when not given"
    )

    @property
    def path(self) -> str:
        return f"sqs/{self.queue}"


class RedrivePlan(Plan):
    """When the newest move there was had begun: ``probe`` looks for a later one."""

    former: int | None
    """Milliseconds since 1970"""


class Redriven(Frozen):
    """The move, as far as SQS has taken it; ``verify`` waits until it has ended."""

    queue: str
    started: int
    """Milliseconds since 1970; SQS names a move by it"""


class _Move(Answer):
    status: str = Field(validation_alias="Status")
    started: int = Field(validation_alias="StartedTimestamp")
    moved: int = Field(default=0, validation_alias="ApproximateNumberOfMessagesMoved")
    total: int = Field(default=0, validation_alias="ApproximateNumberOfMessagesToMove")
    reason: str = Field(default="", validation_alias="FailureReason")

    @property
    def state(self) -> str:
        return f"the move is {self.status}: {self.moved} of {self.total} messages. {self.reason}".strip()


class RedriveQueue(OnAws[Redrive, RedrivePlan, Redriven]):
    """Move the messages of a dead-letter queue back to where they came from. There is no undo."""

    name = "sqs.redrive"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=30)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws sqs start-message-move-task --source-arn '<ARN of {given.get('queue')}>'"

    def rights(self, at: AwsConnection, want: Redrive) -> Iterable[tuple[str, str]]:
        queue = arn(at, "sqs", want.queue)
        reads = ("GetQueueUrl", "GetQueueAttributes", "ListDeadLetterSourceQueues", "ListMessageMoveTasks")
        moves = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage")
        goal = arn(at, "sqs", want.to or "*")
        return *((f"sqs:{verb}", queue) for verb in (*reads, *moves)), ("sqs:SendMessage", goal)

    def plan(self, want: Redrive) -> RedrivePlan:
        account = account_of(self.connections, want)
        found, newest = _queue(account, want.queue), _newest(account, want)
        if newest is not None and newest.status in ("RUNNING", "CANCELLING"):
            raise busy(f"{want.queue} is being moved: {newest.state}")
        url = account.call("sqs", "get_queue_url", QueueName=want.queue)["QueueUrl"]
        if not account.call("sqs", "list_dead_letter_source_queues", QueueUrl=url)["queueUrls"]:
            raise refused(f"{want.queue} is no queue's dead-letter queue", "Name one that is.")
        count = int(found["ApproximateNumberOfMessages"])
        change = Change(resource=want.resource, field="messages", before=count, after=0)
        return RedrivePlan(
            summary=f"Move about {count} messages of {want.queue} to {want.to or 'where they came from'}",
            changes=(change,),
            warnings=(AGAIN,),
            former=newest.started if newest else None,
        )

    def run(self, want: Redrive, plan: RedrivePlan, key: str) -> Redriven:
        account = account_of(self.connections, want)
        if _since(account, want, plan) is None:
            given: dict[str, Any] = {"SourceArn": _queue(account, want.queue)["QueueArn"]}
            if want.to is not None:
                given["DestinationArn"] = _queue(account, want.to)["QueueArn"]
            if want.max_per_second is not None:
                given["MaxNumberOfMessagesPerSecond"] = want.max_per_second
            account.call("sqs", "start_message_move_task", **given)
        since = _since(account, want, plan)
        return Redriven(queue=want.queue, started=since.started if since else 0)

    def verify(self, want: Redrive, plan: RedrivePlan) -> Verdict:
        since = _since(account_of(self.connections, want), want, plan)
        if since is None or since.status == "RUNNING":
            reason = since.state if since else f"{want.queue} has no move since the plan"
            return Verdict(state="waiting", reason=reason)
        return Verdict(state="ok" if since.status == "COMPLETED" else "failed", reason=since.state)

    def probe(self, want: Redrive, plan: RedrivePlan, key: str) -> Probe:
        """Look for a move since the plan: SQS takes no token. There is one at a time, whoever began it."""
        since = _since(account_of(self.connections, want), want, plan)
        return Probe.NOT_DONE if since is None else Probe.DONE

    def recover(self, want: Redrive, plan: RedrivePlan, key: str) -> Redriven | None:
        since = _since(account_of(self.connections, want), want, plan)
        return Redriven(queue=want.queue, started=since.started) if since else None


def _queue(account: Account, name: str) -> dict[str, str]:
    url = account.call("sqs", "get_queue_url", QueueName=name)["QueueUrl"]
    names = ["QueueArn", "ApproximateNumberOfMessages"]
    found: dict[str, str] = account.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)[
        "Attributes"
    ]
    return found


def _newest(account: Account, want: Redrive) -> _Move | None:
    source = _queue(account, want.queue)["QueueArn"]
    answer = account.call("sqs", "list_message_move_tasks", SourceArn=source, MaxResults=10)
    found = [read(_Move, one) for one in answer.get("Results", ())]
    return max(found, key=lambda one: one.started, default=None)


def _since(account: Account, want: Redrive, plan: RedrivePlan) -> _Move | None:
    newest = _newest(account, want)
    return newest if newest and newest.started != plan.former else None
