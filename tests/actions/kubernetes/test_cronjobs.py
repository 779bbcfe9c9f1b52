"""k8s.job_run and k8s.cronjob_suspend: what they make of a CronJob, and where they warn and are overtaken."""

from typing import Any

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import settled
from tocsin.actions.kubernetes.jobs import RunCronJob, RunJob
from tocsin.actions.kubernetes.suspend import SuspendCron, SuspendCronJob
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def job_run(connections: Connections) -> RunCronJob:
    return RunCronJob(connections)


@pytest.fixture
def suspend(connections: Connections) -> SuspendCronJob:
    return SuspendCronJob(connections)


def of(name: str, **more: Any) -> RunJob:
    return RunJob.model_validate({"connection": "k8s:main", "namespace": NAMESPACE, "cronjob": name, **more})


def held(name: str, *, suspend: bool = True) -> SuspendCron:
    given = {"connection": "k8s:main", "namespace": NAMESPACE, "cronjob": name, "suspend": suspend}
    return SuspendCron.model_validate(given)


def made(kube: Kube) -> Any:
    (job,) = kube.props.jobs().values()
    return job


def test_the_job_is_made_of_the_template(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    job_run.run(want, job_run.plan(want), "step-1")
    job = made(kube)
    assert job.spec.template.spec.containers[0].image == "registry.example/invoices:done"
    assert (job.metadata.labels["team"], job.spec.backoff_limit) == ("billing", 0)
    assert [(one.kind, one.name) for one in job.metadata.owner_references] == [("CronJob", want.cronjob)]


def test_it_is_ended_after_an_hour_where_nobody_says_otherwise(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    assert job_run.run(want, job_run.plan(want), "step-1").deadline == 3600
    assert made(kube).spec.active_deadline_seconds == 3600


def test_another_try_of_the_step_takes_up_the_job_of_the_first(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    plan = job_run.plan(want)
    first = job_run.run(want, plan, "step-1")
    assert job_run.run(want, plan, "step-1") == first.model_copy(update={"changed": False})


def test_another_step_runs_another_job(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    job_run.run(want, job_run.plan(want), "step-1")
    plan = job_run.plan(want)
    job_run.run(want, plan, "step-2")
    assert (len(kube.props.jobs()), settled(job_run, want, plan).state) == (2, "ok")


def test_a_job_of_somebody_else_under_our_name_is_left_alone(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    plan = job_run.plan(want)
    done = job_run.run(want, plan, "step-1")
    kube.props.annotate_job(done.job, "tocsin/step-key", "another")
    with pytest.raises(ActionFailed, match="somebody else's making") as caught:
        job_run.run(want, plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_job_that_is_not_through_in_time_fails_verification(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job(image="registry.example/invoices:1.0"), deadline=1)
    plan = job_run.plan(want)
    job_run.run(want, plan, "step-1")
    verdict = settled(job_run, want, plan)
    assert (verdict.state, "DeadlineExceeded" in verdict.reason) == ("failed", True)


def test_verify_fails_when_somebody_deleted_the_job(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    plan = job_run.plan(want)
    job_run.run(want, plan, "step-1")
    job_run.undo(want, plan)
    assert job_run.verify(want, plan).state == "failed"


def test_undo_leaves_an_earlier_job(job_run: RunCronJob, kube: Kube) -> None:
    want = of(kube.props.cron_job())
    first = job_run.run(want, job_run.plan(want), "step-1")
    plan = job_run.plan(want)
    job_run.run(want, plan, "step-2")
    job_run.undo(want, plan)
    assert list(kube.props.jobs()) == [first.job]


def test_the_plan_shows_what_a_suspension_changes(suspend: SuspendCronJob, kube: Kube) -> None:
    name = kube.props.cron_job()
    plan = suspend.plan(held(name))
    assert plan.summary == f"Suspend shop/{name}, which runs at 0 0 29 2 *"
    assert [(one.field, one.before, one.after) for one in plan.changes] == [("suspended", False, True)]


def test_what_is_suspended_already_needs_no_suspension(suspend: SuspendCronJob, kube: Kube) -> None:
    name = kube.props.cron_job(suspend=True)
    plan = suspend.plan(held(name))
    assert (plan.noop, suspend.run(held(name), plan, "step-1").changed) == (True, False)


def test_resuming_warns_of_a_time_that_was_missed(suspend: SuspendCronJob, kube: Kube) -> None:
    name = kube.props.cron_job(suspend=True)
    assert "may start a job at once" in suspend.plan(held(name, suspend=False)).warnings[0]


def test_verify_fails_when_somebody_resumed_it(suspend: SuspendCronJob, kube: Kube) -> None:
    name = kube.props.cron_job()
    plan = suspend.plan(held(name))
    suspend.run(held(name), plan, "step-1")
    kube.props.suspend(name, False)
    assert suspend.verify(held(name), plan).state == "failed"
