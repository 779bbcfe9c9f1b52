"""AWS actions, in moto's cloud."""

from collections.abc import Callable

from tests.actions.cases.aws import (
    aurora,
    autoscaling,
    cloudwatch,
    ecs,
    instances,
    rds,
    route53,
    serverless,
    traffic,
)
from tests.actions.cases.worlds import Case, Worlds

CASES: dict[str, Callable[[Worlds], Case]] = {
    "arc.zonal_shift": traffic.zonal_shift,
    "asg.refresh": autoscaling.refresh,
    "asg.refresh_rollback": autoscaling.refresh_rollback,
    "asg.resume": autoscaling.resume,
    "asg.set_desired": autoscaling.set_desired,
    "asg.suspend": autoscaling.suspend,
    "aurora.global_failover": aurora.global_failover,
    "aurora.global_switchover": aurora.global_switchover,
    "cloudwatch.metric": cloudwatch.metric,
    "dynamodb.capacity": serverless.capacity,
    "ebs.grow": instances.grow,
    "ebs.snapshot": instances.snapshot,
    "ec2.describe": instances.describe,
    "ec2.reboot": instances.reboot,
    "ec2.start": instances.start,
    "ec2.stop": instances.stop,
    "ec2.terminate": instances.terminate,
    "ecs.redeploy": ecs.redeploy,
    "ecs.rollback": ecs.rollback,
    "ecs.scale": ecs.scale,
    "elb.deregister": traffic.deregister,
    "elb.register": traffic.register,
    "elb.rule_weights": traffic.rule_weights,
    "eventbridge.rule_disable": serverless.rule_disable,
    "lambda.concurrency": serverless.concurrency,
    "lambda.rollback": serverless.rollback,
    "rds.describe": rds.describe,
    "rds.failover": aurora.failover,
    "rds.modify": rds.modify,
    "rds.promote_replica": rds.promote,
    "rds.snapshot": rds.snapshot,
    "route53.upsert": route53.upsert,
    "route53.weights": traffic.name_weights,
    "sqs.redrive": serverless.redrive,
    "ssm.run_document": instances.run_document,
}
