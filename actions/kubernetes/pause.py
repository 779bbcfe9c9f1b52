"""Hold a Deployment's rollout where it is, and let it go on."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import TRIES, cluster_of, never_at_rest, overtaken
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.actions.kubernetes.status import progress, verdict
from tocsin.actions.kubernetes.targets import DeploymentTarget, kubectl
from tocsin.actions.kubernetes.workloads import Workload


class PausePlan(Plan):
    """What ``undo`` puts back."""

    uid: str
    before: bool
    """Whether the rollout was paused."""


class PauseState(Frozen):
    """The rollout as it is now."""

    paused: bool
    changed: bool
    """False when it was so already."""


class _SetPaused(Action[DeploymentTarget, PausePlan, PauseState]):
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT
    goal: ClassVar[bool]
    verb: ClassVar[str]

    def resources(self, want: DeploymentTarget) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return kubectl(given, f"rollout {cls.verb}")

    def permissions(self, want: DeploymentTarget) -> list[Permission]:
        return [want.may("get", "apps/deployments"), want.may("patch", "apps/deployments")]

    def plan(self, want: DeploymentTarget) -> PausePlan:
        found = cluster_of(self.connections, want).workload(want)
        change = Change(resource=want.resource, field="paused", before=found.paused, after=self.goal)
        return PausePlan(
            summary=f"{self.verb.capitalize()} the rollout of {want.short}",
            changes=(change,),
            warnings=(*self._warnings(found), *gitops_warning(found)),
            uid=found.uid,
            before=found.paused,
        )

    def run(self, want: DeploymentTarget, plan: PausePlan, key: str) -> PauseState:
        return PauseState(paused=self.goal, changed=self._set(want, plan, self.goal))

    def verify(self, want: DeploymentTarget, plan: PausePlan) -> Verdict:
        found = cluster_of(self.connections, want).workload(want)
        if found.paused != self.goal:
            state = "is paused" if found.paused else "goes on"
            return Verdict(state="failed", reason=f"somebody else changed it meanwhile: the rollout {state}")
        return Verdict(state="ok", reason="the rollout is paused") if self.goal else verdict(found)

    def undo(self, want: DeploymentTarget, plan: PausePlan) -> None:
        self._set(want, plan, plan.before)

    def _set(self, want: DeploymentTarget, plan: PausePlan, paused: bool) -> bool:
        cluster = cluster_of(self.connections, want)
        for _ in range(TRIES):
            seen = cluster.workload(want)
            if seen.uid != plan.uid:
                raise overtaken(want.short, "it was deleted and made anew")
            if seen.paused == paused:
                return False
            if cluster.set_paused(want, seen, paused):
                return True
        raise never_at_rest(want.short)

    def _warnings(self, found: Workload) -> tuple[str, ...]:
        return ()


class PauseRollout(_SetPaused):
    """Hold a Deployment's rollout where it is: old and new pods stay side by side. Undo lets it go on."""

    name = "k8s.rollout_pause"
    goal = True
    verb = "pause"

    def _warnings(self, found: Workload) -> tuple[str, ...]:
        held = f"until it is resumed, no deploy, restart or rollback of {found.name} makes new pods"
        if progress(found)[0] == "complete":
            return (held, "no rollout is under way: pausing holds the next one")
        return (held,)


class ResumeRollout(_SetPaused):
    """Let a paused rollout of a Deployment go on, and wait until it is complete. Undo pauses it again."""

    name = "k8s.rollout_resume"
    goal = False
    verb = "resume"

    def _warnings(self, found: Workload) -> tuple[str, ...]:
        if found.paused and found.observed_generation == found.generation and found.updated < found.replicas:
            return (f"{found.replicas - found.updated} pods of {found.name} are replaced when it goes on",)
        return ()
