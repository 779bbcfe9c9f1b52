"""Amazon CloudWatch: go on only while alarms are quiet, and keep alarms from acting."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, OnAws, no_such
from tocsin.actions.base import Effect, Frozen, Plan, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

UNTIL_ENABLED = "they page nobody and scale nothing until somebody enables them: give the runbook an undo"


class AlarmsNamed(Named):
    """Alarms, each by its name."""

    alarms: tuple[str, ...] = Field(
        min_length=1, max_length=100, description="Names of metric or composite alarms"
    )

    @property
    def path(self) -> str:
        return f"cloudwatch/{','.join(sorted(self.alarms))}"


class AlarmState(Frozen):
    """One alarm."""

    alarm: str
    state: str
    """``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``"""
    reason: str
    """CloudWatch's own words"""
    since: datetime | None


class AlarmsQuiet(Frozen):
    """The alarms, none of which is raised."""

    alarms: tuple[AlarmState, ...]
    """In the order in which they were named"""


class _Alarm(Answer):
    name: str = Field(validation_alias="AlarmName")
    state: str = Field(validation_alias="StateValue")
    reason: str = Field(default="", validation_alias="StateReason")
    since: datetime | None = Field(default=None, validation_alias="StateUpdatedTimestamp")
    acts: bool = Field(default=True, validation_alias="ActionsEnabled")


def _alarms(account: Account, want: AlarmsNamed) -> list[_Alarm]:
    """Read the alarms in their order. Raises MISSING when there is none of a name."""
    kinds = ["MetricAlarm", "CompositeAlarm"]
    answer = account.call(
        "cloudwatch", "describe_alarms", AlarmNames=list(want.alarms), AlarmTypes=kinds, MaxRecords=100
    )
    listed = (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))
    found = {one.name: one for one in (read(_Alarm, each) for each in listed)}
    unknown = [name for name in want.alarms if name not in found]
    if unknown:
        raise no_such(f"alarm {', '.join(unknown)}")
    return [found[name] for name in want.alarms]


class GateWanted(AlarmsNamed):
    """Alarms that must be quiet."""

    allow_insufficient: bool = Field(
        default=False, description="Let an alarm pass that has no data; else nothing known is no success"
    )


class GateOnAlarms(OnAws[GateWanted, Plan, AlarmsQuiet]):
    """Look at alarms, and fail unless every one of them is quiet."""

    name = "cloudwatch.alarm_gate"
    risk = Risk.READ
    effect = Effect.READ

    def resources(self, want: GateWanted) -> list[str]:
        return []

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws cloudwatch describe-alarms --alarm-names {_names(given)}"

    def rights(self, at: AwsConnection, want: GateWanted) -> Iterable[tuple[str, str]]:
        return [("cloudwatch:DescribeAlarms", "*")]  # a composite alarm's is asked for all or none

    def plan(self, want: GateWanted) -> Plan:
        _alarms(account_of(self.connections, want), want)
        return Plan(summary=f"Go on only while {', '.join(want.alarms)} are quiet")

    def run(self, want: GateWanted, plan: Plan, key: str) -> AlarmsQuiet:
        found = _alarms(account_of(self.connections, want), want)
        passing = ("OK", "INSUFFICIENT_DATA") if want.allow_insufficient else ("OK",)
        loud = [f"{one.name} is {one.state}: {one.reason}" for one in found if one.state not in passing]
        if loud:
            raise ActionFailed(
                f"{'; '.join(loud)}. The gate stays shut; mend it, or look again later.", ErrorClass.INVALID
            )
        return AlarmsQuiet(
            alarms=tuple(
                AlarmState(alarm=one.name, state=one.state, reason=one.reason, since=one.since)
                for one in found
            )
        )


class ActionsOf(Frozen):
    """Which of the alarms act."""

    acting: tuple[str, ...]
    """Names, sorted; the others change their state and do nothing"""


class DisableAlarmActions(Desired[AlarmsNamed, ActionsOf]):
    """Keep alarms from acting: they page nobody and scale nothing. Undo lets those act again that did."""

    name = "cloudwatch.disable_actions"
    risk = Risk.HIGH

    def resources(self, want: AlarmsNamed) -> list[str]:
        return [f"{want.connection}/cloudwatch/{name}" for name in sorted(want.alarms)]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws cloudwatch disable-alarm-actions --alarm-names {_names(given)}"

    def rights(self, at: AwsConnection, want: AlarmsNamed) -> Iterable[tuple[str, str]]:
        verbs = ("DisableAlarmActions", "EnableAlarmActions")
        named = [arn(at, "cloudwatch", f"alarm:{name}") for name in want.alarms]
        return ("cloudwatch:DescribeAlarms", "*"), *(
            (f"cloudwatch:{verb}", one) for verb in verbs for one in named
        )

    def look(self, account: Account, want: AlarmsNamed) -> ActionsOf:
        return ActionsOf(acting=tuple(sorted(one.name for one in _alarms(account, want) if one.acts)))

    def goal(self, account: Account, want: AlarmsNamed, now: ActionsOf) -> ActionsOf:
        return ActionsOf(acting=())

    def warn(self, account: Account, want: AlarmsNamed, now: ActionsOf, goal: ActionsOf) -> Iterable[str]:
        yield UNTIL_ENABLED
        for one in _alarms(account, want):
            if one.state == "ALARM":
                yield f"{one.name} is raised now"

    def told(self, want: AlarmsNamed, now: ActionsOf, goal: ActionsOf) -> str:
        return f"Keep {', '.join(now.acting) or 'no alarm'} from acting"

    def put(self, account: Account, want: AlarmsNamed, now: ActionsOf, goal: ActionsOf) -> None:
        more = sorted(set(goal.acting) - set(now.acting))
        less = sorted(set(now.acting) - set(goal.acting))
        for operation, names in (("enable_alarm_actions", more), ("disable_alarm_actions", less)):
            if names:
                account.call("cloudwatch", operation, AlarmNames=names)


def _names(given: Mapping[str, JsonValue]) -> str:
    listed = given.get("alarms")
    return " ".join(map(str, listed if isinstance(listed, list | tuple) else [listed]))
