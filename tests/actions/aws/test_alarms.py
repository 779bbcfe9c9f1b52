"""cloudwatch.alarm_gate and cloudwatch.disable_actions: nothing known is no success."""

from typing import Any

import pytest

from tocsin.actions.aws.alarms import (
    UNTIL_ENABLED,
    AlarmsNamed,
    AlarmsQuiet,
    DisableAlarmActions,
    GateOnAlarms,
    GateWanted,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.watch import ALARM, build_alarm

WANT = AlarmsNamed(connection="aws:main", alarms=(ALARM,))


def pass_gate(connections: Connections, **more: Any) -> AlarmsQuiet:
    want = GateWanted.model_validate({"connection": "aws:main", "alarms": [ALARM], **more})
    action = GateOnAlarms(connections)
    return action.run(want, action.plan(want), "step-1")


def test_a_quiet_alarm_lets_pass(connections: Connections, cloud: Cloud) -> None:
    build_alarm(cloud.endpoint_url)
    assert [one.state for one in pass_gate(connections).alarms] == ["OK"]


def test_a_raised_alarm_keeps_the_gate_shut(connections: Connections, cloud: Cloud) -> None:
    build_alarm(cloud.endpoint_url, "ALARM")
    with pytest.raises(ActionFailed, match="checkout-errors is ALARM: 12 errors in 60 s") as caught:
        pass_gate(connections)
    assert caught.value.kind is ErrorClass.INVALID


def test_an_alarm_without_data_keeps_the_gate_shut(connections: Connections, cloud: Cloud) -> None:
    build_alarm(cloud.endpoint_url, "INSUFFICIENT_DATA")
    with pytest.raises(ActionFailed, match="is INSUFFICIENT_DATA"):
        pass_gate(connections)


def test_an_alarm_without_data_passes_where_that_is_wanted(connections: Connections, cloud: Cloud) -> None:
    build_alarm(cloud.endpoint_url, "INSUFFICIENT_DATA")
    assert pass_gate(connections, allow_insufficient=True).alarms[0].state == "INSUFFICIENT_DATA"


def test_the_plan_says_that_it_lasts_and_what_is_raised(connections: Connections, cloud: Cloud) -> None:
    build_alarm(cloud.endpoint_url, "ALARM")
    plan = DisableAlarmActions(connections).plan(WANT)
    assert plan.warnings == (UNTIL_ENABLED, "checkout-errors is raised now")


def test_undo_leaves_off_what_was_off_before(connections: Connections, cloud: Cloud) -> None:
    build_alarm(cloud.endpoint_url)
    cloudwatch = practice_client(cloud.endpoint_url, "cloudwatch")
    cloudwatch.disable_alarm_actions(AlarmNames=[ALARM])
    action = DisableAlarmActions(connections)
    plan = action.plan(WANT)
    assert plan.noop
    action.undo(WANT, plan)
    [found] = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    assert not found["ActionsEnabled"]
