"""The actions there are: the built-in ones, and those of installed packages."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

from tocsin.actions.base import Action
from tocsin.connections import Connections
from tocsin.errors import NotFound

AnyAction = Action[Any, Any, Any]

GROUP = "tocsin.actions"
"""Entry point group of outside packages; an entry's name is its action's name."""

_SDKS = {"k8s": "kubernetes", "aws": "boto3", "redis": "redis"}
"""The module that each extra brings."""


def _built_in(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


BUILT_IN: tuple[EntryPoint, ...] = (
    _built_in("arc.zonal_shift", "tocsin.actions.aws.zonal:ShiftZone [aws]"),
    _built_in("argocd.set_autosync", "tocsin.actions.argocd:SetApplicationAutosync"),
    _built_in("asg.refresh", "tocsin.actions.aws.refreshes:RefreshGroup [aws]"),
    _built_in("asg.refresh_rollback", "tocsin.actions.aws.refreshes:StopRefresh [aws]"),
    _built_in("asg.resume", "tocsin.actions.aws.autoscaling:ResumeProcesses [aws]"),
    _built_in("asg.set_desired", "tocsin.actions.aws.autoscaling:SetDesiredCapacity [aws]"),
    _built_in("asg.suspend", "tocsin.actions.aws.autoscaling:SuspendProcesses [aws]"),
    _built_in("aurora.global_failover", "tocsin.actions.aws.global_databases:FailOver [aws]"),
    _built_in("aurora.global_switchover", "tocsin.actions.aws.global_databases:SwitchOver [aws]"),
    _built_in("cfn.cancel_update", "tocsin.actions.aws.stacks:CancelUpdate [aws]"),
    _built_in("cfn.continue_rollback", "tocsin.actions.aws.stacks:ContinueRollback [aws]"),
    _built_in("cfn.rollback", "tocsin.actions.aws.stacks:RollBackStack [aws]"),
    _built_in("cloudwatch.alarm_gate", "tocsin.actions.aws.alarms:GateOnAlarms [aws]"),
    _built_in("cloudwatch.disable_actions", "tocsin.actions.aws.alarms:DisableAlarmActions [aws]"),
    _built_in("cloudwatch.insights", "tocsin.actions.aws.insights:AskLogs [aws]"),
    _built_in("cloudwatch.metric", "tocsin.actions.aws.cloudwatch:ReadMetric [aws]"),
    _built_in("dns.resolve", "tocsin.actions.dns:ResolveName"),
    _built_in("dynamodb.capacity", "tocsin.actions.aws.dynamodb:SetCapacity [aws]"),
    _built_in("ebs.grow", "tocsin.actions.aws.volumes:GrowVolume [aws]"),
    _built_in("ebs.snapshot", "tocsin.actions.aws.volumes:TakeSnapshot [aws]"),
    _built_in("ec2.describe", "tocsin.actions.aws.ec2:DescribeInstance [aws]"),
    _built_in("ec2.reboot", "tocsin.actions.aws.machines:RebootInstance [aws]"),
    _built_in("ec2.start", "tocsin.actions.aws.machines:StartInstance [aws]"),
    _built_in("ec2.stop", "tocsin.actions.aws.machines:StopInstance [aws]"),
    _built_in("ec2.terminate", "tocsin.actions.aws.machines:TerminateInstance [aws]"),
    _built_in("ecs.redeploy", "tocsin.actions.aws.ecs:RedeployService [aws]"),
    _built_in("ecs.rollback", "tocsin.actions.aws.ecs_rollback:RollBackService [aws]"),
    _built_in("ecs.scale", "tocsin.actions.aws.ecs_scale:ScaleService [aws]"),
    _built_in("elasticache.failover", "tocsin.actions.aws.caches:FailOverCache [aws]"),
    _built_in("elb.deregister", "tocsin.actions.aws.targets:DeregisterTargets [aws]"),
    _built_in("elb.register", "tocsin.actions.aws.targets:RegisterTargets [aws]"),
    _built_in("elb.rule_weights", "tocsin.actions.aws.rules:SetRuleWeights [aws]"),
    _built_in("eventbridge.rule_disable", "tocsin.actions.aws.events:DisableRule [aws]"),
    _built_in("fis.start", "tocsin.actions.aws.experiments:StartExperiment [aws]"),
    _built_in("fis.stop", "tocsin.actions.aws.experiments:StopExperiment [aws]"),
    _built_in("github.revert_pr", "tocsin.actions.github:RevertPullRequest"),
    _built_in("grafana.annotate", "tocsin.actions.grafana.annotate:AnnotateGraphs"),
    _built_in("grafana.panel_png", "tocsin.actions.grafana.panel:PhotographPanel"),
    _built_in("http.get", "tocsin.actions.http:GetHttp"),
    _built_in("http.request", "tocsin.actions.http:CallHttp"),
    _built_in("iam.deactivate_key", "tocsin.actions.aws.keys:DeactivateKey [aws]"),
    _built_in("k8s.cordon", "tocsin.actions.kubernetes.cordon:Cordon [k8s]"),
    _built_in("k8s.cronjob_suspend", "tocsin.actions.kubernetes.suspend:SuspendCronJob [k8s]"),
    _built_in("k8s.describe", "tocsin.actions.kubernetes.describe:DescribeObject [k8s]"),
    _built_in("k8s.drain", "tocsin.actions.kubernetes.drain:DrainNode [k8s]"),
    _built_in("k8s.events", "tocsin.actions.kubernetes.diagnose:ShowEvents [k8s]"),
    _built_in("k8s.hpa_patch", "tocsin.actions.kubernetes.hpa:PatchAutoscaler [k8s]"),
    _built_in("k8s.job_run", "tocsin.actions.kubernetes.jobs:RunCronJob [k8s]"),
    _built_in("k8s.label", "tocsin.actions.kubernetes.label:LabelObject [k8s]"),
    _built_in("k8s.logs", "tocsin.actions.kubernetes.diagnose:ShowLogs [k8s]"),
    _built_in("k8s.networkpolicy_isolate", "tocsin.actions.kubernetes.isolate:IsolatePods [k8s]"),
    _built_in("k8s.patch", "tocsin.actions.kubernetes.patch:PatchObject [k8s]"),
    _built_in("k8s.pod_delete", "tocsin.actions.kubernetes.removal:DeletePod [k8s]"),
    _built_in("k8s.pod_exec", "tocsin.actions.kubernetes.exec:ExecInPod [k8s]"),
    _built_in("k8s.pod_quarantine", "tocsin.actions.kubernetes.quarantine:QuarantinePod [k8s]"),
    _built_in("k8s.pvc_resize", "tocsin.actions.kubernetes.claims:GrowClaim [k8s]"),
    _built_in("k8s.rollout_history", "tocsin.actions.kubernetes.history:ShowHistory [k8s]"),
    _built_in("k8s.rollout_pause", "tocsin.actions.kubernetes.pause:PauseRollout [k8s]"),
    _built_in("k8s.rollout_restart", "tocsin.actions.kubernetes.restart:RestartRollout [k8s]"),
    _built_in("k8s.rollout_resume", "tocsin.actions.kubernetes.pause:ResumeRollout [k8s]"),
    _built_in("k8s.rollout_status", "tocsin.actions.kubernetes.status:ShowRollout [k8s]"),
    _built_in("k8s.rollout_undo", "tocsin.actions.kubernetes.rollout:UndoRollout [k8s]"),
    _built_in("k8s.scale", "tocsin.actions.kubernetes.scale:ScaleWorkload [k8s]"),
    _built_in("k8s.taint", "tocsin.actions.kubernetes.taint:TaintNode [k8s]"),
    _built_in("k8s.top", "tocsin.actions.kubernetes.top:ShowUse [k8s]"),
    _built_in("k8s.uncordon", "tocsin.actions.kubernetes.cordon:Uncordon [k8s]"),
    _built_in("lambda.concurrency", "tocsin.actions.aws.functions:ReserveConcurrency [aws]"),
    _built_in("lambda.rollback", "tocsin.actions.aws.functions:RollBackFunction [aws]"),
    _built_in("launchdarkly.set_flag", "tocsin.actions.launchdarkly:SetFeatureFlag"),
    _built_in("pagerduty.escalate", "tocsin.actions.pagerduty:EscalateIncident"),
    _built_in("pagerduty.resolve_with_note", "tocsin.actions.pagerduty:ResolveIncident"),
    _built_in("postgres.long_queries", "tocsin.actions.postgres:ShowLongQueries"),
    _built_in("postgres.terminate", "tocsin.actions.postgres:TerminateLongQueries"),
    _built_in("prom.gate", "tocsin.actions.prometheus.query:GateOnPrometheus"),
    _built_in("prom.query", "tocsin.actions.prometheus.query:QueryPrometheus"),
    _built_in("rds.describe", "tocsin.actions.aws.rds:DescribeInstance [aws]"),
    _built_in("rds.failover", "tocsin.actions.aws.aurora:FailOverCluster [aws]"),
    _built_in("rds.modify", "tocsin.actions.aws.rds_modify:ModifyInstance [aws]"),
    _built_in("rds.promote_replica", "tocsin.actions.aws.rds:PromoteReplica [aws]"),
    _built_in("rds.snapshot", "tocsin.actions.aws.rds_modify:TakeSnapshot [aws]"),
    _built_in("redis.unlink_matching", "tocsin.actions.redis:UnlinkMatching [redis]"),
    _built_in("route53.upsert", "tocsin.actions.aws.route53:UpsertRecord [aws]"),
    _built_in("route53.weights", "tocsin.actions.aws.weights:SetNameWeights [aws]"),
    _built_in("s3.replication_status", "tocsin.actions.aws.replication:ShowReplication [aws]"),
    _built_in("secretsmanager.rotate", "tocsin.actions.aws.rotation:RotateSecret [aws]"),
    _built_in("slack.post", "tocsin.actions.slack:PostMessage"),
    _built_in("sqs.redrive", "tocsin.actions.aws.queues:RedriveQueue [aws]"),
    _built_in("ssm.run_document", "tocsin.actions.aws.ssm:RunSsmDocument [aws]"),
    _built_in("ssm.start_automation", "tocsin.actions.aws.automation:StartAutomation [aws]"),
    _built_in("tcp.check", "tocsin.actions.tcp:KnockAtPort"),
    _built_in("waf.block_ip", "tocsin.actions.aws.firewall:BlockAddresses [aws]"),
)
"""Every action that ships with Tocsin. A new one is listed here and nowhere else.

