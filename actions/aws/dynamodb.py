"""Amazon DynamoDB: how much a table may be read and written."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from tocsin.actions.aws.client import Account, arn
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.scaling import scaling_targets
from tocsin.actions.aws.verbs import Named, busy, refused
from tocsin.actions.base import Frozen, Risk, Verdict
from tocsin.connections import AwsConnection

FEW_DECREASES = "DynamoDB allows few decreases a day: undo may be one too many"
FEW_SWITCHES = "DynamoDB allows few switches to on-demand a day"

_MODES = {"PAY_PER_REQUEST": "on_demand", "PROVISIONED": "provisioned"}


class Throughput(Frozen):
    """Units for each second."""

    read: int = Field(ge=0, description="Read capacity units: strongly consistent reads of 4 KiB")
    write: int = Field(ge=0, description="Write capacity units: writes of 1 KiB")


class CapacityWanted(Named):
    """A table, and how it shall be paid for."""

    table: str = Field(pattern=r"^[A-Za-z0-9_.-]{3,255}$")
    billing: Literal["provisioned", "on_demand"] = "provisioned"
    units: Throughput | None = Field(default=None, description="Of the table; as they are when not given")
    indexes: dict[str, Throughput] = Field(
        default={}, max_length=20, description="Of its global secondary indexes; others stay as they are"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        given = [one for one in (self.units, *self.indexes.values()) if one is not None]
        if self.billing == "on_demand" and given:
            raise ValueError("on_demand takes neither units nor indexes")
        if any(one.read < 1 or one.write < 1 for one in given):
            raise ValueError("units are at least 1")
        return self

    @property
    def path(self) -> str:
        return f"dynamodb/{self.table}"


class Capacity(Frozen):
    """How much a table may be read and written."""

    billing: Literal["provisioned", "on_demand"]
    units: Throughput
    """0 when it is on demand"""
    indexes: dict[str, Throughput]
    """Of its global secondary indexes"""


class SetCapacity(Desired[CapacityWanted, Capacity]):
    """Set a table's capacity and that of its indexes. Undo restores what plan saw.

    Refused where Application Auto Scaling sets it: it would undo it.
    """

    name = "dynamodb.capacity"
    risk = Risk.HIGH
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        units = given.get("units")
        at = f"aws dynamodb update-table --table-name {given.get('table')}"
        if given.get("billing") == "on_demand" or not isinstance(units, Mapping):
            return f"{at} --billing-mode PAY_PER_REQUEST"
        shown = f"ReadCapacityUnits={units.get('read')},WriteCapacityUnits={units.get('write')}"
        return f"{at} --billing-mode PROVISIONED --provisioned-throughput {shown}"

    def rights(self, at: AwsConnection, want: CapacityWanted) -> Iterable[tuple[str, str]]:
        table = arn(at, "dynamodb", f"table/{want.table}")
        scaling = ("application-autoscaling:DescribeScalableTargets", "*")
        return ("dynamodb:DescribeTable", table), ("dynamodb:UpdateTable", table), scaling

    def look(self, account: Account, want: CapacityWanted) -> Capacity:
        found = _table(account, want)
        mode = found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        indexes = {one["IndexName"]: _units(one) for one in found.get("GlobalSecondaryIndexes", ())}
        state = {"billing": _MODES[mode], "units": _units(found), "indexes": indexes}
        return Capacity.model_validate(state)

    def goal(self, account: Account, want: CapacityWanted, now: Capacity) -> Capacity:
        if _table(account, want)["TableStatus"] != "ACTIVE":
            raise busy(f"the table {want.table} is being changed")
        goal = _goal(want, now)
        _refuse_a_losing_fight(account, want)
        return goal

    def warn(self, account: Account, want: CapacityWanted, now: Capacity, goal: Capacity) -> Iterable[str]:
        if goal.billing != now.billing:
            yield FEW_SWITCHES
        elif goal.units.read > now.units.read or goal.units.write > now.units.write:
            yield FEW_DECREASES

    def told(self, want: CapacityWanted, now: Capacity, goal: Capacity) -> str:
        return f"Give the table {want.table} {_shown(goal)} instead of {_shown(now)}"

    def put(self, account: Account, want: CapacityWanted, now: Capacity, goal: Capacity) -> None:
        given: dict[str, Any] = {}
        if goal.billing != now.billing:
            given["BillingMode"] = "PROVISIONED" if goal.billing == "provisioned" else "PAY_PER_REQUEST"
        if goal.billing == "provisioned":
            if goal.units != now.units:  # DynamoDB refuses what would change nothing
                given["ProvisionedThroughput"] = _asked(goal.units)
            moved = [name for name in goal.indexes if goal.indexes[name] != now.indexes.get(name)]
            if moved:
                given["GlobalSecondaryIndexUpdates"] = [
                    {"Update": {"IndexName": name, "ProvisionedThroughput": _asked(goal.indexes[name])}}
                    for name in moved
                ]
        account.call("dynamodb", "update_table", TableName=want.table, **given)

    def settled(self, account: Account, want: CapacityWanted, goal: Capacity) -> Verdict:
        found = _table(account, want)
        states = [
            found["TableStatus"],
            *(one["IndexStatus"] for one in found.get("GlobalSecondaryIndexes", ())),
        ]
        reason = f"the table {want.table} is {found['TableStatus']}"
        return Verdict(state="ok" if set(states) == {"ACTIVE"} else "waiting", reason=reason)


def _refuse_a_losing_fight(account: Account, want: CapacityWanted) -> None:
    """Raise ActionFailed where Application Auto Scaling sets what is wanted."""
    whole = {f"table/{want.table}": "table"} if want.units or want.billing == "on_demand" else {}
    places = whole | {f"table/{want.table}/index/{name}": "index" for name in want.indexes}
    for name, kind in places.items():
        for what in ("Read", "Write"):
            if scaling_targets(account, "dynamodb", name, f"dynamodb:{kind}:{what}CapacityUnits"):
                raise refused(
                    f"Application Auto Scaling sets the {what.lower()} capacity of {name}, and would undo it",
                    "Move its bounds instead.",
                )


def _goal(want: CapacityWanted, now: Capacity) -> Capacity:
    nothing = Throughput(read=0, write=0)
    if want.billing == "on_demand":
        return Capacity(billing="on_demand", units=nothing, indexes=dict.fromkeys(now.indexes, nothing))
    strange = want.indexes.keys() - now.indexes.keys()
    if strange:
        raise refused(f"{want.table} has no index {', '.join(sorted(strange))}", "Name one of its own.")
    units, indexes = want.units or now.units, {**now.indexes, **want.indexes}
    if nothing in (units, *indexes.values()):
        raise refused(
            f"{want.table} is on demand so far: units are needed for it and each index", "Give them."
        )
    return Capacity(billing="provisioned", units=units, indexes=indexes)


def _table(account: Account, want: CapacityWanted) -> dict[str, Any]:
    found: dict[str, Any] = account.call("dynamodb", "describe_table", TableName=want.table)["Table"]
    return found


def _units(shown: Mapping[str, Any]) -> Throughput:
    given = shown.get("ProvisionedThroughput", {})
    return Throughput(read=given.get("ReadCapacityUnits", 0), write=given.get("WriteCapacityUnits", 0))


def _asked(units: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write}


def _shown(state: Capacity) -> str:
    if state.billing == "on_demand":
        return "what it needs, on demand"
    return f"{state.units.read} reads and {state.units.write} writes a second"
