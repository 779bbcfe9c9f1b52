"""Amazon Route 53: zones, the records of a name, and changes that every server has."""

from datetime import timedelta

from pydantic import AliasPath, Field

from tocsin.actions.aws.client import Account, Answer, partition, read, wait_for
from tocsin.actions.aws.records import NameWanted, RecordSet, plain
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

PATIENCE = timedelta(minutes=3)
"""Until every server of Route 53 has a change, which they usually have within 60 s.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""


class _Zone(Answer):
    id: str = Field(validation_alias="Id")
    name: str = Field(validation_alias="Name")
    private: bool = Field(default=False, validation_alias=AliasPath("Config", "PrivateZone"))


class _Change(Answer):
    id: str = Field(validation_alias=AliasPath("ChangeInfo", "Id"))
    status: str = Field(validation_alias=AliasPath("ChangeInfo", "Status"))


def zone_rights(at: AwsConnection) -> tuple[tuple[str, str], ...]:
    """Return the rights to find a zone, and to read and change its records."""
    zones = f"arn:{partition(at.region)}:route53:::hostedzone/*"
    return (
        ("route53:ListHostedZonesByName", "*"),
        ("route53:ListResourceRecordSets", zones),
        ("route53:ChangeResourceRecordSets", zones),
        ("route53:GetChange", f"arn:{partition(at.region)}:route53:::change/*"),
    )


def zone_of(account: Account, want: NameWanted) -> str:
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


def records_of(account: Account, zone: str, want: NameWanted) -> list[RecordSet]:
    """Return every record set of the name."""
    answer = account.call(
        "route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=plain(want.name)
    )
    here: list[RecordSet] = answer["ResourceRecordSets"]
    return [one for one in here if plain(str(one["Name"])) == plain(want.name)]


def change(account: Account, zone: str, *made: tuple[str, RecordSet]) -> str:
    """Make changes, all or none, wait until every server of Route 53 has it, and return their id."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record_set} for action, record_set in made]}
    answer = account.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)
    taken = read(_Change, answer)

    def is_everywhere() -> bool | None:
        seen = read(_Change, account.call("route53", "get_change", Id=taken.id))
        return seen.status == "INSYNC" or None

    if taken.status != "INSYNC" and not wait_for(is_everywhere, PATIENCE):
        raise ActionFailed(
            f"Route 53 took the change {taken.id} and not all of its servers have it after"
            f" {PATIENCE.total_seconds():.0f} s; it goes on by itself: `aws route53 get-change`.",
            ErrorClass.TIMEOUT,
        )
    return taken.id
