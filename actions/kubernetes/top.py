"""Tell what pods, or nodes, use of processor and memory now."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.kubernetes.anything import anything_of
from tocsin.actions.kubernetes.kinds import Kind
from tocsin.actions.kubernetes.objects import Words, quantity, under
from tocsin.actions.kubernetes.targets import NAME, InCluster
from tocsin.errors import ActionFailed, ErrorClass

GROUP = "metrics.k8s.io"
PODS = Kind("PodMetrics", "pods", GROUP, ("v1beta1",))
NODES = Kind("NodeMetrics", "nodes", GROUP, ("v1beta1",), namespaced=False)


class Top(InCluster):
    """What to measure."""

    namespace: str | None = Field(
        default=None, pattern=NAME, max_length=63, description="Whose pods; the nodes when not given"
    )
    selector: str = Field(
        default="", max_length=500, description="Only those with these labels: `app=checkout`"
    )
    limit: int = Field(default=20, ge=1, le=100, description="How many of the biggest")


class Use(Frozen):
    """What one pod or node uses."""

    name: str
    cpu: int
    """Thousandths of a core."""
    memory: int
    """Bytes."""
    at: datetime
    """When it was measured, a quarter of a minute ago or so."""


class Uses(Frozen):
    """Who uses most, by processor."""

    uses: tuple[Use, ...]
    total: int
    """How many there are; ``uses`` holds the biggest of them."""
    cpu: int
    """Thousandths of a core, of all together."""
    memory: int
    """Bytes, of all together."""
    report: str
    """For people: a line each."""


class _Container(BaseModel):
    model_config = ConfigDict(extra="ignore")

    usage: Words = {}


class Measured(BaseModel):
    """What metrics-server measured of a pod, by container, or of a node."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(validation_alias=under("metadata", "name"))
    at: datetime = Field(validation_alias="timestamp")
    containers: tuple[_Container, ...] = ()
    usage: Words = {}

    def total(self, resource: str) -> int:
        """Return thousandths of a core, or bytes."""
        each = [one.usage for one in self.containers] or [self.usage]
        scale = 1000 if resource == "cpu" else 1
        return round(sum(quantity(one.get(resource, "0")) for one in each) * scale)


class ShowUse(Action[Top, Plan, Uses]):
    """Tell which pods of a namespace, or which nodes, use most. It needs metrics-server."""

    name = "k8s.top"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        labels = f" --selector={given['selector']}" if given.get("selector") else ""
        if not given.get("namespace"):
            return f"kubectl top node{labels}"
        return f"kubectl -n {given['namespace']} top pod --sort-by=cpu{labels}"

    def permissions(self, want: Top) -> list[Permission]:
        where = f" in {want.namespace}" if want.namespace else ""
        resource = f"{_kind(want).right}{where}"
        return [Permission(system="kubernetes", verb="list", resource=resource)]

    def plan(self, want: Top) -> Plan:
        self._measured(want)
        whose = f"the pods of {want.namespace}" if want.namespace else "the nodes"
        return Plan(summary=f"Tell which of {whose} use most")

    def run(self, want: Top, plan: Plan, key: str) -> Uses:
        found = [
            Use(name=one.name, cpu=one.total("cpu"), memory=one.total("memory"), at=one.at)
            for one in self._measured(want)
        ]
        biggest = sorted(found, key=lambda one: (-one.cpu, -one.memory, one.name))[: want.limit]
        return Uses(
            uses=tuple(biggest),
            total=len(found),
            cpu=sum(one.cpu for one in found),
            memory=sum(one.memory for one in found),
            report="\n".join(map(_line, biggest)),
        )

    def _measured(self, want: Top) -> list[Measured]:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        try:
            return cluster.many(Measured, _kind(want), want.namespace, labelSelector=want.selector or None)
        except ActionFailed as error:
            if error.kind is not ErrorClass.MISSING:
                raise
            raise ActionFailed(
                f"{want.connection} serves no {GROUP}: nothing there measures what pods use. Install"
                " metrics-server, or ask Prometheus (prom.query).",
                ErrorClass.MISSING,
            ) from None


def _kind(want: Top) -> Kind:
    return PODS if want.namespace else NODES


def _line(one: Use) -> str:
    return f"{one.cpu:>6}m {one.memory / 2**20:>8.0f}Mi  {one.name}"
