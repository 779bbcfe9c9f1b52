"""RDS's global databases that are moved, and its classes that can be had, which moto 5.2.5 lacks."""

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.responses import RDSResponse

CLASSES = ("db.m6g.large", "db.m6g.xlarge", "db.r6g.large")


def describe_orderable_db_instance_options(self: Any) -> ActionResult:
    """Answer DescribeOrderableDBInstanceOptions, alike for every engine."""
    asked = self.params.get("DBInstanceClass")
    found = [{"DBInstanceClass": one} for one in CLASSES if asked in (None, one)]
    return ActionResult({"OrderableDBInstanceOptions": found})


def describe_global_clusters(self: Any) -> ActionResult:
    """Answer DescribeGlobalClusters, for the one that is asked for."""
    return ActionResult({"GlobalClusters": [_found(self)]})


def switchover_global_cluster(self: Any) -> ActionResult:
    """Answer SwitchoverGlobalCluster and FailoverGlobalCluster; either is done at once."""
    found = _found(self)
    for member in found.members:
        member.is_writer = member.db_cluster_arn == self.params["TargetDbClusterIdentifier"]
    return ActionResult({"GlobalCluster": found})


def _found(response: Any) -> Any:
    name = response.params["GlobalClusterIdentifier"]
    for one in response.global_backend.global_clusters.values():
        if one.global_cluster_identifier == name:
            return one
    raise RDSClientError("GlobalClusterNotFoundFault", f"no global cluster {name}")


CORRECTIONS = (
    (RDSResponse, "describe_orderable_db_instance_options", describe_orderable_db_instance_options),
    (RDSResponse, "describe_global_clusters", describe_global_clusters),
    (RDSResponse, "switchover_global_cluster", switchover_global_cluster),
    (RDSResponse, "failover_global_cluster", switchover_global_cluster),
)
