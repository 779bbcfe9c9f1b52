"""A function with two versions, a dead-letter queue, a rule and a table."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.dynamodb import CapacityWanted, Throughput
from tocsin.actions.aws.events import RuleNamed
from tocsin.actions.aws.functions import AliasWanted, ConcurrencyWanted
from tocsin.actions.aws.queues import Redrive
from tocsin.playground.serverless import (
    ALIAS,
    DEAD,
    FUNCTION,
    INDEX,
    RULE,
    TABLE,
    build_function,
    build_queues,
    build_rule,
    build_table,
    messages,
)


def rollback(worlds: Worlds) -> Case:
    build_function(worlds.empty_cloud.endpoint_url)

    def alias() -> JsonValue:
        found = service(worlds, "lambda").get_alias(FunctionName=FUNCTION, Name=ALIAS)
        return [found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})]

    want = AliasWanted(connection="aws:main", function=FUNCTION, alias=ALIAS)
    return case_of(worlds, want, missing={"function": "nowhere"}, state=alias)


def concurrency(worlds: Worlds) -> Case:
    build_function(worlds.empty_cloud.endpoint_url)

    def reserved() -> JsonValue:
        found = service(worlds, "lambda").get_function_concurrency(FunctionName=FUNCTION)
        return [found.get("ReservedConcurrentExecutions")]

    want = ConcurrencyWanted(connection="aws:main", function=FUNCTION, reserved=5)
    return case_of(worlds, want, missing={"function": "nowhere"}, state=reserved)


def redrive(worlds: Worlds) -> Case:
    build_queues(worlds.empty_cloud.endpoint_url)
    want = Redrive(connection="aws:main", queue=DEAD)
    state = lambda: messages(worlds.empty_cloud.endpoint_url, DEAD)  # noqa: E731
    return case_of(worlds, want, missing={"queue": "nowhere"}, state=state)


def rule_disable(worlds: Worlds) -> Case:
    build_rule(worlds.empty_cloud.endpoint_url)
    want = RuleNamed(connection="aws:main", rule=RULE)
    state = lambda: service(worlds, "events").describe_rule(Name=RULE)["State"]  # noqa: E731
    return case_of(worlds, want, missing={"rule": "nowhere"}, state=state)


def capacity(worlds: Worlds) -> Case:
    build_table(worlds.empty_cloud.endpoint_url)

    def units() -> JsonValue:
        found = service(worlds, "dynamodb").describe_table(TableName=TABLE)["Table"]
        shown = (found, *found["GlobalSecondaryIndexes"])
        return [one["ProvisionedThroughput"]["ReadCapacityUnits"] for one in shown]

    want = CapacityWanted(
        connection="aws:main",
        table=TABLE,
        units=Throughput(read=20, write=10),
        indexes={INDEX: Throughput(read=8, write=4)},
    )
    return case_of(worlds, want, missing={"table": "nowhere"}, state=units)
