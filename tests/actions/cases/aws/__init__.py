"""AWS actions, in moto's cloud."""

from collections.abc import Callable

from tests.actions.cases.aws import aurora, cloudwatch, ecs, instances, rds, route53
from tests.actions.cases.worlds import Case, Worlds

CASES: dict[str, Callable[[Worlds], Case]] = {
    "cloudwatch.metric": cloudwatch.metric,
    "ec2.describe": instances.describe,
    "ecs.redeploy": ecs.redeploy,
    "ecs.rollback": ecs.rollback,
    "ecs.scale": ecs.scale,
    "rds.describe": rds.describe,
    "rds.failover": aurora.failover,
    "rds.promote_replica": rds.promote,
    "route53.upsert": route53.upsert,
    "ssm.run_document": instances.run_document,
}
