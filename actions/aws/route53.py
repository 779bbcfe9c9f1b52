"""Amazon Route 53: set a DNS record."""

import json
import shlex
from collections.abc import Mapping

from pydantic import JsonValue

from tocsin.actions.aws.client import account_of, allowed
from tocsin.actions.aws.records import (
    Record,
    RecordSet,
    plain,
    refuse_what_dns_forbids,
    same,
    shown,
    simple,
    ttl,
    values,
)
from tocsin.actions.aws.zones import change, records_of, zone_of, zone_rights
from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass


class RecordPlan(Plan):
    """The zone, and the record set that ``undo`` puts back; null when there was none."""

    zone_id: str
    before: RecordSet | None


class UpsertedRecord(Frozen):
    """The record, once every server of Route 53 gives it."""

    name: str
    type: str
    values: tuple[str, ...]
    former_values: tuple[str, ...]
    """Empty when there was no record, or an alias."""
    former_ttl: int
    """Seconds for which resolvers may go on giving the former values."""
    change: str
    """Route 53's id of the change."""


class UpsertRecord(Action[Record, RecordPlan, UpsertedRecord]):
    """Set a DNS record's values. Undo restores the record set that plan saw, or deletes a new one."""

    name = "route53.upsert"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: Record) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        listed = given.get("values")
        records = [{"Value": value} for value in (listed if isinstance(listed, list | tuple) else [listed])]
        record_set = {"Name": given.get("name"), "Type": given.get("type"), "TTL": given.get("ttl", 60)}
        change = {"Action": "UPSERT", "ResourceRecordSet": {**record_set, "ResourceRecords": records}}
        batch = shlex.quote(json.dumps({"Changes": [change]}))
        zone = f"'<id of {given.get('zone')}>'"
        return f"aws route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch {batch}"

    def permissions(self, want: Record) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        return allowed(at, *zone_rights(at))

    def plan(self, want: Record) -> RecordPlan:
        account = account_of(self.connections, want)
        zone = zone_of(account, want)
        here = records_of(account, zone, want)
        refuse_what_dns_forbids(want, here)
        before = simple(want, here)
        old, new = shown(before), shown(want.record_set)
        kept = (f"resolvers may go on giving {old} for {ttl(before)} s",) if ttl(before) else ()
        return RecordPlan(
            summary=f"Set {want.short} from {old or 'nothing'} to {new}",
            changes=(Change(resource=want.resource, field="record", before=old, after=new),),
            warnings=() if same(before, want.record_set) else kept,
            zone_id=zone,
            before=before,
        )

    def run(self, want: Record, plan: RecordPlan, key: str) -> UpsertedRecord:
        account = account_of(self.connections, want)
        now = simple(want, records_of(account, plan.zone_id, want))
        if not (same(now, plan.before) or same(now, want.record_set)):
            raise _overtaken(want, now)
        # Also when it is so already: only of a change can be asked whether every server has it.
        done = change(account, plan.zone_id, ("UPSERT", want.record_set))
        return UpsertedRecord(
            name=plain(want.name),
            type=want.type,
            values=want.values,
            former_values=values(plan.before),
            former_ttl=ttl(plan.before),
            change=done,
        )

    def verify(self, want: Record, plan: RecordPlan) -> Verdict:
        now = simple(want, records_of(account_of(self.connections, want), plan.zone_id, want))
        reason = f"{want.short} is {shown(now) or 'not there'}"
        if same(now, want.record_set):
            return Verdict(state="ok", reason=reason)
        return Verdict(state="waiting" if same(now, plan.before) else "failed", reason=reason)

    def undo(self, want: Record, plan: RecordPlan) -> None:
        account = account_of(self.connections, want)
        now = simple(want, records_of(account, plan.zone_id, want))
        if same(now, plan.before):
            return
        if now is None or not same(now, want.record_set):
            raise _overtaken(want, now)
        action, record_set = ("DELETE", now) if plan.before is None else ("UPSERT", plan.before)
        change(account, plan.zone_id, (action, record_set))


def _overtaken(want: Record, now: RecordSet | None) -> ActionFailed:
    return ActionFailed(
        f"{want.short} is {shown(now) or 'gone'} now: somebody else changed it since the plan. It was left"
        " alone; plan again.",
        ErrorClass.CONFLICT,
    )
