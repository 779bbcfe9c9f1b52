"""What runs without servers in the practice cloud: a function, queues, a rule and a table."""

import io
import json
import zipfile

from tocsin.playground.cloud import practice_client

FUNCTION = "resize"
ALIAS = "live"
QUEUE = "orders"
DEAD = "orders-dead"
RULE = "nightly"
TABLE = "carts"
INDEX = "by-customer"


def build_function(endpoint_url: str) -> None:
    """Create the function `resize` with the versions 1 and 2; the alias `live` stands for 2."""
    trust = {"Version": "2012-10-17", "Statement": []}
    iam = practice_client(endpoint_url, "iam")
    role = iam.create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    functions = practice_client(endpoint_url, "lambda")
    functions.create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role,
        Handler="main.handle",
        Code={"ZipFile": _code("1")},
        Publish=True,
    )
    functions.update_function_code(FunctionName=FUNCTION, ZipFile=_code("2"), Publish=True)
    functions.create_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion="2")


def build_queues(endpoint_url: str, waiting: int = 3) -> None:
    """Create the queue `orders`, and its dead-letter queue with some messages."""
    sqs = practice_client(endpoint_url, "sqs")
    url = sqs.create_queue(QueueName=DEAD)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    sqs.create_queue(QueueName=QUEUE, Attributes={"RedrivePolicy": policy})
    for number in range(waiting):
        sqs.send_message(QueueUrl=url, MessageBody=f"order {number}")


def messages(endpoint_url: str, queue: str) -> int:
    """Return about how many messages wait in a queue."""
    sqs = practice_client(endpoint_url, "sqs")
    url, name = sqs.get_queue_url(QueueName=queue)["QueueUrl"], "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def build_rule(endpoint_url: str) -> None:
    """Create the rule `nightly` of the default bus."""
    practice_client(endpoint_url, "events").put_rule(Name=RULE, ScheduleExpression="rate(1 day)")


def build_table(endpoint_url: str) -> None:
    """Create the table `carts` of 10 reads and 5 writes a second, with an index of 4 and 2."""
    names = ("id", "customer")
    practice_client(endpoint_url, "dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 5},
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 2},
            }
        ],
    )


def _code(version: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", f"def handle(event, context):\n    return {version}\n")
    return packed.getvalue()
