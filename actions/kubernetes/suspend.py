"""Let a CronJob start no more jobs, or let it start them again."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Json, Place, Thing, Turn, anything_of, part
from tocsin.actions.kubernetes.kinds import CRON_JOB
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.actions.kubernetes.targets import CronJobTarget


class SuspendCron(CronJobTarget):
    """The CronJob, and whether it shall be suspended."""

    suspend: bool = Field(default=True, description="`false` lets it start jobs again")


class SuspendPlan(Plan):
    """What ``undo`` puts back."""

    uid: str
    before: bool
    """Whether it was suspended."""


class Suspended(Frozen):
    """The CronJob as it is now."""

    suspended: bool
    changed: bool
    """False when it was so already."""


class SuspendCronJob(Action[SuspendCron, SuspendPlan, Suspended]):
    """Let a CronJob start no more jobs, or start them again. Undo restores what plan saw.

    A job that runs already goes on to its end.
    """

    name = "k8s.cronjob_suspend"
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT

    def resources(self, want: SuspendCron) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        goal = str(given.get("suspend", True)).lower()
        patch = f'{{"spec": {{"suspend": {goal}}}}}'
        return f"kubectl -n {given.get('namespace')} patch cronjob {given.get('cronjob')} --patch '{patch}'"

    def permissions(self, want: SuspendCron) -> list[Permission]:
        return [want.may("get", CRON_JOB.right), want.may("patch", CRON_JOB.right)]

    def plan(self, want: SuspendCron) -> SuspendPlan:
        found = self._read(want)
        before = _suspended(found)
        verb = "Suspend" if want.suspend else "Resume"
        change = Change(resource=want.resource, field="suspended", before=before, after=want.suspend)
        return SuspendPlan(
            summary=f"{verb} {want.short}, which runs at {part(found, 'spec', 'schedule')}",
            changes=(change,),
            warnings=(*_warnings(want, found), *gitops_warning(found.about)),
            uid=found.about.uid,
            before=before,
        )

    def run(self, want: SuspendCron, plan: SuspendPlan, key: str) -> Suspended:
        changed = self._move(want, plan, origin=plan.before, goal=want.suspend)
        return Suspended(suspended=want.suspend, changed=changed)

    def verify(self, want: SuspendCron, plan: SuspendPlan) -> Verdict:
        suspended = _suspended(self._read(want))
        state = "ok" if suspended == want.suspend else "failed"
        return Verdict(state=state, reason=f"it is {'suspended' if suspended else 'not suspended'}")

    def undo(self, want: SuspendCron, plan: SuspendPlan) -> None:
        self._move(want, plan, origin=want.suspend, goal=plan.before)

    def _read(self, want: SuspendCron) -> Thing:
        return anything_of(self.connections, want.connection, want.namespace).read(_place(want))

    def _move(self, want: SuspendCron, plan: SuspendPlan, *, origin: bool, goal: bool) -> bool:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        return cluster.move(_place(want), plan.uid, Turn(_suspended, _patch), origin=origin, goal=goal)


def _place(want: CronJobTarget) -> Place:
    return Place(CRON_JOB, want.cronjob, want.namespace)


def _suspended(seen: Thing) -> bool:
    return part(seen, "spec", "suspend") is True


def _patch(seen: Thing, goal: bool) -> Json:
    return {"spec": {"suspend": goal}}


def _warnings(want: SuspendCron, found: Thing) -> list[str]:
    active = part(found, "status", "active")
    running = len(active) if isinstance(active, list) else 0
    if want.suspend and running:
        return [f"{running} of its jobs run already and go on to their end"]
    if not want.suspend and part(found, "spec", "startingDeadlineSeconds") is None:
        return ["without startingDeadlineSeconds, a time that it missed meanwhile may start a job at once"]
    return []
