"""CloudFormation stacks that are brought back, which moto 5.2.5 lacks. Each is back at once.

A stack has the status that its tag ``BEGINS`` names: moto's own never fail, and change in no time.
"""

from typing import Any

from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

BEGINS = "begins"
_ENDS = {"CREATE_FAILED": "ROLLBACK_COMPLETE"}

_create = CloudFormationBackend.create_stack


def create_stack(self: Any, *args: Any, **more: Any) -> Any:
    """Create a stack, in the status that it shall have."""
    stack = _create(self, *args, **more)
    stack.status = stack.tags.get(BEGINS, stack.status)
    return stack


def turn(self: Any) -> ActionResult:
    """Answer RollbackStack, ContinueUpdateRollback and CancelUpdateStack."""
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.status = _ENDS.get(stack.status, "UPDATE_ROLLBACK_COMPLETE")
    return ActionResult({"StackId": stack.stack_id})


CORRECTIONS = (
    (CloudFormationBackend, "create_stack", create_stack),
    (CloudFormationResponse, "rollback_stack", turn),
    (CloudFormationResponse, "continue_update_rollback", turn),
    (CloudFormationResponse, "cancel_update_stack", turn),
)
