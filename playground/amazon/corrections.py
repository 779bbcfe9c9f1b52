"""RDS and SSM as they are: replicas that are promoted, agents that answer, documents that print.

Seen with moto 5.2.5: a promoted replica keeps its source; SSM knows no agents, and what a document prints is
empty. A test that relied on any of it would be green by mistake.
"""

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.rds.models import RDSBackend
from moto.ssm.models import Command, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

FULL_PERCENT = 91
FREED = {"Tocsin-DiskCleanup": 30, "Acme-DiskClean": 10}
"""Per cent that one clean-up frees on an instance, unless it is of what people keep there."""
KEPT = "/data"
DISK_BYTES = 100_000_000_000

_promote = RDSBackend.promote_read_replica
_answer = Command.invocation_response


def promote(self: Any, db_kwargs: dict[str, Any]) -> Any:
    """Promote a replica, which then follows nobody."""
    replica = _promote(self, db_kwargs)
    source = replica.source_db_instance_identifier
    if source is not None:
        self.find_db_from_id(source).remove_replica(replica)
        replica.source_db_instance_identifier = None
    return replica


def instance_information(self: Any) -> ActionResult:
    """Answer DescribeInstanceInformation: an agent on every instance, online while that runs."""
    [asked] = [one["Values"] for one in self._get_param("Filters") if one["Key"] == "InstanceIds"]
    backend = ec2_backends[self.current_account][self.region]
    running = {one.id: one.state == "running" for one in backend.all_instances() if one.id in asked}
    agents = [
        {"InstanceId": name, "PingStatus": "Online" if runs else "ConnectionLost"}
        for name, runs in running.items()
    ]
    return ActionResult({"InstanceInformationList": agents})


def invocation(self: Any, instance_id: str, plugin_name: str) -> dict[str, Any]:
    """Answer for one instance, with what the documents of the library print."""
    answer: dict[str, Any] = _answer(self, instance_id, plugin_name)
    earlier = ssm_backends[self.account_id][self.backend_region].get_commands_by_instance_id(instance_id)
    freed = sum(FREED.get(one.document_name, 0) for one in (self, *earlier) if KEPT not in _mount(one))
    used = max(5, FULL_PERCENT - freed)
    printed = {
        "Tocsin-DiskUsage": {"mount": "/", "used_percent": used, "used_bytes": DISK_BYTES * used // 100},
        "Tocsin-DiskCleanup": {"cleaned": ["journal"], "used_percent": used},
        "Acme-DiskClean": {"cleaned": True, "used_percent": used},
    }
    content = printed.get(self.document_name)
    return {**answer, "StandardOutputContent": json.dumps(content) if content else "done\n"}


def _mount(command: Any) -> list[str]:
    mount: list[str] = command.parameters.get("mount", [])
    return mount


CORRECTIONS = (
    (RDSBackend, "promote_read_replica", promote),
    (Command, "invocation_response", invocation),
    (SimpleSystemManagerResponse, "describe_instance_information", instance_information),
)
