"""fis.start and fis.stop: nothing is broken that nothing would stop."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.experiments import (
    NO_STOP,
    ON_PURPOSE,
    ExperimentNamed,
    ExperimentPlan,
    StartExperiment,
    StopExperiment,
    TemplateNamed,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.trials import build_template

SERVICE = "fis"
WANT = TemplateNamed(connection="aws:main", template="EXT00000000")
PLAN = ExperimentPlan(summary="", known=("EXP00000001",))


def template(name: str, **more: Any) -> TemplateNamed:
    return TemplateNamed(connection="aws:main", template=name, **more)


def test_the_plan_says_what_is_broken(connections: Connections, cloud: Cloud) -> None:
    name = build_template(cloud.endpoint_url)
    plan = StartExperiment(connections).plan(template(name))
    assert plan.summary == f"Start {name}: stop a third of the shop (aws:ec2:stop-instances)"
    assert plan.warnings == (ON_PURPOSE,)


def test_a_template_that_no_alarm_stops_is_refused(connections: Connections, cloud: Cloud) -> None:
    name = build_template(cloud.endpoint_url, alarm=False)
    with pytest.raises(ActionFailed, match=f"no alarm stops {name}") as caught:
        StartExperiment(connections).plan(template(name))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_template_that_no_alarm_stops_is_started_where_that_is_wanted(
    connections: Connections, cloud: Cloud
) -> None:
    name = build_template(cloud.endpoint_url, alarm=False)
    plan = StartExperiment(connections).plan(template(name, without_stop_condition=True))
    assert plan.warnings == (ON_PURPOSE, NO_STOP)


def test_undo_leaves_the_experiments_of_others(connections: Connections, cloud: Cloud) -> None:
    name = build_template(cloud.endpoint_url)
    fis = practice_client(cloud.endpoint_url, "fis")
    theirs = fis.start_experiment(experimentTemplateId=name, clientToken="theirs")["experiment"]["id"]
    action, want = StartExperiment(connections), template(name)
    plan = action.plan(want)
    action.run(want, plan, "step-1")
    action.undo(want, plan)
    assert not fis.get_experiment(id=theirs)["experiment"]["state"]["status"].startswith("stop")


def test_what_has_ended_needs_no_stop(connections: Connections, cloud: Cloud) -> None:
    fis, name = practice_client(cloud.endpoint_url, "fis"), build_template(cloud.endpoint_url)
    begun = fis.start_experiment(experimentTemplateId=name, clientToken="ours")["experiment"]["id"]
    fis.stop_experiment(id=begun)
    assert StopExperiment(connections).plan(ExperimentNamed(connection="aws:main", experiment=begun)).noop


@pytest.mark.parametrize(
    ("status", "state"),
    [("initiating", "waiting"), ("running", "ok"), ("completed", "ok"), ("failed", "failed")],
)
def test_how_far_an_experiment_is_by_the_service_model(stubbed: Stubber, status: str, state: str) -> None:
    before = {"id": "EXP00000001", "state": {"status": "failed"}}
    ours = {"id": "EXP00000002", "state": {"status": status, "reason": "because"}}
    stubbed.add_response("list_experiments", {"experiments": [before, ours]})
    assert StartExperiment(STUBBED).verify(WANT, PLAN).state == state
