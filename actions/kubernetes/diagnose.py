"""Look at a workload's events, pods and logs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.kubernetes.client import Cluster, cluster_of
from tocsin.actions.kubernetes.objects import Event
from tocsin.actions.kubernetes.pods import ContainerState, Pod
from tocsin.actions.kubernetes.targets import Target, kubectl
from tocsin.actions.kubernetes.workloads import KINDS, Deployment
from tocsin.errors import ActionFailed

MAX_PODS = 10
MAX_MESSAGE = 500
MAX_TOLD = 8
"""Lines of events, and of each log, in a report for people."""


class ListEvents(Target):
    """The workload whose events to list."""

    limit: int = Field(default=20, ge=1, le=100)


class SeenEvent(Frozen):
    """One event."""

    at: datetime
    type: str
    """``Normal`` or ``Warning``."""
    reason: str
    object: str
    """``Pod/checkout-7d9f-abcde``."""
    message: str
    count: int


class SeenEvents(Frozen):
    """The newest events of a workload, its ReplicaSets and their pods, also of pods that are gone."""

    events: tuple[SeenEvent, ...]
    total: int
    """How many there are; ``events`` holds the newest of them."""
    warnings: int
    """How many of the total are of type ``Warning``."""
    report: str
    """The warnings for people, newest first, a line each; the newest events where there are none."""


class ShowEvents(Action[ListEvents, Plan, SeenEvents]):
    """List the newest events of a workload, a Deployment's ReplicaSets, and their pods."""

    name = "k8s.events"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"kubectl -n {given.get('namespace')} get events --sort-by=.lastTimestamp"

    def permissions(self, want: ListEvents) -> list[Permission]:
        sets = [want.may("list", want.revisions)] if want.kind == "deployment" else []
        return [want.may("get", f"apps/{want.plural}"), *sets, want.may("list", "core/events")]

    def plan(self, want: ListEvents) -> Plan:
        cluster_of(self.connections, want).workload(want)
        return Plan(summary=f"List the newest events of {want.short}")

    def run(self, want: ListEvents, plan: Plan, key: str) -> SeenEvents:
        cluster = cluster_of(self.connections, want)
        workload = cluster.workload(want)
        sets = (
            {one.name for one in cluster.revisions(workload)} if isinstance(workload, Deployment) else set()
        )
        found = [one for one in cluster.events(want) if _concerns(one, want, sets)]
        newest = sorted(found, key=lambda one: one.at, reverse=True)
        warnings = [one for one in newest if one.type == "Warning"]
        return SeenEvents(
            events=tuple(map(_seen, newest[: want.limit])),
            total=len(found),
            warnings=len(warnings),
            report="\n".join(map(_line, (warnings or newest)[:MAX_TOLD])),
        )


class ReadLogs(Target):
    """The workload whose logs to read, and how much of them."""

    lines: int = Field(default=50, ge=1, le=1000, description="Of each container, from the end")
    max_bytes: int = Field(default=32_768, ge=256, le=262_144, description="Of all containers together")


class ContainerLog(Frozen):
    """The end of one container's log, or why it could not be read."""

    container: str
    previous: bool
    """True for a crash loop: the words of the container that died."""
    text: str = ""
    error: str = ""


class PodReport(Frozen):
    """A pod and its containers' last words."""

    name: str
    phase: str
    ready: bool
    restarts: int
    waiting_reason: str
    logs: tuple[ContainerLog, ...]


class Logs(Frozen):
    """The pods of a workload, those that are not ready first."""

    pods: tuple[PodReport, ...]
    total_pods: int
    """How many there are; ``pods`` holds at most ten of them."""
    report: str
    """For people: each pod's state in a line, then the last log lines of the ones that are not ready."""


class ShowLogs(Action[ReadLogs, Plan, Logs]):
    """Read the state of a workload's pods and the end of their logs."""

    name = "k8s.logs"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"{kubectl(given, 'logs --all-containers')} --tail={given.get('lines', 50)}"

    def permissions(self, want: ReadLogs) -> list[Permission]:
        sets = [want.may("list", want.revisions)] if want.kind == "deployment" else []
        return [
            want.may("get", f"apps/{want.plural}"),
            *sets,
            want.may("list", "core/pods"),
            want.may("get", "core/pods/log"),
        ]

    def plan(self, want: ReadLogs) -> Plan:
        cluster_of(self.connections, want).workload(want)
        return Plan(summary=f"Read the last {want.lines} log lines of the pods of {want.short}")

    def run(self, want: ReadLogs, plan: Plan, key: str) -> Logs:
        cluster = cluster_of(self.connections, want)
        pods = cluster.pods(cluster.workload(want))
        shown = pods[:MAX_PODS]
        share = want.max_bytes // max(1, sum(len(pod.containers) for pod in shown))
        reports = tuple(_report(cluster, want, pod, share) for pod in shown)
        return Logs(pods=reports, total_pods=len(pods), report="\n".join(_told(reports)))


def _concerns(event: Event, want: ListEvents, sets: set[str]) -> bool:
    if event.kind == KINDS[want.kind].name:
        return event.name == want.name
    if event.kind == "ReplicaSet":
        return event.name in sets
    return event.kind == "Pod" and event.name.rpartition("-")[0] in (sets or {want.name})


def _line(event: Event) -> str:
    times = f" (×{event.count})" if (event.count or 1) > 1 else ""
    return f"{event.at:%H:%M:%S} {event.reason} {event.kind}/{event.name}: {event.message[:200]}{times}"


def _told(pods: Sequence[PodReport]) -> Iterator[str]:
    for pod in pods:
        state = "ready" if pod.ready else pod.waiting_reason or pod.phase
        yield f"{'✓' if pod.ready else '✗'} {pod.name}  {state}, {pod.restarts} restarts"
    for pod in [one for one in pods if not one.ready] or pods[:1]:
        for log in pod.logs:
            died = " before it died" if log.previous else ""
            yield f"--- {pod.name}/{log.container}{died}"
            yield from log.text.splitlines()[-MAX_TOLD:] or [log.error or "(it said nothing)"]


def _seen(event: Event) -> SeenEvent:
    return SeenEvent(
        at=event.at,
        type=event.type,
        reason=event.reason,
        object=f"{event.kind}/{event.name}",
        message=event.message[:MAX_MESSAGE],
        count=event.count or 1,
    )


def _report(cluster: Cluster, want: ReadLogs, pod: Pod, share: int) -> PodReport:
    return PodReport(
        name=pod.name,
        phase=pod.phase,
        ready=pod.ready,
        restarts=pod.restarts,
        waiting_reason=pod.waiting_reason,
        logs=tuple(_last_words(cluster, want, pod.name, one, share) for one in pod.containers),
    )


def _last_words(
    cluster: Cluster, want: ReadLogs, pod: str, container: ContainerState, share: int
) -> ContainerLog:
    """Read one log; what stops it is part of the diagnosis, not the end of it."""
    previous = container.crash_looping
    try:
        text = cluster.log(want, pod, container.name, lines=want.lines, previous=previous)
    except ActionFailed as error:
        return ContainerLog(container=container.name, previous=previous, error=str(error))
    return ContainerLog(container=container.name, previous=previous, text=_end_of(text, share))


def _end_of(text: str, size: int) -> str:
    """Return the last whole lines of ``text`` that fit in ``size`` bytes."""
    raw = text.encode()
    if len(raw) <= size:
        return text
    kept = raw[-size:].partition(b"\n")[2] or raw[-size:]
    return kept.decode(errors="replace")
