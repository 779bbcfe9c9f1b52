"""Amazon Route 53: set a DNS record."""

import json
import shlex
from collections.abc import Mapping
from datetime import timedelta

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import (
    Account,
    Answer,
    account_of,
    allowed,
    partition,
    read,
    wait_for,
)
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
from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

PATIENCE = timedelta(minutes=3)
"""Until every server of Route 53 has a change, which they usually have within 60 s.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""


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


class _Zone(Answer):
    id: str = Field(validation_alias="Id")
    name: str = Field(validation_alias="Name")
    private: bool = Field(default=False, validation_alias=AliasPath("Config", "PrivateZone"))


class _Change(Answer):
    id: str = Field(validation_alias=AliasPath("ChangeInfo", "Id"))
    status: str = Field(validation_alias=AliasPath("ChangeInfo", "Status"))


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
        zones = f"arn:{partition(at.region)}:route53:::hostedzone/*"
        return allowed(
            at,
            ("route53:ListHostedZonesByName", "*"),
            ("route53:ListResourceRecordSets", zones),
            ("route53:ChangeResourceRecordSets", zones),
            ("route53:GetChange", f"arn:{partition(at.region)}:route53:::change/*"),
        )

    def plan(self, want: Record) -> RecordPlan:
        account = account_of(self.connections, want)
        zone = _zone(account, want)
        here = _records(account, zone, want)
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
        now = simple(want, _records(account, plan.zone_id, want))
        if not (same(now, plan.before) or same(now, want.record_set)):
            raise _overtaken(want, now)
        # Also when it is so already: only of a change can be asked whether every server has it.
        change = _change(account, plan.zone_id, "UPSERT", want.record_set)
        return UpsertedRecord(
            name=plain(want.name),
            type=want.type,
            values=want.values,
            former_values=values(plan.before),
            former_ttl=ttl(plan.before),
            change=change,
        )

    def verify(self, want: Record, plan: RecordPlan) -> Verdict:
        now = simple(want, _records(account_of(self.connections, want), plan.zone_id, want))
        reason = f"{want.short} is {shown(now) or 'not there'}"
        if same(now, want.record_set):
            return Verdict(state="ok", reason=reason)
        return Verdict(state="waiting" if same(now, plan.before) else "failed", reason=reason)

    def undo(self, want: Record, plan: RecordPlan) -> None:
        account = account_of(self.connections, want)
        now = simple(want, _records(account, plan.zone_id, want))
        if same(now, plan.before):
            return
        if now is None or not same(now, want.record_set):
            raise _overtaken(want, now)
        action, record_set = ("DELETE", now) if plan.before is None else ("UPSERT", plan.before)
        _change(account, plan.zone_id, action, record_set)


def _zone(account: Account, want: Record) -> str:
    """Return the id of the zone; raise ActionFailed when there is none of that name, or there are several."""
    answer = account.call("route53", "list_hosted_zones_by_name", DNSName=want.zone, MaxItems="100")
    zones = [read(_Zone, one) for one in answer["HostedZones"]]
    found = [one.id for one in zones if plain(one.name) == plain(want.zone) and one.private == want.private]
    if len(found) == 1:
        return found[0]
    kind = "private" if want.private else "public"
    raise ActionFailed(
        f"{want.connection} has {len(found) or 'no'} {kind} zone{'s' if found else ''} named"
        f" {plain(want.zone)}, and one is needed; nothing was changed.",
        ErrorClass.INVALID if found else ErrorClass.MISSING,
    )


def _records(account: Account, zone: str, want: Record) -> list[RecordSet]:
    """Return every record set of the name."""
    answer = account.call(
        "route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=plain(want.name)
    )
    here: list[RecordSet] = answer["ResourceRecordSets"]
    return [one for one in here if plain(str(one["Name"])) == plain(want.name)]


def _change(account: Account, zone: str, action: str, record_set: RecordSet) -> str:
    """Make a change, wait until every server of Route 53 has it, and return its id."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}
    answer = account.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)
    change = read(_Change, answer)

    def is_everywhere() -> bool | None:
        seen = read(_Change, account.call("route53", "get_change", Id=change.id))
        return seen.status == "INSYNC" or None

    if change.status != "INSYNC" and not wait_for(is_everywhere, PATIENCE):
        raise ActionFailed(
            f"Route 53 took the change {change.id} and not all of its servers have it after"
            f" {PATIENCE.total_seconds():.0f} s; it goes on by itself: `aws route53 get-change`.",
            ErrorClass.TIMEOUT,
        )
    return change.id


def _overtaken(want: Record, now: RecordSet | None) -> ActionFailed:
    return ActionFailed(
        f"{want.short} is {shown(now) or 'gone'} now: somebody else changed it since the plan. It was left"
        " alone; plan again.",
        ErrorClass.CONFLICT,
    )
