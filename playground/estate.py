"""What is in the practice cloud besides the orders database, for each action and runbook of the library."""

import json
from pathlib import Path

from tocsin.playground.cloud import REGION, practice_client
from tocsin.runbooks import library

REPLICA_SOURCE = "billing"
REPLICA = "billing-dr"
LEDGER = "ledger"
TASKS = 2
"""Running tasks of every ECS service: one that wants more is deployed for ever."""
SHOP = "shop"
CHECKOUT = "checkout"
STACK = "shop-network"
GROUP = "web"
ZONE = "internal.acme.example"
RECORD = f"orders.db.{ZONE}"
WEIGHTED = f"api.{ZONE}"
RECORD_VALUE = "orders-1.old.acme.example"
DOCUMENTS = ("Tocsin-DiskUsage", "Tocsin-DiskCleanup")
"""The SSM documents that come with the library."""
AUTOMATION = "Acme-Restart"
"""An automation of one's own."""


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


def deploy(endpoint_url: str, image: str) -> str:
    """Deploy another image to `shop/checkout`, and return its task definition: ``checkout:2``."""
    ecs = practice_client(endpoint_url, "ecs")
    container = {"name": "checkout", "image": image, "memory": 256}
    made = ecs.register_task_definition(family=CHECKOUT, containerDefinitions=[container])
    definition = f"{CHECKOUT}:{made['taskDefinition']['revision']}"
    ecs.update_service(cluster=SHOP, service=CHECKOUT, taskDefinition=definition)
    return definition


def build_group(endpoint_url: str, name: str = GROUP) -> str:
    """Create the Auto Scaling group `web` of two instances, at least 1 and at most 4; return its template."""
    ec2 = practice_client(endpoint_url, "ec2")
    data = {"ImageId": "ami-12345678", "InstanceType": "t3.micro"}
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    template: str = made["LaunchTemplate"]["LaunchTemplateId"]
    practice_client(endpoint_url, "autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        MinSize=1,
        MaxSize=4,
        DesiredCapacity=2,
        AvailabilityZones=[f"{REGION}a"],
    )
    return template


def build_zone(endpoint_url: str) -> str:
    """Create the DNS zone with the record of the orders database, and return the zone's id."""
    route53 = practice_client(endpoint_url, "route53")
    zone: str = route53.create_hosted_zone(Name=ZONE, CallerReference=ZONE)["HostedZone"]["Id"]
    record_set = {"Name": RECORD, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": RECORD_VALUE}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record_set}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    return zone


def build_weights(endpoint_url: str) -> str:
    """Create the DNS zone with a name that is answered 90 to 10, and return the zone's id."""
    zone = build_zone(endpoint_url)
    shares = (("blue", "192.0.2.1", 90), ("green", "192.0.2.2", 10))
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": WEIGHTED,
                "Type": "A",
                "TTL": 60,
                "SetIdentifier": name,
                "Weight": weight,
                "ResourceRecords": [{"Value": address}],
            },
        }
        for name, address, weight in shares
    ]
    route53 = practice_client(endpoint_url, "route53")
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
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
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    instance: str = started["Instances"][0]["InstanceId"]
    return instance


def build_volume(endpoint_url: str) -> str:
    """Create a volume of 100 GiB, and return its id."""
    made = practice_client(endpoint_url, "ec2").create_volume(Size=100, AvailabilityZone=f"{REGION}a")
    volume: str = made["VolumeId"]
    return volume


def build_global_database(endpoint_url: str) -> tuple[str, str]:
    """Create the global database `ledger`, and return the ARNs of its writer and its other member."""
    practice_client(endpoint_url, "rds").create_global_cluster(
        GlobalClusterIdentifier=LEDGER, Engine="aurora-postgresql"
    )
    arns: list[str] = []
    for region in (REGION, "eu-west-1"):
        rds = practice_client(endpoint_url, "rds", region)
        cluster = rds.create_db_cluster(
            DBClusterIdentifier=f"{LEDGER}-{region}",
            Engine="aurora-postgresql",
            GlobalClusterIdentifier=LEDGER,
            **({"MasterUsername": "ledger", "MasterUserPassword": "practice-only"} if not arns else {}),
        )
        arns.append(str(cluster["DBCluster"]["DBClusterArn"]))
    return arns[0], arns[1]


def build_stack(endpoint_url: str, status: str) -> None:
    """Create the stack `shop-network`, of one queue, and let it have a status."""
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mail"}}}}
    practice_client(endpoint_url, "cloudformation").create_stack(
        StackName=STACK, TemplateBody=json.dumps(template), Tags=[{"Key": "begins", "Value": status}]
    )
