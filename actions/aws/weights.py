"""Amazon Route 53: share a name's answers out among its weighted records."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.records import NameWanted, RecordSet, shown, ttl
from tocsin.actions.aws.verbs import no_such, refused
from tocsin.actions.aws.zones import change, records_of, zone_of, zone_rights
from tocsin.actions.base import Frozen, Risk
from tocsin.connections import AwsConnection

EQUAL_PARTS = "Route 53 answers in equal parts where every weight is 0"

Weight = Annotated[int, Field(ge=0, le=255)]


class NameWeights(NameWanted):
    """A name that is answered by weight, and its weights as they shall be."""

    weights: dict[str, Weight] = Field(
        min_length=1, max_length=100, description="By the record's set identifier; others stay as they are"
    )


class Weights(Frozen):
    """How a name's answers are shared out."""

    weights: dict[str, int]
    """By the record's set identifier: its part of the sum"""


class SetNameWeights(Desired[NameWeights, Weights]):
    """Set the weights of a name's records, all at once. Undo restores those that plan saw."""

    name = "route53.weights"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        zone = f"'<id of {given.get('zone')}>'"
        batch = "'<each record of the name, whole, with its new weight>'"
        return f"aws route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch {batch}"

    def rights(self, at: AwsConnection, want: NameWeights) -> Iterable[tuple[str, str]]:
        return zone_rights(at)

    def look(self, account: Account, want: NameWeights) -> Weights:
        found = _weighted(account, zone_of(account, want), want)
        return Weights(weights={name: _weight(one) for name, one in found.items()})

    def goal(self, account: Account, want: NameWeights, now: Weights) -> Weights:
        strange = want.weights.keys() - now.weights.keys()
        if strange:
            raise refused(
                f"{want.short} has the records {', '.join(sorted(now.weights))}, not"
                f" {', '.join(sorted(strange))}",
                "Name its own set identifiers.",
            )
        goal = {**now.weights, **want.weights}
        if not any(goal.values()):
            raise refused(EQUAL_PARTS, "Leave one of them above 0.")
        return Weights(weights=goal)

    def warn(self, account: Account, want: NameWeights, now: Weights, goal: Weights) -> Iterable[str]:
        found = _weighted(account, zone_of(account, want), want)
        if longest := max(ttl(one) for one in found.values()):
            yield f"resolvers may go on giving the former answers for {longest} s"
        for name, one in found.items():
            if goal.weights[name] > now.weights[name] and "HealthCheckId" not in one:
                yield f"{name} ({shown(one)}) has no health check of its own: it is answered though it be ill"

    def told(self, want: NameWeights, now: Weights, goal: Weights) -> str:
        return f"Answer {want.short} by {_listed(goal)} instead of {_listed(now)}"

    def put(self, account: Account, want: NameWeights, now: Weights, goal: Weights) -> None:
        zone = zone_of(account, want)
        found = _weighted(account, zone, want)
        moved = [name for name in found if goal.weights[name] != now.weights[name]]
        change(account, zone, *(("UPSERT", {**found[name], "Weight": goal.weights[name]}) for name in moved))


def _weighted(account: Account, zone: str, want: NameWeights) -> Mapping[str, RecordSet]:
    """Return the name's weighted records of the wanted type by their set identifiers."""
    here = [one for one in records_of(account, zone, want) if one["Type"] == want.type]
    if not here:
        raise no_such(f"record {want.short}")
    if not all("Weight" in one for one in here):
        raise refused(f"{want.short} is not answered by weight", "Use route53.upsert for a plain record.")
    return {str(one["SetIdentifier"]): one for one in here}


def _weight(record_set: RecordSet) -> int:
    weight = record_set["Weight"]
    return weight if isinstance(weight, int) else 0


def _listed(state: Weights) -> str:
    return ", ".join(f"{name} {weight}" for name, weight in sorted(state.weights.items()))
