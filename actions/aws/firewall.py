"""AWS WAF: put addresses on the list that a rule blocks."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasPath, Field, JsonValue, PrivateAttr

from tocsin.actions.aws.client import Account, Answer, arn, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, no_such, refused
from tocsin.actions.base import Frozen, Risk
from tocsin.connections import AwsConnection

MOST = 10_000
"""Addresses that an IP set holds."""
_WIDEST = {4: 16, 6: 32}
"""Of networks: a wider one is somebody's whole provider."""


def _network(text: str) -> str:
    """Return a network as WAF writes it; raise ValueError when it is none, or a very wide one."""
    network = ipaddress.ip_network(text)
    if network.prefixlen < _WIDEST[network.version]:
        raise ValueError(f"{text} is wider than /{_WIDEST[network.version]}")
    if not network.is_global:
        raise ValueError(f"{text} is no public address")
    return str(network)


class AddressesWanted(Named):
    """An IP set that a rule blocks, and who comes onto it."""

    ip_set: str = Field(pattern=r"^[A-Za-z0-9_-]{1,128}$", description="Its name")
    scope: Literal["REGIONAL", "CLOUDFRONT"] = Field(
        default="REGIONAL", description="`CLOUDFRONT` only through a connection in us-east-1"
    )
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        min_length=1, max_length=100, description="Addresses or networks, not wider than /16 or, of IPv6, /32"
    )

    @property
    def path(self) -> str:
        return f"waf/{self.scope.lower()}/{self.ip_set}"


class Listed(Frozen):
    """Which of the addresses are on the list."""

    listed: tuple[str, ...]
    """As networks, sorted; what else is on it is not touched"""
    _set: "_IpSet | None" = PrivateAttr(default=None)


class _Summary(Answer):
    name: str = Field(validation_alias="Name")
    id: str = Field(validation_alias="Id")


class _IpSet(Answer):
    id: str = Field(validation_alias=AliasPath("IPSet", "Id"))
    version: str = Field(validation_alias=AliasPath("IPSet", "IPAddressVersion"))
    addresses: tuple[str, ...] = Field(validation_alias=AliasPath("IPSet", "Addresses"))
    lock: str = Field(validation_alias="LockToken")
    description: str = Field(default="", validation_alias=AliasPath("IPSet", "Description"))


class BlockAddresses(Desired[AddressesWanted, Listed]):
    """Put addresses onto an IP set that a rule blocks. Undo takes off those that were not on it.

    WAF refuses it when somebody changed the set in between.
    """

    name = "waf.block_ip"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--name {given.get('ip_set')} --scope {given.get('scope', 'REGIONAL')} --id <id>"
        return f"aws wafv2 update-ip-set {at} --lock-token <token> --addresses <all, the new ones too>"

    def rights(self, at: AwsConnection, want: AddressesWanted) -> Iterable[tuple[str, str]]:
        where = "global" if want.scope == "CLOUDFRONT" else "regional"
        named = arn(at, "wafv2", f"{where}/ipset/{want.ip_set}/*")
        return ("wafv2:ListIPSets", "*"), ("wafv2:GetIPSet", named), ("wafv2:UpdateIPSet", named)

    def look(self, account: Account, want: AddressesWanted) -> Listed:
        found = _ip_set(account, want)
        state = Listed(listed=tuple(sorted(set(want.addresses) & set(found.addresses))))
        state._set = found
        return state

    def goal(self, account: Account, want: AddressesWanted, now: Listed) -> Listed:
        found = now._set or _ip_set(account, want)
        strange = [
            one for one in want.addresses if f"IPV{ipaddress.ip_network(one).version}" != found.version
        ]
        if strange:
            raise refused(
                f"{want.ip_set} takes {found.version} only, not {', '.join(strange)}", "Use its twin."
            )
        if len(set(found.addresses) | set(want.addresses)) > MOST:
            raise refused(f"{want.ip_set} holds {len(found.addresses)} of {MOST} addresses", "Tidy it first.")
        return Listed(listed=tuple(sorted(set(want.addresses))))

    def warn(self, account: Account, want: AddressesWanted, now: Listed, goal: Listed) -> Iterable[str]:
        for one in sorted(set(goal.listed) - set(now.listed)):
            network = ipaddress.ip_network(one)
            if network.num_addresses > 1:
                yield f"{one} is {network.num_addresses} addresses"

    def told(self, want: AddressesWanted, now: Listed, goal: Listed) -> str:
        more = sorted(set(goal.listed) - set(now.listed))
        return f"Put {', '.join(more) or 'nothing'} onto the IP set {want.ip_set}"

    def put(self, account: Account, want: AddressesWanted, now: Listed, goal: Listed) -> None:
        found = now._set or _ip_set(account, want)
        kept = (set(found.addresses) - set(now.listed)) | set(goal.listed)
        described = {"Description": found.description} if found.description else {}
        account.call(
            "wafv2",
            "update_ip_set",
            Name=want.ip_set,
            Scope=want.scope,
            Id=found.id,
            Addresses=sorted(kept),
            LockToken=found.lock,
            **described,  # WAF would take it away
        )


def _ip_set(account: Account, want: AddressesWanted) -> _IpSet:
    answer = account.call("wafv2", "list_ip_sets", Scope=want.scope, Limit=100)
    found = [one for one in (read(_Summary, each) for each in answer["IPSets"]) if one.name == want.ip_set]
    if not found:
        raise no_such(f"IP set {want.ip_set}")
    named = {"Name": want.ip_set, "Scope": want.scope, "Id": found[0].id}
    return read(_IpSet, account.call("wafv2", "get_ip_set", **named))
