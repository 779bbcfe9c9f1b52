"""Inputs of every action on AWS, for ``actions.md``."""

from collections.abc import Mapping

from pydantic import JsonValue

_ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
_TARGETS: Mapping[str, JsonValue] = {
    "connection": "aws:main",
    "target_group": f"{_ELB}:targetgroup/blue/0123456789abcdef",
    "targets": ["i-0123456789abcdef0"],
}
_LEDGER: Mapping[str, JsonValue] = {
    "connection": "aws:main",
    "database": "ledger",
    "target": "arn:aws:rds:eu-west-1:123456789012:cluster:ledger-ireland",
}
_STACK: Mapping[str, JsonValue] = {"connection": "aws:main", "stack": "shop-network"}
_GROUP: Mapping[str, JsonValue] = {"connection": "aws:main", "group": "web"}
_MACHINE: Mapping[str, JsonValue] = {"connection": "aws:main", "instance": "i-0123456789abcdef0"}
_SERVICE: Mapping[str, JsonValue] = {"connection": "aws:main", "cluster": "shop", "service": "checkout"}
EXAMPLES: Mapping[str, Mapping[str, JsonValue]] = {
    "arc.zonal_shift": {
        "connection": "aws:main",
        "target": f"{_ELB}:loadbalancer/app/shop/0123456789abcdef",
        "away_from": "euw1-az1",
        "expires_in": 7200,
    },
    "asg.refresh": {**_GROUP, "template_version": 7, "auto_rollback": True},
    "asg.refresh_rollback": _GROUP,
    "asg.resume": {**_GROUP, "processes": ["AlarmNotification"]},
    "asg.set_desired": {**_GROUP, "instances": 6},
    "asg.suspend": {**_GROUP, "processes": ["AlarmNotification", "AZRebalance"]},
    "aurora.global_failover": {**_LEDGER, "accept_data_loss": True},
    "aurora.global_switchover": _LEDGER,
    "cfn.cancel_update": _STACK,
    "cfn.continue_rollback": {**_STACK, "skip": ["Queue"]},
    "cfn.rollback": _STACK,
    "cloudwatch.alarm_gate": {"connection": "aws:main", "alarms": ["checkout-errors", "checkout-latency"]},
    "cloudwatch.disable_actions": {"connection": "aws:main", "alarms": ["checkout-errors"]},
    "cloudwatch.insights": {
        "connection": "aws:main",
        "groups": ["/ecs/checkout"],
        "query": "filter @message like /timeout/ | stats count() by bin(1m)",
    },
    "cloudwatch.metric": {
        "connection": "aws:main",
        "namespace": "AWS/RDS",
        "metric": "ReplicaLag",
        "dimensions": {"DBInstanceIdentifier": "orders-dr"},
        "stat": "Maximum",
    },
    "dynamodb.capacity": {
        "connection": "aws:main",
        "table": "carts",
        "units": {"read": 200, "write": 100},
    },
    "ebs.grow": {"connection": "aws:main", "volume": "vol-0123456789abcdef0", "size": 200},
    "ebs.snapshot": {"connection": "aws:main", "volume": "vol-0123456789abcdef0"},
    "ec2.describe": {
        "connection": "aws:main",
        "instance": "i-0123456789abcdef0",
        "require_tags": {"auto-remediate": "true"},
    },
    "ec2.reboot": _MACHINE,
    "ec2.start": _MACHINE,
    "ec2.stop": _MACHINE,
    "ec2.terminate": {**_MACHINE, "require_tags": {"auto-remediate": "true"}},
    "ecs.redeploy": _SERVICE,
    "ecs.rollback": _SERVICE,
    "ecs.scale": {**_SERVICE, "tasks": 6},
    "elasticache.failover": {"connection": "aws:main", "group": "sessions"},
    "elb.deregister": _TARGETS,
    "elb.register": _TARGETS,
    "elb.rule_weights": {
        "connection": "aws:main",
        "rule": f"{_ELB}:listener-rule/app/shop/0123456789abcdef/0123456789abcdef/0123456789abcdef",
        "weights": {"blue": 0, "green": 100},
    },
    "eventbridge.rule_disable": {"connection": "aws:main", "rule": "nightly-export"},
    "fis.start": {"connection": "aws:main", "template": "EXT3k2a9bV7cQ1"},
    "fis.stop": {"connection": "aws:main", "experiment": "EXP8h4s2dF6gJ0"},
    "iam.deactivate_key": {"connection": "aws:main", "user": "deployer", "key_id": "AKIAIOSFODNN7EXAMPLE"},
    "lambda.concurrency": {"connection": "aws:main", "function": "resize", "reserved": 0},
    "lambda.rollback": {"connection": "aws:main", "function": "resize", "alias": "live"},
    "rds.describe": {"connection": "aws:main", "instance": "orders-dr"},
    "rds.failover": {"connection": "aws:main", "cluster": "orders"},
    "rds.modify": {"connection": "aws:main", "instance": "billing", "instance_class": "db.m6g.xlarge"},
    "rds.promote_replica": {"connection": "aws:main", "instance": "orders-dr", "backup_retention": 7},
    "rds.snapshot": {"connection": "aws:main", "instance": "billing"},
    "route53.upsert": {
        "connection": "aws:main",
        "zone": "internal.acme.example",
        "name": "orders.db.internal.acme.example",
        "type": "CNAME",
        "ttl": 30,
        "values": ["orders-dr.abcdefghijkl.eu-west-1.rds.amazonaws.com"],
    },
    "route53.weights": {
        "connection": "aws:main",
        "zone": "acme.example",
        "name": "api.acme.example",
        "type": "A",
        "weights": {"blue": 0, "green": 100},
    },
    "s3.replication_status": {"connection": "aws:main", "bucket": "orders-archive"},
    "secretsmanager.rotate": {"connection": "aws:main", "secret": "shop/database"},
    "sqs.redrive": {"connection": "aws:main", "queue": "orders-dead", "max_per_second": 50},
    "ssm.run_document": {
        "connection": "aws:main",
        "document": "Tocsin-DiskUsage",
        "version": 1,
        "targets": ["i-0123456789abcdef0"],
        "parameters": {"mount": "/var"},
    },
    "ssm.start_automation": {
        "connection": "aws:main",
        "document": "AWS-RestartEC2Instance",
        "version": 1,
        "parameters": {"InstanceId": "i-0123456789abcdef0"},
    },
    "waf.block_ip": {"connection": "aws:main", "ip_set": "blocked", "addresses": ["8.8.8.8"]},
}
"""As a runbook's ``with`` gives them."""
