"""Tell what a cluster knows about one object: its state, its conditions, what happened to it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.kubernetes.anything import Thing, anything_of, part
from tocsin.actions.kubernetes.kinds import ObjectTarget
from tocsin.actions.kubernetes.label import place
from tocsin.actions.kubernetes.objects import Event
from tocsin.actions.kubernetes.owners import Manager, managed_by

MAX_LINES = 40
MAX_TEXT = 200
MAX_EVENTS = 10


class ObjectCondition(Frozen):
    """One condition of its status."""

    type: str
    status: str
    """``True``, ``False`` or ``Unknown``."""
    reason: str
    message: str


class Described(Frozen):
    """An object as it is now, without its spec: that may hold secrets."""

    kind: str
    name: str
    uid: str
    created: datetime
    deleted: datetime | None
    """When it was told to go; None while it may stay."""
    owner: str | None
    """What controls it: ``ReplicaSet/checkout-7d9f``."""
    managed_by: Manager | None
    """Who deploys it, by its labels."""
    labels: dict[str, str]
    status: dict[str, str]
    """Every plain value of its status by its path: ``containerStatuses.0.restartCount``; at most forty."""
    conditions: tuple[ObjectCondition, ...]
    report: str
    """For people: the same, and its newest events."""


class DescribeObject(Action[ObjectTarget, Plan, Described]):
    """Tell the state of one object of any kind but Secret, and its newest events."""

    name = "k8s.describe"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        where = f"-n {given['namespace']} " if given.get("namespace") else ""
        return f"kubectl {where}describe {str(given.get('kind')).lower()} {given.get('name')}"

    def permissions(self, want: ObjectTarget) -> list[Permission]:
        where = f" in {want.namespace}" if want.namespace else ""
        events = Permission(system="kubernetes", verb="list", resource=f"core/events{where}")
        return [want.may("get"), events]

    def plan(self, want: ObjectTarget) -> Plan:
        anything_of(self.connections, want.connection, want.namespace).read(place(want))
        return Plan(summary=f"Describe {want.short}")

    def run(self, want: ObjectTarget, plan: Plan, key: str) -> Described:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        found = cluster.read(place(want))
        about, deleted = found.about, part(found, "metadata", "deletionTimestamp")
        owner = next((f"{one.kind}/{one.name}" for one in about.owners if one.controller), None)
        status = dict(list(_plain(part(found, "status"), ""))[:MAX_LINES])
        conditions = tuple(_conditions(found))
        events = cluster.events(want.namespace, about.uid)
        return Described(
            kind=want.kind,
            name=about.name,
            uid=about.uid,
            created=_time(part(found, "metadata", "creationTimestamp")),
            deleted=None if deleted is None else _time(deleted),
            owner=owner,
            managed_by=managed_by(about),
            labels=about.labels,
            status=status,
            conditions=conditions,
            report="\n".join(_told(want, owner, status, conditions, events)),
        )


def _time(value: JsonValue) -> datetime:
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def _plain(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Yield every plain value inside of a status by its path, but for the conditions."""
    pairs: list[tuple[str, JsonValue]]
    if isinstance(value, dict):
        pairs = [(key, one) for key, one in value.items() if path or key != "conditions"]
    elif isinstance(value, list):
        pairs = [(str(index), one) for index, one in enumerate(value)]
    else:
        if value is not None and path:
            yield path, str(value).lower() if isinstance(value, bool) else str(value)[:MAX_TEXT]
        return
    for key, one in pairs:
        yield from _plain(one, f"{path}.{key}" if path else key)


def _conditions(found: Thing) -> Iterator[ObjectCondition]:
    listed = part(found, "status", "conditions")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            texts = {key: str(one.get(key) or "")[:MAX_TEXT] for key in ObjectCondition.model_fields}
            yield ObjectCondition.model_validate(texts)


def _told(
    want: ObjectTarget,
    owner: str | None,
    status: Mapping[str, str],
    conditions: tuple[ObjectCondition, ...],
    events: list[Event],
) -> Iterator[str]:
    yield f"{want.short}{f', of {owner}' if owner else ''}"
    yield from (f"  {path}: {value}" for path, value in status.items())
    for one in conditions:
        why = ": ".join(filter(None, (one.reason, one.message)))
        yield f"{one.type} is {one.status}{f': {why}' if why else ''}"
    for event in sorted(events, key=lambda one: one.at, reverse=True)[:MAX_EVENTS]:
        yield f"{event.at:%H:%M:%S} {event.type} {event.reason}: {event.message[:MAX_TEXT]}"
