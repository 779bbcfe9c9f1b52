"""Run a job of a CronJob now, the way ``kubectl create job --from`` does."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from operator import attrgetter

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Anything, Json, Place, Thing, anything_of, part
from tocsin.actions.kubernetes.client import overtaken
from tocsin.actions.kubernetes.kinds import CRON_JOB, JOB
from tocsin.actions.kubernetes.objects import Condition, Object, under
from tocsin.actions.kubernetes.targets import CronJobTarget

FROM = "tocsin/cronjob"
"""The label of a job that we made: the CronJob that it is of."""
STEP_KEY = "tocsin/step-key"
"""Its annotation: the key of the step that made it."""
_DAY = 86_400


class RunJob(CronJobTarget):
    """The CronJob whose job to run, and for how long at most."""

    deadline: int | None = Field(
        default=None, ge=1, le=_DAY, description="Seconds; the job's own when not given, else an hour"
    )


class MadeJob(Object):
    """A job that we made of a CronJob."""

    created: datetime = Field(validation_alias=under("metadata", "creationTimestamp"))
    conditions: tuple[Condition, ...] = Field(default=(), validation_alias=under("status", "conditions"))
    active: int = Field(default=0, validation_alias=under("status", "active"))
    failed: int = Field(default=0, validation_alias=under("status", "failed"))

    def has(self, kind: str) -> Condition | None:
        """Return the condition of a kind if it holds."""
        return next((one for one in self.conditions if one.type == kind and one.status == "True"), None)


class JobPlan(Plan):
    """The CronJob, and the newest job that we made of it so far."""

    uid: str
    before: str | None
    """The newest job's uid."""


class JobStarted(Frozen):
    """The job, as far as the cluster has accepted it; ``verify`` waits until it is complete."""

    job: str
    deadline: int
    """Seconds after which the cluster ends it."""
    changed: bool
    """False when an earlier try of the step had made it."""


class RunCronJob(Action[RunJob, JobPlan, JobStarted]):
    """Run a job of a CronJob now, and wait until it is complete. Undo deletes the job and its pods.

    What the job did meanwhile, nothing undoes. A job that is done is deleted after a day, unless the CronJob
    says otherwise.
    """

    name = "k8s.job_run"
    risk = Risk.HIGH
    effect = Effect.KEYED
    settle = timedelta(hours=1)

    def resources(self, want: RunJob) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        cron = given.get("cronjob")
        return f"kubectl -n {given.get('namespace')} create job {cron}-by-hand --from=cronjob/{cron}"

    def permissions(self, want: RunJob) -> list[Permission]:
        return [
            want.may("get", CRON_JOB.right),
            want.may("list", JOB.right),
            want.may("get", JOB.right),
            want.may("create", JOB.right),
            want.may("delete", JOB.right),
        ]

    def plan(self, want: RunJob) -> JobPlan:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        found = cluster.read(_place(want))
        newest = _newest(cluster, want)
        change = Change(
            resource=want.resource, field="job", before=None, after=f"one that runs {_images(found)}"
        )
        return JobPlan(
            summary=f"Run a job of {want.short} now, for at most {_deadline(want, found)} s",
            changes=(change,),
            warnings=tuple(_warnings(found)),
            uid=found.about.uid,
            before=newest.uid if newest else None,
        )

    def run(self, want: RunJob, plan: JobPlan, key: str) -> JobStarted:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        name = _name(want, key)
        at = Place(JOB, name, want.namespace)
        made = cluster.find(at)
        if made is None:
            found = cluster.read(_place(want))
            if found.about.uid != plan.uid:
                raise overtaken(want.short, "it was deleted and made anew")
            created = cluster.create(JOB, want.namespace, _job(want, found, name, key))
            seen, changed = created or cluster.read(at), created is not None
        else:
            seen, changed = made, False
        if seen.about.annotations.get(STEP_KEY) != key:
            raise overtaken(f"{want.namespace}/{name}", "it is a job of somebody else's making")
        deadline = part(seen, "spec", "activeDeadlineSeconds")
        return JobStarted(job=name, deadline=int(str(deadline)), changed=changed)

    def verify(self, want: RunJob, plan: JobPlan) -> Verdict:
        job = self._ours(want, plan)
        if job is None:
            return Verdict(state="failed", reason="somebody deleted the job meanwhile")
        if job.has("Complete"):
            return Verdict(state="ok", reason=f"{job.name} is complete")
        if failed := job.has("Failed"):
            reason = f"{job.name} failed: {failed.reason}: {failed.message}"
            return Verdict(state="failed", reason=reason)
        return Verdict(state="waiting", reason=f"{job.name}: {job.active} pods run, {job.failed} failed")

    def undo(self, want: RunJob, plan: JobPlan) -> None:
        if (job := self._ours(want, plan)) is not None:
            cluster = anything_of(self.connections, want.connection, want.namespace)
            at = Place(JOB, job.name, want.namespace)
            cluster.delete(at, job.uid, propagationPolicy="Background")

    def _ours(self, want: RunJob, plan: JobPlan) -> MadeJob | None:
        """Return the job that came after the plan: no other step makes one while this one holds the lock."""
        cluster = anything_of(self.connections, want.connection, want.namespace)
        return _newest(cluster, want, besides=plan.before)


def _place(want: RunJob) -> Place:
    return Place(CRON_JOB, want.cronjob, want.namespace)


def _newest(cluster: Anything, want: RunJob, besides: str | None = None) -> MadeJob | None:
    made = cluster.many(MadeJob, JOB, want.namespace, labelSelector=f"{FROM}={want.cronjob}")
    before = next((one for one in made if one.uid == besides), None)
    since = [one for one in made if one is not before and (before is None or one.created >= before.created)]
    return max(since, key=attrgetter("created"), default=None)


def _name(want: RunJob, key: str) -> str:
    """Return the same name for every try of a step, so that the cluster itself refuses a second job."""
    return f"{want.cronjob}-{hashlib.sha256(key.encode()).hexdigest()[:10]}"


def _deadline(want: RunJob, found: Thing) -> int:
    own = part(found, "spec", "jobTemplate", "spec", "activeDeadlineSeconds")
    return want.deadline or (own if isinstance(own, int) else 3600)


def _job(want: RunJob, found: Thing, name: str, key: str) -> Json:
    owner: JsonValue = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": want.cronjob,
        "uid": found.about.uid,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": {**_map(found, "metadata", "labels"), FROM: want.cronjob},
            "annotations": {
                **_map(found, "metadata", "annotations"),
                "cronjob.kubernetes.io/instantiate": "manual",
                STEP_KEY: key,
            },
            "ownerReferences": [owner],
        },
        "spec": {
            "ttlSecondsAfterFinished": _DAY,
            **_map(found, "spec"),
            "activeDeadlineSeconds": _deadline(want, found),
        },
    }


def _map(found: Thing, *path: str) -> Json:
    """Return a part of the job template."""
    there = part(found, "spec", "jobTemplate", *path)
    return there if isinstance(there, dict) else {}


def _images(found: Thing) -> str:
    containers = part(found, "spec", "jobTemplate", "spec", "template", "spec", "containers")
    listed = containers if isinstance(containers, list) else []
    return ", ".join(str(one.get("image")) for one in listed if isinstance(one, dict))


def _warnings(found: Thing) -> Iterator[str]:
    active = part(found, "status", "active")
    names = (
        [str(one.get("name")) for one in active if isinstance(one, dict)] if isinstance(active, list) else []
    )
    if names:
        policy = part(found, "spec", "concurrencyPolicy")
        yield f"{', '.join(names)} runs already, and concurrencyPolicy {policy} does not hold for this one"
