"""waf.block_ip: public addresses, onto the list that was seen, and off it again."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.firewall import AddressesWanted, BlockAddresses, Listed
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.watch import IP_SET, LISTED, build_ip_set

SERVICE = "wafv2"
PLAN = DesiredPlan[Listed](summary="", before=Listed(listed=()), after=Listed(listed=("8.8.8.8/32",)))


def want(*addresses: str) -> AddressesWanted:
    return AddressesWanted(connection="aws:main", ip_set=IP_SET, addresses=addresses)


def listed(cloud: Cloud) -> list[str]:
    waf = practice_client(cloud.endpoint_url, "wafv2")
    [found] = waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
    shown = waf.get_ip_set(Name=IP_SET, Scope="REGIONAL", Id=found["Id"])["IPSet"]["Addresses"]
    return sorted(map(str, shown))


def test_what_is_on_the_list_stays_on_it(connections: Connections, cloud: Cloud) -> None:
    build_ip_set(cloud.endpoint_url)
    action = BlockAddresses(connections)
    action.run(want("8.8.8.8"), action.plan(want("8.8.8.8")), "step-1")
    assert listed(cloud) == [LISTED, "8.8.8.8/32"]


def test_a_network_says_how_many_it_is(connections: Connections, cloud: Cloud) -> None:
    build_ip_set(cloud.endpoint_url)
    assert BlockAddresses(connections).plan(want("9.9.9.0/24")).warnings == ("9.9.9.0/24 is 256 addresses",)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("10.0.0.7", "is no public address"),
        ("9.0.0.0/8", "is wider than /16"),
        ("0.0.0.0/0", "is wider than /16"),
        ("9.9.9.9/24", "has host bits set"),
    ],
)
def test_who_must_never_be_blocked_is_refused_at_once(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        want(address)


def test_a_list_of_the_other_kind_is_refused(connections: Connections, cloud: Cloud) -> None:
    build_ip_set(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="blocked takes IPV4 only, not 2606:4700::1111/128"):
        BlockAddresses(connections).plan(want("2606:4700::1111"))


def test_the_token_and_the_description_go_with_the_change_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed)
    expected = {
        "Name": IP_SET,
        "Scope": "REGIONAL",
        "Id": "set-1",
        "Addresses": [LISTED, "8.8.8.8/32"],
        "Description": "blocked by hand",
        "LockToken": "token-000000000000000000000000000000",
    }
    stubbed.add_response("update_ip_set", {}, expected)
    assert BlockAddresses(STUBBED).run(want("8.8.8.8"), PLAN, "step-1").changed


def test_a_list_that_was_changed_in_between_is_a_conflict_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed)
    stubbed.add_client_error("update_ip_set", "WAFOptimisticLockException", "No.", http_status_code=400)
    with pytest.raises(ActionFailed) as caught:
        BlockAddresses(STUBBED).run(want("8.8.8.8"), PLAN, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def shows(stubbed: Stubber) -> None:
    stubbed.add_response("list_ip_sets", {"IPSets": [{"Name": IP_SET, "Id": "set-1"}]})
    found: dict[str, Any] = {
        "Name": IP_SET,
        "Id": "set-1",
        "ARN": "arn:aws:wafv2:eu-central-1:123456789012:regional/ipset/blocked/set-1",
        "IPAddressVersion": "IPV4",
        "Addresses": [LISTED],
        "Description": "blocked by hand",
    }
    stubbed.add_response("get_ip_set", {"IPSet": found, "LockToken": "token-000000000000000000000000000000"})
