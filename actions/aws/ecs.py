"""Amazon ECS: replace the tasks of a service."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from pydantic import JsonValue

from tocsin.actions.aws.client import account_of, read
from tocsin.actions.aws.deployments import (
    NO_BREAKER,
    Deployment,
    EcsService,
    Service,
    describe,
    is_complete,
    newest_of,
    refuse_unless_deployed_by_ecs,
    service_arn,
)
from tocsin.actions.aws.verbs import OnAws
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

NO_TASKS = "0 tasks are wanted: there is nothing to replace"


class Redeploy(EcsService):
    """The service."""


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


class RedeployService(OnAws[Redeploy, RedeployPlan, Redeployed]):
    """Replace every task of a service by a new one of the same task definition, a few at a time."""

    name = "ecs.redeploy"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=20)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--cluster {given.get('cluster')} --service {given.get('service')}"
        return f"aws ecs update-service {at} --force-new-deployment"

    def rights(self, at: AwsConnection, want: Redeploy) -> Iterable[tuple[str, str]]:
        service = service_arn(at, want)
        return ("ecs:DescribeServices", service), ("ecs:UpdateService", service)

    def plan(self, want: Redeploy) -> RedeployPlan:
        found = describe(account_of(self.connections, want), want)
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
        newest = newest_of(want, describe(account, want))
        _refuse_another_version(want, plan, newest)
        changed = newest.id == plan.deployment
        if changed:
            answer = account.call(
                "ecs", "update_service", cluster=want.cluster, service=want.service, forceNewDeployment=True
            )
            newest = newest_of(want, read(Service, answer["service"]))
        return _output(newest, plan, changed=changed)

    def verify(self, want: Redeploy, plan: RedeployPlan) -> Verdict:
        found = describe(account_of(self.connections, want), want)
        newest = newest_of(want, found)
        since = [one for one in found.deployments if one.id != plan.deployment]
        broken = [one for one in since if one.rollout == "FAILED"]
        if broken:
            return Verdict(state="failed", reason=broken[0].state)
        if newest.id == plan.deployment:
            reason = f"{want.short} has no deployment after {newest.id}: not yet, or it was rolled back"
            return Verdict(state="waiting", reason=reason)
        if newest.task_definition != plan.task_definition:
            return Verdict(state="failed", reason=f"somebody deployed {newest.version} meanwhile")
        return Verdict(state="ok" if is_complete(found, newest) else "waiting", reason=newest.state)

    def probe(self, want: Redeploy, plan: RedeployPlan, key: str) -> Probe:
        """Look at the newest deployment: ECS takes no token, and no name of ours.

        A new one of the same task definition is what was wanted, whoever started it.
        """
        found = describe(account_of(self.connections, want), want)
        newest = found.primary
        if newest is None or newest.task_definition != plan.task_definition:
            return Probe.UNKNOWN
        if newest.id != plan.deployment:
            return Probe.DONE
        # Ours may have been rolled back to this one, and would be beside it for a while.
        return Probe.NOT_DONE if len(found.deployments) == 1 else Probe.UNKNOWN

    def recover(self, want: Redeploy, plan: RedeployPlan, key: str) -> Redeployed:
        newest = newest_of(want, describe(account_of(self.connections, want), want))
        return _output(newest, plan, changed=True)


def _output(newest: Deployment, plan: RedeployPlan, *, changed: bool) -> Redeployed:
    return Redeployed(
        deployment=newest.id,
        former_deployment=plan.deployment,
        task_definition=newest.task_definition,
        desired=newest.desired,
        changed=changed,
    )


def _settled_deployment(want: Redeploy, found: Service) -> Deployment:
    """Return the newest deployment; raise ActionFailed where a new one must not be started now."""
    refuse_unless_deployed_by_ecs(want, found)
    newest = newest_of(want, found)
    if len(found.deployments) > 1:
        raise ActionFailed(
            f"{want.short} is being deployed: {newest.state}; nothing was changed. Wait until it is done.",
            ErrorClass.CONFLICT,
        )
    return newest


def _warnings(found: Service) -> Sequence[str]:
    told = {NO_TASKS: found.desired == 0, NO_BREAKER: not found.breaker}
    return [words for words, holds in told.items() if holds]


def _refuse_another_version(want: Redeploy, plan: RedeployPlan, newest: Deployment) -> None:
    if newest.task_definition != plan.task_definition:
        raise ActionFailed(
            f"{want.short} runs {newest.version} now: somebody deployed it since the plan. It was left alone;"
            " plan again.",
            ErrorClass.CONFLICT,
        )
