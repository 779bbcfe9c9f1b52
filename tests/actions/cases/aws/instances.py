"""An instance with an agent, the documents of the library, and a volume."""

from typing import Any

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.documents import RunDocument
from tocsin.actions.aws.ec2 import OfInstance
from tocsin.actions.aws.machines import REBOOTED, StopWanted, TerminateWanted
from tocsin.actions.aws.volumes import SizeWanted, SnapshotWanted
from tocsin.playground.estate import build_machine, build_volume

NOBODY = "i-0123456789abcdef0"
NOTHING = "vol-0123456789abcdef0"
MARKED = {"auto-remediate": "true"}


def describe(worlds: Worlds) -> Case:
    instance = build_machine(worlds.empty_cloud.endpoint_url)

    def tags() -> JsonValue:
        answer = service(worlds, "ec2").describe_instances(InstanceIds=[instance])
        return {one["Key"]: one["Value"] for one in answer["Reservations"][0]["Instances"][0]["Tags"]}

    want = OfInstance(connection="aws:main", instance=instance, require_tags=MARKED)
    return case_of(worlds, want, missing={"instance": NOBODY}, state=tags)


def stop(worlds: Worlds) -> Case:
    instance = build_machine(worlds.empty_cloud.endpoint_url)
    return _powered(worlds, StopWanted(connection="aws:main", instance=instance))


def start(worlds: Worlds) -> Case:
    instance = build_machine(worlds.empty_cloud.endpoint_url)
    service(worlds, "ec2").stop_instances(InstanceIds=[instance])
    return _powered(worlds, OfInstance(connection="aws:main", instance=instance))


def terminate(worlds: Worlds) -> Case:
    instance = build_machine(worlds.empty_cloud.endpoint_url)
    return _powered(worlds, TerminateWanted(connection="aws:main", instance=instance, require_tags=MARKED))


def reboot(worlds: Worlds) -> Case:
    instance = build_machine(worlds.empty_cloud.endpoint_url)

    def rebooted() -> JsonValue:
        return next((one["Value"] for one in seen(worlds, instance)["Tags"] if one["Key"] == REBOOTED), None)

    want = OfInstance(connection="aws:main", instance=instance)
    return case_of(worlds, want, missing={"instance": NOBODY}, state=rebooted)


def grow(worlds: Worlds) -> Case:
    volume = build_volume(worlds.empty_cloud.endpoint_url)

    def size() -> JsonValue:
        found: JsonValue = service(worlds, "ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"]
        return found

    want = SizeWanted(connection="aws:main", volume=volume, size=200)
    return case_of(worlds, want, missing={"volume": NOTHING}, state=size)


def snapshot(worlds: Worlds) -> Case:
    volume = build_volume(worlds.empty_cloud.endpoint_url)

    def snapshots() -> JsonValue:
        of_volume = [{"Name": "volume-id", "Values": [volume]}]
        return len(service(worlds, "ec2").describe_snapshots(Filters=of_volume)["Snapshots"])

    want = SnapshotWanted(connection="aws:main", volume=volume)
    return case_of(worlds, want, missing={"volume": NOTHING}, state=snapshots)


def seen(worlds: Worlds, instance: str) -> dict[str, Any]:
    answer = service(worlds, "ec2").describe_instances(InstanceIds=[instance])
    found: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return found


def _powered(worlds: Worlds, want: OfInstance) -> Case:
    def state() -> JsonValue:
        return str(seen(worlds, want.instance)["State"]["Name"])

    return case_of(worlds, want, missing={"instance": NOBODY}, state=state)


def run_document(worlds: Worlds) -> Case:
    instance = build_machine(worlds.empty_cloud.endpoint_url)

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
