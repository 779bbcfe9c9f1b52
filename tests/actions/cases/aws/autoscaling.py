"""A group of two instances; one whose refresh goes on."""

from typing import Any

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.autoscaling import CapacityWanted, OfGroup, ProcessesNamed
from tocsin.actions.aws.refreshes import RefreshStopped, RefreshWanted
from tocsin.playground.amazon.refreshes import SLOW
from tocsin.playground.estate import GROUP, build_group


def set_desired(worlds: Worlds) -> Case:
    want = CapacityWanted(connection="aws:main", group=GROUP, instances=3)
    return _of_group(worlds, want, lambda found: found["DesiredCapacity"])


def suspend(worlds: Worlds) -> Case:
    want = ProcessesNamed(connection="aws:main", group=GROUP, processes=("AZRebalance", "Launch"))
    return _of_group(worlds, want, _suspended)


def resume(worlds: Worlds) -> Case:
    want = ProcessesNamed(connection="aws:main", group=GROUP, processes=("Terminate",))
    case = _of_group(worlds, want, _suspended)
    autoscaling = service(worlds, "autoscaling")
    autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch", "Terminate"])
    return case


def refresh(worlds: Worlds) -> Case:
    build_group(worlds.empty_cloud.endpoint_url)
    want = RefreshWanted(connection="aws:main", group=GROUP)
    state = lambda: [one["InstanceRefreshId"] for one in _refreshes(worlds, GROUP)]  # noqa: E731
    return case_of(worlds, want, missing={"group": "nowhere"}, state=state)


def refresh_rollback(worlds: Worlds) -> Case:
    group = f"web{SLOW}"
    template = build_group(worlds.empty_cloud.endpoint_url, group)
    version = {"LaunchTemplateId": template, "Version": "1"}
    service(worlds, "autoscaling").start_instance_refresh(
        AutoScalingGroupName=group, DesiredConfiguration={"LaunchTemplate": version}
    )
    _refreshes(worlds, group)
    want = RefreshStopped(connection="aws:main", group=group)
    state = lambda: [one["Status"] for one in _refreshes(worlds, group)]  # noqa: E731
    return case_of(worlds, want, missing={"group": "nowhere"}, state=state)


def _of_group(worlds: Worlds, want: OfGroup, part: Any) -> Case:
    build_group(worlds.empty_cloud.endpoint_url)

    def state() -> JsonValue:
        answer = service(worlds, "autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        found: JsonValue = part(answer["AutoScalingGroups"][0])
        return found

    return case_of(worlds, want, missing={"group": "nowhere"}, state=state)


def _suspended(group: dict[str, Any]) -> JsonValue:
    return sorted(one["ProcessName"] for one in group["SuspendedProcesses"])


def _refreshes(worlds: Worlds, group: str) -> list[dict[str, Any]]:
    answer = service(worlds, "autoscaling").describe_instance_refreshes(AutoScalingGroupName=group)
    found: list[dict[str, Any]] = answer["InstanceRefreshes"]
    return found
