"""DNS records as Route 53 writes them: compared, and shown to people."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, JsonValue

from tocsin.actions.aws.verbs import Named
from tocsin.errors import ActionFailed, ErrorClass

_NAME = r"^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$"

RecordSet = dict[str, JsonValue]
"""https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html."""


class NameWanted(Named):
    """A name and the type of its records."""

    zone: str = Field(pattern=_NAME, max_length=255, description="The hosted zone's name")
    private: bool = Field(default=False, description="The private zone of that name, not the public one")
    name: str = Field(pattern=_NAME, max_length=255, description="The whole name, the zone's included")
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "SRV", "TXT"]

    @property
    def path(self) -> str:
        return f"route53/{plain(self.name)}/{self.type}"

    @property
    def short(self) -> str:
        """Return name and type, for sentences."""
        return f"{plain(self.name)} {self.type}"


class Record(NameWanted):
    """The record as it shall be: these values and no others."""

    ttl: int = Field(default=60, ge=0, le=604_800, description="Seconds that resolvers may keep it")
    values: tuple[str, ...] = Field(
        min_length=1, max_length=400, description="As in a zone file: a TXT value has its quotation marks"
    )

    @property
    def record_set(self) -> RecordSet:
        """Return it as Route 53 takes it."""
        records: list[JsonValue] = [{"Value": value} for value in self.values]
        return {"Name": plain(self.name), "Type": self.type, "TTL": self.ttl, "ResourceRecords": records}


def plain(name: str) -> str:
    """Return a name as people write it: lower case, no dot at the end, ``*`` and not its octal code."""
    return name.lower().rstrip(".").replace("\\052", "*")


def values(record_set: RecordSet | None) -> tuple[str, ...]:
    """Return the record set's values; none of an alias, which has a target instead."""
    records = (record_set or {}).get("ResourceRecords")
    return (
        tuple(str(one["Value"]) for one in records if isinstance(one, dict))
        if isinstance(records, list)
        else ()
    )


def ttl(record_set: RecordSet | None) -> int:
    """Return for how many seconds resolvers may keep it; 0 when there is none, or an alias."""
    seconds = (record_set or {}).get("TTL")
    return seconds if isinstance(seconds, int) else 0


def shown(record_set: RecordSet | None) -> str | None:
    """Return the record set for people; None when there is none."""
    if record_set is None:
        return None
    target = record_set.get("AliasTarget")
    if isinstance(target, dict):
        return f"an alias of {plain(str(target.get('DNSName')))}"
    return f"{', '.join(sorted(values(record_set)))} (TTL {ttl(record_set)})"


def same(one: RecordSet | None, other: RecordSet | None) -> bool:
    """Say whether two record sets of a name and type answer alike, whatever the order of their values."""
    return _canonical(one) == _canonical(other)


def _canonical(record_set: RecordSet | None) -> RecordSet | None:
    if record_set is None:
        return None
    ordered = " ".join(sorted(values(record_set)))
    return {**record_set, "Name": plain(str(record_set["Name"])), "ResourceRecords": ordered}


def simple(want: Record, here: Sequence[RecordSet]) -> RecordSet | None:
    """Return the name's record set of the wanted type; None when there is none.

    Raises ActionFailed when there are several, chosen by weight, place or health: one of them is no answer.
    """
    found = [one for one in here if one["Type"] == want.type]
    if any("SetIdentifier" in one for one in found):
        raise ActionFailed(
            f"{want.short} is answered by weight, place or health, from {len(found)} record sets; this"
            " action sets plain records only, and nothing was changed. Change it where its routing is kept.",
            ErrorClass.INVALID,
        )
    return found[0] if found else None


def refuse_what_dns_forbids(want: Record, here: Sequence[RecordSet]) -> None:
    """Raise ActionFailed for a name outside of its zone, and for a CNAME that would not be alone."""
    zone, name = plain(want.zone), plain(want.name)
    if name != zone and not name.endswith(f".{zone}"):
        raise _invalid(f"{name} is not in the zone {zone}")
    if want.type == "CNAME" and name == zone:
        raise _invalid(f"{name} is the zone itself, which cannot be a CNAME")
    others = sorted({str(one["Type"]) for one in here} - {want.type})
    if others and "CNAME" in (want.type, *others):
        raise _invalid(f"{name} has {', '.join(others)} records, and a CNAME stands alone or not at all")


def _invalid(why: str) -> ActionFailed:
    return ActionFailed(f"{why}; nothing was changed. Correct the record.", ErrorClass.INVALID)
