"""Instance refreshes of Auto Scaling groups, which moto 5.2.5 lacks.

One has ended when it is looked at for the second time; that of a group whose name ends with ``SLOW`` goes on
until somebody stops it.
"""

from typing import Any
from uuid import uuid4

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

SLOW = "-slow"


def start_instance_refresh(self: Any) -> ActionResult:
    """Answer StartInstanceRefresh."""
    refresh = {
        "InstanceRefreshId": str(uuid4()),
        "Status": "Pending",
        "PercentageComplete": 0,
        "Preferences": self._get_param("Preferences"),
        "DesiredConfiguration": self._get_param("DesiredConfiguration"),
    }
    _refreshes(self).insert(0, refresh)
    return ActionResult(refresh)


def describe_instance_refreshes(self: Any) -> ActionResult:
    """Answer DescribeInstanceRefreshes, the newest first; each look brings them on."""
    found = _refreshes(self)
    shown = [dict(one) for one in found]
    for one in found:
        slow = self._get_param("AutoScalingGroupName").endswith(SLOW)
        if one["Status"] == "Pending":
            one.update(Status="InProgress", PercentageComplete=50)
        elif one["Status"] == "InProgress" and not slow:
            one.update(Status="Successful", PercentageComplete=100)
    return ActionResult({"InstanceRefreshes": shown})


def rollback_instance_refresh(self: Any) -> ActionResult:
    """Answer RollbackInstanceRefresh."""
    newest = _refreshes(self)[0]
    newest["Status"] = "RollbackSuccessful"
    return ActionResult(newest)


def cancel_instance_refresh(self: Any) -> ActionResult:
    """Answer CancelInstanceRefresh."""
    newest = _refreshes(self)[0]
    newest["Status"] = "Cancelled"
    return ActionResult(newest)


def _refreshes(response: Any) -> list[dict[str, Any]]:
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    found: list[dict[str, Any]] = group.__dict__.setdefault("tocsin_refreshes", [])
    return found


CORRECTIONS = (
    (AutoScalingResponse, "start_instance_refresh", start_instance_refresh),
    (AutoScalingResponse, "describe_instance_refreshes", describe_instance_refreshes),
    (AutoScalingResponse, "rollback_instance_refresh", rollback_instance_refresh),
    (AutoScalingResponse, "cancel_instance_refresh", cancel_instance_refresh),
)
