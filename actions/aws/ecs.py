"""Amazon ECS: replace the tasks of a service."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, InAccount, account_of, allowed, arn, read
from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

NO_BREAKER = "no circuit breaker: a deployment that cannot work is tried until somebody stops it"
NO_TASKS = "0 tasks are wanted: there is nothing to replace"

_NAME = r"^[A-Za-z0-9_-]+$"


class Redeploy(InAccount):
    """A service that deploys by itself: rolling updates, not CodeDeploy."""

    cluster: str = Field(pattern=_NAME, max_length=255)
    service: str = Field(pattern=_NAME, max_length=255)

    @property
    def short(self) -> str:
        """Return ``cluster/service``, for sentences and names."""
        return f"{self.cluster}/{self.service}"

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/ecs/{self.short}"


class RedeployPlan(Plan):
    """The deployment that shall be replaced: ``probe`` looks whether it still is the newest."""

    deployment: str
    task_definition: str


class Redeployed(Frozen):
    """The new deployment, as far as ECS has accepted it; ``verify`` waits until it is complete."""

    deployment: str
    former_deployment: str
    task_definition: str
    desired: int
    changed: bool
    """False when somebody had started one of the same task definition since the plan."""


class _Deployment(Answer):
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
        """The task definition without its account: ``checkout:7``."""
        return self.task_definition.rpartition("/")[2]

    @property
    def state(self) -> str:
        counted = f"{self.running} of {self.desired} running, {self.pending} pending"
        return (
            f"{self.id} of {self.version} is {self.rollout or self.status}: {counted}. {self.reason}".strip()
        )


class _Service(Answer):
    status: str
    desired: int = Field(validation_alias="desiredCount")
    running: int = Field(validation_alias="runningCount")
    deployments: tuple[_Deployment, ...] = ()
    controller: str = Field(default="ECS", validation_alias=AliasPath("deploymentController", "type"))
    breaker: bool = Field(
        default=False,
        validation_alias=AliasPath("deploymentConfiguration", "deploymentCircuitBreaker", "enable"),
    )

    @property
    def primary(self) -> _Deployment | None:
        return next((one for one in self.deployments if one.status == "PRIMARY"), None)


class RedeployService(Action[Redeploy, RedeployPlan, Redeployed]):
    """Replace every task of a service by a new one of the same task definition, a few at a time."""

    name = "ecs.redeploy"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=20)

    def resources(self, want: Redeploy) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--cluster {given.get('cluster')} --service {given.get('service')}"
        return f"aws ecs update-service {at} --force-new-deployment"

    def permissions(self, want: Redeploy) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        service = arn(at, "ecs", f"service/{want.short}")
        return allowed(at, ("ecs:DescribeServices", service), ("ecs:UpdateService", service))

    def plan(self, want: Redeploy) -> RedeployPlan:
        found = _describe(account_of(self.connections, want), want)
        primary = _settled_deployment(want, found)
        after = f"a new one of {primary.version}"
        change = Change(resource=want.resource, field="deployment", before=primary.id, after=after)
        counted = f"{found.running} of {found.desired} tasks running"
        return RedeployPlan(
            summary=f"Replace the tasks of {want.short}: {counted}, task definition {primary.version}",
            changes=(change,),
            warnings=tuple(_warnings(found)),
            deployment=primary.id,
            task_definition=primary.task_definition,
        )

    def run(self, want: Redeploy, plan: RedeployPlan, key: str) -> Redeployed:
        account = account_of(self.connections, want)
        newest = _newest(want, _describe(account, want))
        _refuse_another_version(want, plan, newest)
        changed = newest.id == plan.deployment
        if changed:
            answer = account.call(
                "ecs", "update_service", cluster=want.cluster, service=want.service, forceNewDeployment=True
            )
            newest = _newest(want, read(_Service, answer["service"]))
        return _output(newest, plan, changed=changed)

    def verify(self, want: Redeploy, plan: RedeployPlan) -> Verdict:
        found = _describe(account_of(self.connections, want), want)
        newest = _newest(want, found)
        since = [one for one in found.deployments if one.id != plan.deployment]
        broken = [one for one in since if one.rollout == "FAILED"]
        if broken:
            return Verdict(state="failed", reason=broken[0].state)
        if newest.id == plan.deployment:
            reason = f"{want.short} has no deployment after {newest.id}: not yet, or it was rolled back"
            return Verdict(state="waiting", reason=reason)
        if newest.task_definition != plan.task_definition:
            return Verdict(state="failed", reason=f"somebody deployed {newest.version} meanwhile")
        return Verdict(state="ok" if _is_complete(found, newest) else "waiting", reason=newest.state)

    def probe(self, want: Redeploy, plan: RedeployPlan, key: str) -> Probe:
        """Look at the newest deployment: ECS takes no token, and no name of ours.

        A new one of the same task definition is what was wanted, whoever started it.
        """
        found = _describe(account_of(self.connections, want), want)
        newest = found.primary
        if newest is None or newest.task_definition != plan.task_definition:
            return Probe.UNKNOWN
        if newest.id != plan.deployment:
            return Probe.DONE
        # Ours may have been rolled back to this one, and would be beside it for a while.
        return Probe.NOT_DONE if len(found.deployments) == 1 else Probe.UNKNOWN

    def recover(self, want: Redeploy, plan: RedeployPlan, key: str) -> Redeployed:
        newest = _newest(want, _describe(account_of(self.connections, want), want))
        return _output(newest, plan, changed=True)


def _output(newest: _Deployment, plan: RedeployPlan, *, changed: bool) -> Redeployed:
    return Redeployed(
        deployment=newest.id,
        former_deployment=plan.deployment,
        task_definition=newest.task_definition,
        desired=newest.desired,
        changed=changed,
    )


def _describe(account: Account, want: Redeploy) -> _Service:
    answer = account.call("ecs", "describe_services", cluster=want.cluster, services=[want.service])
    if not answer["services"]:
        raise ActionFailed(
            f"{want.connection} has no service {want.short}. Correct its name, or the cluster's.",
            ErrorClass.MISSING,
        )
    return read(_Service, answer["services"][0])


def _newest(want: Redeploy, found: _Service) -> _Deployment:
    if found.primary is None:
        raise ActionFailed(
            f"{want.short} has no deployment of its own: it is {found.status} and deployed by"
            f" {found.controller}. Nothing was changed.",
            ErrorClass.INVALID,
        )
    return found.primary


def _settled_deployment(want: Redeploy, found: _Service) -> _Deployment:
    """Return the newest deployment; raise ActionFailed where a new one must not be started now."""
    if found.status != "ACTIVE" or found.controller != "ECS":
        raise ActionFailed(
            f"{want.short} is {found.status} and deployed by {found.controller}; only an active service that"
            " ECS itself deploys can be redeployed, and nothing was changed.",
            ErrorClass.INVALID,
        )
    newest = _newest(want, found)
    if len(found.deployments) > 1:
        raise ActionFailed(
            f"{want.short} is being deployed: {newest.state}; nothing was changed. Wait until it is done.",
            ErrorClass.CONFLICT,
        )
    return newest


def _warnings(found: _Service) -> Sequence[str]:
    told = {NO_TASKS: found.desired == 0, NO_BREAKER: not found.breaker}
    return [words for words, holds in told.items() if holds]


def _refuse_another_version(want: Redeploy, plan: RedeployPlan, newest: _Deployment) -> None:
    if newest.task_definition != plan.task_definition:
        raise ActionFailed(
            f"{want.short} runs {newest.version} now: somebody deployed it since the plan. It was left alone;"
            " plan again.",
            ErrorClass.CONFLICT,
        )


def _is_complete(found: _Service, newest: _Deployment) -> bool:
    """Say whether the new tasks run, all of them, and none of the old ones does."""
    counted = (newest.running, newest.pending) == (found.desired, 0)
    return counted and len(found.deployments) == 1 and newest.rollout in ("COMPLETED", "")
