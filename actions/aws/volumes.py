"""Amazon EBS: grow a volume, and take a snapshot of one."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, partition, read
from tocsin.actions.aws.desired import Lasting
from tocsin.actions.aws.verbs import Named, OnAws, busy, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

FOR_GOOD = "a volume can never be made smaller again"
FILE_SYSTEM = "the file system on it has to be grown too, from within the instance"
STEP = "tocsin:step"
"""The tag that names the step which took a snapshot."""

_COOLDOWN = timedelta(hours=6)
"""https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html."""
_UNFINISHED = ("modifying", "optimizing")


class OfVolume(Named):
    """A volume."""

    volume: str = Field(pattern=r"^vol-[0-9a-f]{8,17}$", description="Its id, not its name")

    @property
    def path(self) -> str:
        return f"ebs/{self.volume}"


class SizeWanted(OfVolume):
    """The volume, and how large it shall be."""

    size: int = Field(ge=1, le=65_536, description="GiB; more than it has")


class Size(Frozen):
    """How large a volume is, or becomes."""

    size: int
    """GiB"""


class _Volume(Answer):
    state: str = Field(validation_alias="State")
    size: int = Field(validation_alias="Size")


class _Modification(Answer):
    state: str = Field(validation_alias="ModificationState")
    size: int = Field(validation_alias="TargetSize")
    percent: int = Field(default=0, validation_alias="Progress")
    started: datetime = Field(validation_alias="StartTime")
    why: str | None = Field(default=None, validation_alias="StatusMessage")


class GrowVolume(Lasting[SizeWanted, Size]):
    """Make a volume larger, while it is in use. There is no undo: it can never shrink."""

    name = "ebs.grow"
    risk = Risk.HIGH
    settle = timedelta(minutes=30)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 modify-volume --volume-id {given.get('volume')} --size {given.get('size')}"

    def rights(self, at: AwsConnection, want: SizeWanted) -> Iterable[tuple[str, str]]:
        reads = ("ec2:DescribeVolumes", "*"), ("ec2:DescribeVolumesModifications", "*")
        return *reads, ("ec2:ModifyVolume", _arn(at, want))

    def look(self, account: Account, want: SizeWanted) -> Size:
        found, change = _volume(account, want), _modification(account, want)
        # While EC2 modifies it, the volume shows its former size.
        growing = change is not None and change.state in _UNFINISHED
        return Size(size=change.size if growing and change else found.size)

    def goal(self, account: Account, want: SizeWanted, now: Size) -> Size:
        if want.size < now.size:
            raise refused(
                f"{want.volume} has {now.size} GiB, and no volume can shrink", "Choose a larger size."
            )
        change = _modification(account, want)
        if change is not None and change.state in _UNFINISHED and want.size != now.size:
            raise busy(f"{want.volume} is {change.state}, {change.percent} % done, to {change.size} GiB")
        if want.size != now.size:
            account.rehearse("ec2", "modify_volume", VolumeId=want.volume, Size=want.size)
        return Size(size=want.size)

    def warn(self, account: Account, want: SizeWanted, now: Size, goal: Size) -> Iterable[str]:
        yield from (FOR_GOOD, FILE_SYSTEM)
        change = _modification(account, want)
        if change is not None and datetime.now(UTC) - change.started < _COOLDOWN:
            yield f"it was changed at {change.started:%H:%M} UTC; EBS may want six hours between two changes"

    def told(self, want: SizeWanted, now: Size, goal: Size) -> str:
        return f"Grow the volume {want.volume} from {now.size} to {goal.size} GiB"

    def put(self, account: Account, want: SizeWanted, now: Size, goal: Size) -> None:
        account.call("ec2", "modify_volume", VolumeId=want.volume, Size=goal.size)

    def settled(self, account: Account, want: SizeWanted, goal: Size) -> Verdict:
        change = _modification(account, want)
        if change is not None and change.state == "failed":
            return Verdict(state="failed", reason=f"{want.volume} could not be grown: {change.why}")
        # The room is there from `optimizing` on.
        waits = change is not None and change.state == "modifying"
        state = f"{change.state}, {change.percent} % done" if change else "as wanted"
        return Verdict(state="waiting" if waits else "ok", reason=f"{want.volume} is {state}")


class SnapshotWanted(OfVolume):
    """The volume to take a snapshot of."""

    description: str = Field(default="taken by a runbook", max_length=255)


class SnapshotTaken(Frozen):
    """The snapshot; it holds what was on the volume when it was begun."""

    snapshot: str
    volume: str
    size: int
    """GiB of the volume"""


class _Snapshot(Answer):
    name: str = Field(validation_alias="SnapshotId")
    state: str = Field(validation_alias="State")
    progress: str = Field(default="", validation_alias="Progress")
    size: int = Field(default=0, validation_alias="VolumeSize")


class TakeSnapshot(OnAws[SnapshotWanted, Plan, SnapshotTaken]):
    """Take a snapshot of a volume, tagged with its step. There is no undo: it stays, and costs."""

    name = "ebs.snapshot"
    risk = Risk.LOW
    effect = Effect.ONCE

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 create-snapshot --volume-id {given.get('volume')}"

    def rights(self, at: AwsConnection, want: SnapshotWanted) -> Iterable[tuple[str, str]]:
        snapshots = f"arn:{partition(at.region)}:ec2:{at.region}::snapshot/*"
        return (
            ("ec2:DescribeVolumes", "*"),
            ("ec2:DescribeSnapshots", "*"),
            ("ec2:CreateSnapshot", _arn(at, want)),
            ("ec2:CreateSnapshot", snapshots),
            ("ec2:CreateTags", snapshots),
        )

    def plan(self, want: SnapshotWanted) -> Plan:
        account = account_of(self.connections, want)
        found = _volume(account, want)
        if found.state not in ("available", "in-use"):
            raise busy(f"{want.volume} is {found.state}", "Wait until it is available.")
        account.rehearse("ec2", "create_snapshot", VolumeId=want.volume)
        change = Change(resource=want.resource, field="snapshot", before=None, after="a new one")
        return Plan(summary=f"Take a snapshot of {want.volume}, {found.size} GiB", changes=(change,))

    def run(self, want: SnapshotWanted, plan: Plan, key: str) -> SnapshotTaken:
        account = account_of(self.connections, want)
        found = _snapshot(account, want, key)
        if found is None:
            tags = [{"Key": STEP, "Value": key}]
            answer = account.call(
                "ec2",
                "create_snapshot",
                VolumeId=want.volume,
                Description=want.description,
                TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
            )
            found = read(_Snapshot, answer)
        return _output(want, found)

    def probe(self, want: SnapshotWanted, plan: Plan, key: str) -> Probe:
        """Look for the snapshot whose tag holds the key: CreateSnapshot takes no token."""
        found = _snapshot(account_of(self.connections, want), want, key)
        return Probe.NOT_DONE if found is None else Probe.DONE

    def recover(self, want: SnapshotWanted, plan: Plan, key: str) -> SnapshotTaken | None:
        found = _snapshot(account_of(self.connections, want), want, key)
        return _output(want, found) if found else None


def _output(want: SnapshotWanted, found: _Snapshot) -> SnapshotTaken:
    return SnapshotTaken(snapshot=found.name, volume=want.volume, size=found.size)


def _volume(account: Account, want: OfVolume) -> _Volume:
    answer = account.call("ec2", "describe_volumes", VolumeIds=[want.volume])
    return read(_Volume, answer["Volumes"][0])


def _modification(account: Account, want: OfVolume) -> _Modification | None:
    """Return the volume's last change; None when it never had one, or one long ago."""
    of_volume = [{"Name": "volume-id", "Values": [want.volume]}]  # by its id it would be an error
    answer = account.call("ec2", "describe_volumes_modifications", Filters=of_volume)
    found = [read(_Modification, one) for one in answer["VolumesModifications"]]
    return max(found, key=lambda one: one.started, default=None)


def _snapshot(account: Account, want: OfVolume, key: str) -> _Snapshot | None:
    filters = [{"Name": "volume-id", "Values": [want.volume]}, {"Name": f"tag:{STEP}", "Values": [key]}]
    answer = account.call("ec2", "describe_snapshots", Filters=filters)
    found = [read(_Snapshot, one) for one in answer["Snapshots"]]
    return found[0] if found else None


def _arn(at: AwsConnection, want: OfVolume) -> str:
    return arn(at, "ec2", f"volume/{want.volume}")
