"""Amazon Application Recovery Controller: shift a resource's traffic away from one zone, for a while."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, busy, no_such, refused
from tocsin.actions.base import Frozen, Risk, Verdict
from tocsin.connections import AwsConnection

SERVICE = "arc-zonal-shift"
MINUTE = 60
THREE_DAYS = 259_200


class ShiftWanted(Named):
    """What is shifted, away from where, and for how long."""

    target: str = Field(
        pattern=r"^arn:[a-z-]+:(elasticloadbalancing|autoscaling|eks):\S+$",
        max_length=1024,
        description="The ARN of a load balancer, an Auto Scaling group or an EKS cluster",
    )
    away_from: str = Field(
        pattern=r"^[a-z]{3}[a-z0-9]*[0-9]-az[0-9]$",
        description="A zone's id, such as `euc1-az1`, not its name",
    )
    expires_in: int = Field(
        ge=MINUTE,
        le=THREE_DAYS,
        multiple_of=MINUTE,
        description="Seconds until it ends by itself: `'2h' | duration`",
    )

    @property
    def path(self) -> str:
        return f"zonal-shift/{self.target.partition(':')[2].rpartition(':')[2]}"


class Shift(Frozen):
    """Where a resource's traffic is kept away from."""

    away_from: str | None
    """A zone's id; null when it goes everywhere"""


class _Shift(Answer):
    id: str = Field(validation_alias="zonalShiftId")
    away_from: str = Field(validation_alias="awayFrom")


class ShiftZone(Desired[ShiftWanted, Shift]):
    """Keep traffic away from a zone until it expires. Undo cancels the shift."""

    name = "arc.zonal_shift"
    risk = Risk.HIGH
    settle = timedelta(minutes=5)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return (
            f"aws arc-zonal-shift start-zonal-shift --resource-identifier {given.get('target')} --away-from"
            f" {given.get('away_from')} --expires-in <such as 2h> --comment 'by hand'"
        )

    def rights(self, at: AwsConnection, want: ShiftWanted) -> Iterable[tuple[str, str]]:
        verbs = ("GetManagedResource", "StartZonalShift", "CancelZonalShift")
        return *((f"{SERVICE}:{verb}", want.target) for verb in verbs), (f"{SERVICE}:ListZonalShifts", "*")

    def look(self, account: Account, want: ShiftWanted) -> Shift:
        found = _active(account, want)
        return Shift(away_from=found.away_from if found else None)

    def goal(self, account: Account, want: ShiftWanted, now: Shift) -> Shift:
        if now.away_from not in (None, want.away_from):
            raise busy(f"{want.short} is shifted away from {now.away_from} already", "End that shift first.")
        zones = _weights(account, want)
        if want.away_from not in zones:
            raise refused(f"{want.short} is in {', '.join(sorted(zones))}", "Name one of its zones.")
        if not _left(zones, want):
            raise refused(f"no other zone of {want.short} takes traffic", "Bring one back first.")
        return Shift(away_from=want.away_from)

    def warn(self, account: Account, want: ShiftWanted, now: Shift, goal: Shift) -> Iterable[str]:
        yield f"{', '.join(_left(_weights(account, want), want))} must carry everything"

    def told(self, want: ShiftWanted, now: Shift, goal: Shift) -> str:
        minutes = want.expires_in // MINUTE
        return f"Shift {want.short} away from {want.away_from} for {minutes} minutes"

    def put(self, account: Account, want: ShiftWanted, now: Shift, goal: Shift) -> None:
        if goal.away_from is None:
            found = _active(account, want)
            if found is not None:
                account.call(SERVICE, "cancel_zonal_shift", zonalShiftId=found.id)
            return
        account.call(
            SERVICE,
            "start_zonal_shift",
            resourceIdentifier=want.target,
            awayFrom=goal.away_from,
            expiresIn=f"{want.expires_in // MINUTE}m",
            comment="started by a runbook",
        )

    def settled(self, account: Account, want: ShiftWanted, goal: Shift) -> Verdict:
        applied = any(one["appliedStatus"] == "APPLIED" for one in _resource(account, want)["zonalShifts"])
        words = "applied" if applied else "not applied yet"
        return Verdict(state="ok" if applied else "waiting", reason=f"the shift of {want.short} is {words}")


def _active(account: Account, want: ShiftWanted) -> _Shift | None:
    """Return the resource's shift; there is one at a time. Raises MISSING for an unknown resource."""
    answer = account.call(
        SERVICE, "list_zonal_shifts", resourceIdentifier=want.target, status="ACTIVE", maxResults=10
    )
    return read(_Shift, answer["items"][0]) if answer["items"] else None


def _resource(account: Account, want: ShiftWanted) -> dict[str, Any]:
    found = account.call(SERVICE, "get_managed_resource", resourceIdentifier=want.target)
    if not found["appliedWeights"]:
        raise no_such(f"zone that {want.short} takes traffic in")
    return found


def _weights(account: Account, want: ShiftWanted) -> Mapping[str, float]:
    """Return how much traffic each zone takes, by its id: 1 or 0."""
    weights: Mapping[str, float] = _resource(account, want)["appliedWeights"]
    return weights


def _left(zones: Mapping[str, float], want: ShiftWanted) -> list[str]:
    return sorted(zone for zone, weight in zones.items() if weight > 0 and zone != want.away_from)
