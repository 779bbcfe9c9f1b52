"""ElastiCache that fails over, which moto 5.2.5 lacks. It is done at once."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.responses import ElastiCacheResponse


def test_failover(self: Any) -> ActionResult:
    """Answer TestFailover: the first replica of the shard becomes its primary."""
    group = self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
    [shard] = [one for one in group.node_groups if one["node_group_id"] == self._get_param("NodeGroupId")]
    nodes = shard["node_group_members"]
    replica = next(one for one in nodes if one["current_role"] != "primary")
    for one in nodes:
        one["current_role"] = "primary" if one is replica else "replica"
    return ActionResult({"ReplicationGroup": group})


CORRECTIONS = ((ElastiCacheResponse, "test_failover", test_failover),)
