"""sqs.redrive: once, from a dead-letter queue, to where the messages belong."""

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.queues import Redrive, RedrivePlan, RedriveQueue
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud
from tocsin.playground.serverless import DEAD, QUEUE, build_queues, messages

SERVICE = "sqs"
WANT = Redrive(connection="aws:main", queue=DEAD)
PLAN = RedrivePlan(summary="", former=1000)
ARN = f"arn:aws:sqs:eu-central-1:123456789012:{DEAD}"


def test_the_messages_are_where_they_came_from(connections: Connections, cloud: Cloud) -> None:
    build_queues(cloud.endpoint_url)
    action = RedriveQueue(connections)
    plan = action.plan(WANT)
    assert plan.summary == "Move about 3 messages of orders-dead to where they came from"
    action.run(WANT, plan, "step-1")
    assert messages(cloud.endpoint_url, QUEUE) == 3


def test_an_empty_queue_is_no_change(connections: Connections, cloud: Cloud) -> None:
    build_queues(cloud.endpoint_url, waiting=0)
    assert RedriveQueue(connections).plan(WANT).noop


def test_a_queue_that_collects_no_dead_letters_is_refused(connections: Connections, cloud: Cloud) -> None:
    build_queues(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="orders is no queue's dead-letter queue") as caught:
        RedriveQueue(connections).plan(Redrive(connection="aws:main", queue=QUEUE))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_move_that_goes_on_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    found(stubbed)
    moving(stubbed, "RUNNING", 1000)
    with pytest.raises(ActionFailed, match="the move is RUNNING: 2 of 5 messages") as caught:
        RedriveQueue(STUBBED).plan(WANT)
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.parametrize(
    ("status", "started", "state"),
    [
        ("COMPLETED", 2000, "ok"),
        ("RUNNING", 2000, "waiting"),
        ("FAILED", 2000, "failed"),
        ("CANCELLED", 2000, "failed"),
        ("COMPLETED", 1000, "waiting"),
    ],
)
def test_the_end_of_a_move_is_judged_by_the_service_model(
    stubbed: Stubber, status: str, started: int, state: str
) -> None:
    moving(stubbed, status, started)
    assert RedriveQueue(STUBBED).verify(WANT, PLAN).state == state


def found(stubbed: Stubber) -> None:
    stubbed.add_response("get_queue_url", {"QueueUrl": f"http://127.0.0.1:9/{DEAD}"})
    attributes = {"QueueArn": ARN, "ApproximateNumberOfMessages": "5"}
    stubbed.add_response("get_queue_attributes", {"Attributes": attributes})


def moving(stubbed: Stubber, status: str, started: int) -> None:
    found(stubbed)
    move = {
        "Status": status,
        "StartedTimestamp": started,
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 5,
    }
    stubbed.add_response("list_message_move_tasks", {"Results": [move]}, {"SourceArn": ARN, "MaxResults": 10})
