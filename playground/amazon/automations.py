"""SSM's automations, which moto 5.2.5 lacks. Each succeeds at once, as moto's commands do."""

from typing import Any
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse


def start_automation_execution(self: Any) -> ActionResult:
    """Answer StartAutomationExecution."""
    made = {
        "AutomationExecutionId": str(uuid4()),
        "DocumentName": self._get_param("DocumentName"),
        "AutomationExecutionStatus": "Success",
        "Outputs": {"Restart.Done": ["yes"]},
        "Tags": [one["Key"] for one in self._get_param("Tags") or ()],
    }
    _executions(self).append(made)
    return ActionResult(made)


def get_automation_execution(self: Any) -> ActionResult:
    """Answer GetAutomationExecution."""
    name = self._get_param("AutomationExecutionId")
    [found] = [one for one in _executions(self) if one["AutomationExecutionId"] == name]
    return ActionResult({"AutomationExecution": found})


def describe_automation_executions(self: Any) -> ActionResult:
    """Answer DescribeAutomationExecutions, by the name of a tag."""
    wanted = [one["Values"][0] for one in self._get_param("Filters") or () if one["Key"] == "TagKey"]
    found = [one for one in _executions(self) if set(wanted) <= set(one["Tags"])]
    return ActionResult({"AutomationExecutionMetadataList": found})


def _executions(response: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = response.ssm_backend.__dict__.setdefault("tocsin_executions", [])
    return found


CORRECTIONS = (
    (SimpleSystemManagerResponse, "start_automation_execution", start_automation_execution),
    (SimpleSystemManagerResponse, "get_automation_execution", get_automation_execution),
    (SimpleSystemManagerResponse, "describe_automation_executions", describe_automation_executions),
)
