"""Amazon ECS: bring the former task definition of a service back."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, arn, read, role_arn
from tocsin.actions.aws.deployments import (
    EcsService,
    describe,
    newest_of,
    refuse_unless_deployed_by_ecs,
    rollout,
    service_arn,
)
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import refused
from tocsin.actions.base import Frozen, Risk, Verdict
from tocsin.connections import AwsConnection

ONLY_TASKS = "only the tasks go back: images, secrets, settings and databases stay as they are"

_GOING_ON = ("PENDING", "IN_PROGRESS")
_GOING_BACK = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


class Rollback(EcsService):
    """The service, and where it shall go back to."""

    to: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]+:[0-9]+$",
        max_length=265,
        description="A task definition, `family:revision`; the one that succeeded before when not given",
    )


class Version(Frozen):
    """What a service runs."""

    task_definition: str
    """``family:revision``"""


class _Rollout(Answer):
    """What ECS calls a service deployment: how one revision of a service came."""

    arn: str = Field(validation_alias="serviceDeploymentArn")
    status: str
    revision: str = Field(default="", validation_alias="targetServiceRevisionArn")


class RollBackService(Desired[Rollback, Version]):
    """Bring a service's former task definition back. Undo brings the later one again.

    A deployment that is still going on is stopped by ECS's own rollback, which is quicker.
    """

    name = "ecs.rollback"
    risk = Risk.HIGH
    settle = timedelta(minutes=20)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--cluster {given.get('cluster')} --service {given.get('service')}"
        return f"aws ecs update-service {at} --task-definition {given.get('to') or '<family:revision>'}"

    def rights(self, at: AwsConnection, want: Rollback) -> Iterable[tuple[str, str]]:
        service, place = service_arn(at, want), f"{want.cluster}/{want.service}/*"
        deployments, revisions = (
            arn(at, "ecs", f"service-{what}/{place}") for what in ("deployment", "revision")
        )
        return (
            ("ecs:DescribeServices", service),
            ("ecs:UpdateService", service),
            ("ecs:ListServiceDeployments", service),
            ("ecs:StopServiceDeployment", deployments),
            ("ecs:DescribeServiceRevisions", revisions),
            ("ecs:DescribeTaskDefinition", "*"),
            ("iam:PassRole", role_arn(at)),  # those that the task definition names
        )

    def look(self, account: Account, want: Rollback) -> Version:
        newest = newest_of(want, describe(account, want))
        return Version(task_definition=newest.version)

    def goal(self, account: Account, want: Rollback, now: Version) -> Version:
        refuse_unless_deployed_by_ecs(want, describe(account, want))
        goal = want.to or _last_good(account, want, now.task_definition)
        answer = account.call("ecs", "describe_task_definition", taskDefinition=goal)
        status = answer["taskDefinition"]["status"]
        if status != "ACTIVE":
            raise refused(f"the task definition {goal} is {status}, not ACTIVE", "Name another one as `to`.")
        return Version(task_definition=goal)

    def warn(self, account: Account, want: Rollback, now: Version, goal: Version) -> Iterable[str]:
        if _open_rollout(account, want) is not None:
            yield f"the deployment of {now.task_definition} is going on, and is stopped"
        yield ONLY_TASKS

    def told(self, want: Rollback, now: Version, goal: Version) -> str:
        return f"Roll {want.short} back from {now.task_definition} to {goal.task_definition}"

    def put(self, account: Account, want: Rollback, now: Version, goal: Version) -> None:
        going = _open_rollout(account, want)
        if going is None or goal.task_definition != _last_good(account, want, now.task_definition):
            at = {"cluster": want.cluster, "service": want.service}
            account.call("ecs", "update_service", **at, taskDefinition=goal.task_definition)
        elif going.status in _GOING_ON:
            account.call(
                "ecs", "stop_service_deployment", serviceDeploymentArn=going.arn, stopType="ROLLBACK"
            )

    def settled(self, account: Account, want: Rollback, goal: Version) -> Verdict:
        return rollout(want, describe(account, want))


def _open_rollout(account: Account, want: Rollback) -> _Rollout | None:
    return next(iter(_rollouts(account, want, *_GOING_ON, *_GOING_BACK)), None)


def _rollouts(account: Account, want: Rollback, *statuses: str) -> list[_Rollout]:
    """Return the newest service deployments of these statuses, the newest first."""
    answer = account.call(
        "ecs", "list_service_deployments", cluster=want.cluster, service=want.service, status=list(statuses)
    )
    return [read(_Rollout, one) for one in answer["serviceDeployments"]]


def _last_good(account: Account, want: Rollback, but: str) -> str:
    """Return the task definition that was deployed with success last, other than ``but``."""
    revisions = [one.revision for one in _rollouts(account, want, "SUCCESSFUL") if one.revision][:20]
    answer = (
        account.call("ecs", "describe_service_revisions", serviceRevisionArns=revisions) if revisions else {}
    )
    ran = {one["serviceRevisionArn"]: one["taskDefinition"] for one in answer.get("serviceRevisions", ())}
    for revision in revisions:
        version = str(ran.get(revision, "")).rpartition("/")[2]
        if version not in ("", but):
            return version
    raise refused(
        f"ECS remembers no deployment of {want.short} that succeeded with another task definition than {but}",
        "Name the one to go back to as `to`.",
    )
