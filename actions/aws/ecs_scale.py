"""Amazon ECS: set how many tasks a service has."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account
from tocsin.actions.aws.deployments import (
    EcsService,
    describe,
    refuse_unless_deployed_by_ecs,
    rollout,
    service_arn,
)
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.scaling import scaling_targets
from tocsin.actions.aws.verbs import refused
from tocsin.actions.base import Frozen, Risk, Verdict
from tocsin.connections import AwsConnection

DIMENSION = "ecs:service:DesiredCount"
MANY = 2
"""Times as many tasks, or fewer: then whoever approves is told."""


class TaskCount(EcsService):
    """The service, and how many tasks it shall have."""

    tasks: int = Field(ge=0, le=5000, description="ECS allows 5,000 tasks to a service")


class Tasks(Frozen):
    """How many tasks a service keeps."""

    desired: int


class ScaleService(Desired[TaskCount, Tasks]):
    """Set a service's task count. Undo restores the count that plan saw.

    Refused where Application Auto Scaling sets the count: it would undo it.
    """

    name = "ecs.scale"
    risk = Risk.HIGH
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--cluster {given.get('cluster')} --service {given.get('service')}"
        return f"aws ecs update-service {at} --desired-count {given.get('tasks')}"

    def rights(self, at: AwsConnection, want: TaskCount) -> Iterable[tuple[str, str]]:
        service = service_arn(at, want)
        scaling = ("application-autoscaling:DescribeScalableTargets", "*")
        return ("ecs:DescribeServices", service), ("ecs:UpdateService", service), scaling

    def look(self, account: Account, want: TaskCount) -> Tasks:
        return Tasks(desired=describe(account, want).desired)

    def goal(self, account: Account, want: TaskCount, now: Tasks) -> Tasks:
        refuse_unless_deployed_by_ecs(want, describe(account, want))
        for one in scaling_targets(account, "ecs", f"service/{want.short}", DIMENSION):
            raise refused(
                f"Application Auto Scaling sets the task count of {want.short}, between {one.low} and"
                f" {one.high}, and would undo {want.tasks}",
                "Move its bounds instead: `aws application-autoscaling register-scalable-target`.",
            )
        return Tasks(desired=want.tasks)

    def warn(self, account: Account, want: TaskCount, now: Tasks, goal: Tasks) -> Iterable[str]:
        if goal.desired == 0:
            yield f"0 tasks stop {want.short} completely"
        if goal.desired > now.desired * MANY:
            yield f"{goal.desired - now.desired} more tasks need as much room in the cluster"
        if 0 < goal.desired * MANY < now.desired:
            yield f"fewer than half of the {now.desired} tasks are left to carry the load"

    def told(self, want: TaskCount, now: Tasks, goal: Tasks) -> str:
        return f"Scale {want.short} from {now.desired} to {goal.desired} tasks"

    def put(self, account: Account, want: TaskCount, now: Tasks, goal: Tasks) -> None:
        at = {"cluster": want.cluster, "service": want.service}
        account.call("ecs", "update_service", **at, desiredCount=goal.desired)

    def settled(self, account: Account, want: TaskCount, goal: Tasks) -> Verdict:
        return rollout(want, describe(account, want))
