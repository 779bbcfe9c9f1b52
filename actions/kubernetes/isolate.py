"""Cut pods off the network by a NetworkPolicy that allows nothing."""

import json
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Anything, Json, Place, Thing, anything_of, part
from tocsin.actions.kubernetes.client import overtaken
from tocsin.actions.kubernetes.kinds import NETWORK_POLICY, POD
from tocsin.actions.kubernetes.label import LabelKey, LabelValue
from tocsin.actions.kubernetes.objects import Object, Requirement, Words, under
from tocsin.actions.kubernetes.pods import Pod
from tocsin.actions.kubernetes.targets import NAME, InNamespace
from tocsin.errors import ActionFailed, ErrorClass

_TYPES: Mapping[str, list[JsonValue]] = {
    "both": ["Ingress", "Egress"],
    "in": ["Ingress"],
    "out": ["Egress"],
}


class Isolate(InNamespace):
    """The pods, and which way they are cut off."""

    policy: str = Field(pattern=NAME, max_length=63, description="What the NetworkPolicy is called")
    pods: dict[LabelKey, LabelValue] = Field(
        min_length=1, max_length=20, description="Their labels, all of them"
    )
    direction: Literal["both", "in", "out"] = Field(
        default="both", description="What is cut off: all traffic, what comes in, what goes out"
    )

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.namespace}/networkpolicy/{self.policy}"


class IsolationPlan(Plan):
    """Whether the policy was there."""

    there: bool


class Isolated(Frozen):
    """The NetworkPolicy that isolates."""

    policy: str
    changed: bool
    """False when it was there already."""


class Policy(Object):
    """Another NetworkPolicy, and the pods it is for."""

    match_labels: Words = Field(default={}, validation_alias=under("spec", "podSelector", "matchLabels"))
    match_expressions: tuple[Requirement, ...] = Field(
        default=(), validation_alias=under("spec", "podSelector", "matchExpressions")
    )

    def may_select(self, pod: Pod) -> bool:
        """Say whether it is for the pod, as far as its plain labels say."""
        return self.match_labels.items() <= pod.labels.items()


class IsolatePods(Action[Isolate, IsolationPlan, Isolated]):
    """Cut pods off the network by a NetworkPolicy that allows nothing. Undo deletes the policy.

    It holds where the cluster's network enforces policies; connections that are open may go on.
    """

    name = "k8s.networkpolicy_isolate"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: Isolate) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        direction = str(given.get("direction", "both"))
        body = _body(str(given.get("policy")), given.get("pods"), _TYPES.get(direction, _TYPES["both"]))
        return f"echo '{json.dumps(body)}' | kubectl -n {given.get('namespace')} create -f -"

    def permissions(self, want: Isolate) -> list[Permission]:
        return [
            want.may("list", POD.right),
            want.may("list", NETWORK_POLICY.right),
            want.may("get", NETWORK_POLICY.right),
            want.may("create", NETWORK_POLICY.right),
            want.may("delete", NETWORK_POLICY.right),
        ]

    def plan(self, want: Isolate) -> IsolationPlan:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        pods = _pods(cluster, want)
        found = cluster.find(_place(want))
        if found is not None:
            _refuse_another(want, found)
        before = None if found is None else _policy(want)["spec"]
        change = Change(resource=want.resource, field="policy", before=before, after=_policy(want)["spec"])
        way = {"both": "", "in": " for what comes in", "out": " for what goes out"}[want.direction]
        return IsolationPlan(
            summary=f"Cut {len(pods)} pods of {want.namespace} off the network{way}: {_named(pods)}",
            changes=(change,),
            warnings=tuple(_warnings(cluster, want, pods)),
            there=found is not None,
        )

    def run(self, want: Isolate, plan: IsolationPlan, key: str) -> Isolated:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        made = cluster.create(NETWORK_POLICY, want.namespace, _policy(want))
        if made is None:
            seen = cluster.read(_place(want))
            if not _is_ours(want, seen):
                raise overtaken(f"{want.namespace}/{want.policy}", "another policy of this name is there")
        return Isolated(policy=want.policy, changed=made is not None)

    def verify(self, want: Isolate, plan: IsolationPlan) -> Verdict:
        seen = anything_of(self.connections, want.connection, want.namespace).find(_place(want))
        if seen is None or not _is_ours(want, seen):
            return Verdict(state="failed", reason=f"somebody changed or deleted {want.policy} meanwhile")
        return Verdict(
            state="ok", reason=f"{want.policy} allows the pods no traffic; the network enforces it"
        )

    def undo(self, want: Isolate, plan: IsolationPlan) -> None:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        seen = None if plan.there else cluster.find(_place(want))
        if seen is None:
            return
        if not _is_ours(want, seen):
            raise overtaken(f"{want.namespace}/{want.policy}", "it allows something else now")
        cluster.delete(_place(want), seen.about.uid)


def _place(want: Isolate) -> Place:
    return Place(NETWORK_POLICY, want.policy, want.namespace)


def _policy(want: Isolate) -> Json:
    return _body(want.policy, dict(want.pods), _TYPES[want.direction])


def _body(name: str, labels: JsonValue, types: list[JsonValue]) -> Json:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "tocsin"}},
        "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": types},
    }


def _is_ours(want: Isolate, seen: Thing) -> bool:
    return part(seen, "spec") == _policy(want)["spec"]


def _refuse_another(want: Isolate, found: Thing) -> None:
    if not _is_ours(want, found):
        raise ActionFailed(
            f"{want.namespace} has another NetworkPolicy {want.policy} already; nothing was changed. Give"
            " `policy` another name.",
            ErrorClass.INVALID,
        )


def _pods(cluster: Anything, want: Isolate) -> list[Pod]:
    selector = ",".join(f"{key}={value}" for key, value in want.pods.items())
    found = cluster.many(Pod, POD, want.namespace, labelSelector=selector)
    if not found:
        raise ActionFailed(
            f"no pod of {want.namespace} has the labels {selector}; nothing was changed. Correct `pods`.",
            ErrorClass.MISSING,
        )
    return found


def _named(pods: list[Pod]) -> str:
    more = f" and {len(pods) - 5} more" if len(pods) > 5 else ""
    return ", ".join(pod.name for pod in pods[:5]) + more


def _warnings(cluster: Anything, want: Isolate, pods: list[Pod]) -> Iterator[str]:
    yield "a cluster whose network does not enforce NetworkPolicies goes on as before; nothing here can tell"
    if want.direction != "in":
        yield "name lookups are cut off too"
    others = [one for one in cluster.many(Policy, NETWORK_POLICY, want.namespace) if one.name != want.policy]
    allowing = [one.name for one in others if any(one.may_select(pod) for pod in pods)]
    if allowing:
        yield f"policies add up: what {', '.join(allowing)} allows these pods stays allowed"
