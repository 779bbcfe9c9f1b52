"""What is in the practice cloud besides the orders database, for each action and runbook of the library."""

from pathlib import Path

from tocsin.playground.cloud import practice_client
from tocsin.runbooks import library

REPLICA_SOURCE = "billing"
REPLICA = "billing-dr"
TASKS = 2
"""Running tasks of every ECS service: one that wants more is deployed for ever."""
SHOP = "shop"
CHECKOUT = "checkout"
ZONE = "internal.acme.example"
RECORD = f"orders.db.{ZONE}"
RECORD_VALUE = "orders-1.old.acme.example"
DOCUMENTS = ("Tocsin-DiskUsage", "Tocsin-DiskCleanup")
"""The SSM documents that come with the library."""


def build_replicated_database(endpoint_url: str) -> None:
    """Create the PostgreSQL instance `billing` and its read replica `billing-dr`."""
    rds = practice_client(endpoint_url, "rds")
    rds.create_db_instance(
        DBInstanceIdentifier=REPLICA_SOURCE,
        Engine="postgres",
        DBInstanceClass="db.m6g.large",
        AllocatedStorage=20,
        BackupRetentionPeriod=7,
        MasterUsername="billing",
        MasterUserPassword="practice-only",
    )
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier=REPLICA, SourceDBInstanceIdentifier=REPLICA_SOURCE
    )


def build_service(endpoint_url: str, tasks: int = TASKS) -> None:
    """Create the ECS service `shop/checkout`; with more than two tasks its deployment never ends."""
    ecs = practice_client(endpoint_url, "ecs")
    ecs.create_cluster(clusterName=SHOP)
    container = {"name": "checkout", "image": "registry.example/checkout:1.4.2", "memory": 256}
    ecs.register_task_definition(family=CHECKOUT, containerDefinitions=[container])
    ecs.create_service(cluster=SHOP, serviceName=CHECKOUT, taskDefinition=CHECKOUT, desiredCount=tasks)


def build_zone(endpoint_url: str) -> str:
    """Create the DNS zone with the record of the orders database, and return the zone's id."""
    route53 = practice_client(endpoint_url, "route53")
    zone: str = route53.create_hosted_zone(Name=ZONE, CallerReference=ZONE)["HostedZone"]["Id"]
    record_set = {"Name": RECORD, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": RECORD_VALUE}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record_set}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    return zone


def build_machine(endpoint_url: str) -> str:
    """Start an instance that may be mended by machine, with SSM's documents; return the instance's id."""
    ssm = practice_client(endpoint_url, "ssm")
    for name in DOCUMENTS:
        content = (Path(library.__path__[0]) / "ssm" / f"{name}.json").read_text(encoding="utf-8")
        ssm.create_document(Name=name, Content=content, DocumentType="Command")
    tags = [{"Key": "Name", "Value": "batch-1"}, {"Key": "auto-remediate", "Value": "true"}]
    started = practice_client(endpoint_url, "ec2").run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    instance: str = started["Instances"][0]["InstanceId"]
    return instance
