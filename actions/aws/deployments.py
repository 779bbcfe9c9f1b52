"""Amazon ECS: a service and its deployments, as ECS shows them."""

from pydantic import AliasPath, Field

from tocsin.actions.aws.client import Account, Answer, arn, read
from tocsin.actions.aws.verbs import Named, no_such
from tocsin.actions.base import Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

NO_BREAKER = "no circuit breaker: a deployment that cannot work is tried until somebody stops it"

_NAME = r"^[A-Za-z0-9_-]+$"


class EcsService(Named):
    """A service that deploys by itself: rolling updates, not CodeDeploy."""

    cluster: str = Field(pattern=_NAME, max_length=255)
    service: str = Field(pattern=_NAME, max_length=255)

    @property
    def path(self) -> str:
        return f"ecs/{self.cluster}/{self.service}"


class Deployment(Answer):
    """One deployment: of one task definition, with tasks that come or go."""

    id: str
    status: str
    task_definition: str = Field(validation_alias="taskDefinition")
    desired: int = Field(validation_alias="desiredCount")
    running: int = Field(validation_alias="runningCount")
    pending: int = Field(validation_alias="pendingCount")
    rollout: str = Field(default="", validation_alias="rolloutState")
    """Empty where ECS does not say it: behind a Classic Load Balancer."""
    reason: str = Field(default="", validation_alias="rolloutStateReason")

    @property
    def version(self) -> str:
        """Return the task definition without its account: ``checkout:7``."""
        return self.task_definition.rpartition("/")[2]

    @property
    def state(self) -> str:
        """Return how far it is, for sentences."""
        counted = f"{self.running} of {self.desired} running, {self.pending} pending"
        return (
            f"{self.id} of {self.version} is {self.rollout or self.status}: {counted}. {self.reason}".strip()
        )


class Service(Answer):
    """A service."""

    status: str
    desired: int = Field(validation_alias="desiredCount")
    running: int = Field(validation_alias="runningCount")
    deployments: tuple[Deployment, ...] = ()
    controller: str = Field(default="ECS", validation_alias=AliasPath("deploymentController", "type"))
    breaker: bool = Field(
        default=False,
        validation_alias=AliasPath("deploymentConfiguration", "deploymentCircuitBreaker", "enable"),
    )

    @property
    def primary(self) -> Deployment | None:
        """Return the newest deployment; None where ECS does not deploy."""
        return next((one for one in self.deployments if one.status == "PRIMARY"), None)


def describe(account: Account, want: EcsService) -> Service:
    """Read a service. Raises MISSING when there is none of that name."""
    answer = account.call("ecs", "describe_services", cluster=want.cluster, services=[want.service])
    if not answer["services"]:
        raise no_such(f"service {want.short}")
    return read(Service, answer["services"][0])


def newest_of(want: EcsService, found: Service) -> Deployment:
    """Return the newest deployment; raise ActionFailed where ECS itself deploys nothing."""
    if found.primary is None:
        raise ActionFailed(
            f"{want.short} has no deployment of its own: it is {found.status} and deployed by"
            f" {found.controller}. Nothing was changed.",
            ErrorClass.INVALID,
        )
    return found.primary


def refuse_unless_deployed_by_ecs(want: EcsService, found: Service) -> None:
    """Raise ActionFailed for a service that is going, or that something else deploys."""
    if found.status != "ACTIVE" or found.controller != "ECS":
        raise ActionFailed(
            f"{want.short} is {found.status} and deployed by {found.controller}; only an active service that"
            " ECS itself deploys can be changed here, and nothing was changed.",
            ErrorClass.INVALID,
        )


def is_complete(found: Service, newest: Deployment) -> bool:
    """Say whether the new tasks run, all of them, and none of the old ones does."""
    counted = (newest.running, newest.pending) == (found.desired, 0)
    return counted and len(found.deployments) == 1 and newest.rollout in ("COMPLETED", "")


def rollout(want: EcsService, found: Service) -> Verdict:
    """Return how far the newest deployment is."""
    newest = newest_of(want, found)
    if newest.rollout == "FAILED":
        return Verdict(state="failed", reason=newest.state)
    return Verdict(state="ok" if is_complete(found, newest) else "waiting", reason=newest.state)


def service_arn(at: AwsConnection, want: EcsService) -> str:
    """Return the service's name in policies."""
    return arn(at, "ecs", f"service/{want.short}")
