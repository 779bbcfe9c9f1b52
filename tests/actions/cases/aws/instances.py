"""An instance with an agent, and the documents of the library."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.documents import RunDocument
from tocsin.actions.aws.ec2 import OfInstance
from tocsin.playground.estate import build_machine

NOBODY = "i-0123456789abcdef0"


def describe(worlds: Worlds) -> Case:
    instance = build_machine(worlds.cloud.endpoint_url)

    def tags() -> JsonValue:
        answer = service(worlds, "ec2").describe_instances(InstanceIds=[instance])
        return {one["Key"]: one["Value"] for one in answer["Reservations"][0]["Instances"][0]["Tags"]}

    want = OfInstance(connection="aws:main", instance=instance, require_tags={"auto-remediate": "true"})
    return case_of(worlds, want, missing={"instance": NOBODY}, state=tags)


def run_document(worlds: Worlds) -> Case:
    instance = build_machine(worlds.cloud.endpoint_url)

    def commands() -> JsonValue:
        return [str(one["Comment"]) for one in service(worlds, "ssm").list_commands()["Commands"]]

    want = RunDocument(
        connection="aws:main",
        document="Tocsin-DiskCleanup",
        version=1,
        targets=(instance,),
        parameters={"until": 70},
    )
    return case_of(worlds, want, missing={"targets": [NOBODY]}, state=commands)