In brackets: the extra that it needs. The cloud SDKs take a second to import, so an action's module
is imported when the action is first asked for.
"""


class Registry:
    """Looks actions up by name, ``system.verb`` or ``system.verb@version``."""

    def __init__(self, connections: Connections, entries: Iterable[EntryPoint] = BUILT_IN) -> None:
        self._connections = connections
        self._entries = {entry.name: entry for entry in (*entries, *_installed())}
        self._loaded: dict[str, AnyAction] = {}

    def __iter__(self) -> Iterator[AnyAction]:
        return (self.get(name) for name in self.names())

    def names(self) -> list[str]:
        """Return the name of every action whose SDK is installed, sorted. Imports none of them."""
        return sorted(name for name, entry in self._entries.items() if not _missing_extras(entry))

    def load(self, names: Iterable[str]) -> None:
        """Import what these actions need; a name that cannot be had is left for whoever uses it."""
        for name in names:
            if name.partition("@")[0] in self.names():
                self.get(name)

    def get(self, uses: str) -> AnyAction:
        """Return the action that ``uses`` names.

        Raises NotFound when it or its version is unknown, or its SDK is not installed.
        """
        name, _, version = uses.partition("@")
        entry = self._entries.get(name)
        found = None if entry is None else self._load(entry)
        if found is None or (version and version.removeprefix("v") != str(found.version)):
            raise NotFound(f"no action {uses!r}; `tocsin runbook schema` lists every action and its version")
        return found

    def _load(self, entry: EntryPoint) -> AnyAction:
        if entry.name not in self._loaded:
            self._loaded[entry.name] = _class_of(entry)(self._connections)
        return self._loaded[entry.name]


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """Return the actions of other packages."""
    return tuple(entry_points(group=GROUP))


def _class_of(entry: EntryPoint) -> type[AnyAction]:
    missing = _missing_extras(entry)
    if missing:
        extras = ",".join(missing)
        raise NotFound(f"the action {entry.name} needs an extra: pip install 'tocsin[{extras}]'")
    action: type[AnyAction] = entry.load()
    return action


def _missing_extras(entry: EntryPoint) -> list[str]:
    return [extra for extra in entry.extras if extra in _SDKS and find_spec(_SDKS[extra]) is None]
