"""What is tried out in the practice cloud: an automation, a cache, an experiment and a replicated bucket."""

import json

from tocsin.playground.cloud import practice_client
from tocsin.playground.estate import AUTOMATION

CACHE = "sessions"
BUCKET = "orders-here"
COPY = "orders-there"
RULE = "all"


def build_automation(endpoint_url: str, kind: str = "Automation") -> None:
    """Create the document `Acme-Restart`, which takes an instance."""
    content = {
        "schemaVersion": "0.3",
        "parameters": {"InstanceId": {"type": "String"}},
        "mainSteps": [{"name": "Restart", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}],
    }
    practice_client(endpoint_url, "ssm").create_document(
        Name=AUTOMATION, Content=json.dumps(content), DocumentType=kind
    )


def build_cache(endpoint_url: str, replicas: int = 1) -> None:
    """Create the replication group `sessions`."""
    practice_client(endpoint_url, "elasticache").create_replication_group(
        ReplicationGroupId=CACHE,
        ReplicationGroupDescription="sessions of the shop",
        Engine="redis",
        ReplicasPerNodeGroup=replicas,
        AutomaticFailoverEnabled=replicas > 0,
    )


def build_template(endpoint_url: str, *, alarm: bool = True) -> str:
    """Create a template that stops instances, and return its id."""
    arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-errors"
    stop = {"source": "aws:cloudwatch:alarm", "value": arn} if alarm else {"source": "none"}
    made = practice_client(endpoint_url, "fis").create_experiment_template(
        clientToken="practice",
        description="stop a third of the shop",
        stopConditions=[stop],
        targets={
            "shop": {
                "resourceType": "aws:ec2:instance",
                "resourceTags": {"team": "shop"},
                "selectionMode": "PERCENT(33)",
            }
        },
        actions={"stop": {"actionId": "aws:ec2:stop-instances", "targets": {"Instances": "shop"}}},
        roleArn="arn:aws:iam::123456789012:role/chaos",
    )
    template: str = made["experimentTemplate"]["id"]
    return template


def build_replication(endpoint_url: str) -> None:
    """Create the bucket `orders-here`, replicated to `orders-there`."""
    s3 = practice_client(endpoint_url, "s3")
    for name in (BUCKET, COPY):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": RULE,
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{COPY}"},
    }
    role = "arn:aws:iam::123456789012:role/replication"
    s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration={"Role": role, "Rules": [rule]})
