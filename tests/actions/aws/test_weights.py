"""route53.weights: all at once, whole records, and never nothing."""

from typing import Any

import pytest

from tocsin.actions.aws.weights import EQUAL_PARTS, NameWeights, SetNameWeights
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import RECORD, WEIGHTED, ZONE, build_weights


@pytest.fixture
def zone(cloud: Cloud) -> str:
    return build_weights(cloud.endpoint_url)


@pytest.fixture
def action(connections: Connections) -> SetNameWeights:
    return SetNameWeights(connections)


def want(name: str = WEIGHTED, kind: str = "A", **weights: int) -> NameWeights:
    given: dict[str, Any] = {"connection": "aws:main", "zone": ZONE, "name": name, "type": kind}
    return NameWeights.model_validate({**given, "weights": weights})


@pytest.mark.usefixtures("zone")
def test_the_plan_warns_of_caches_and_of_missing_health_checks(action: SetNameWeights) -> None:
    plan = action.plan(want(green=50))
    assert plan.summary == f"Answer {WEIGHTED} A by blue 90, green 50 instead of blue 90, green 10"
    assert plan.warnings == (
        "resolvers may go on giving the former answers for 60 s",
        "green (192.0.2.2 (TTL 60)) has no health check of its own: it is answered though it be ill",
    )


def test_the_rest_of_a_record_stays(action: SetNameWeights, zone: str, cloud: Cloud) -> None:
    asked = want(green=50)
    action.run(asked, action.plan(asked), "step-1")
    answer = practice_client(cloud.endpoint_url, "route53").list_resource_record_sets(HostedZoneId=zone)
    [green] = [one for one in answer["ResourceRecordSets"] if one.get("SetIdentifier") == "green"]
    assert (green["Weight"], green["TTL"]) == (50, 60)
    assert green["ResourceRecords"] == [{"Value": "192.0.2.2"}]


@pytest.mark.usefixtures("zone")
def test_all_weights_0_would_mean_equal_parts(action: SetNameWeights) -> None:
    with pytest.raises(ActionFailed, match=EQUAL_PARTS) as caught:
        action.plan(want(blue=0, green=0))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.usefixtures("zone")
def test_an_unknown_record_is_refused(action: SetNameWeights) -> None:
    with pytest.raises(ActionFailed, match="has the records blue, green, not red"):
        action.plan(want(red=1))


@pytest.mark.usefixtures("zone")
def test_a_plain_record_has_no_weights(action: SetNameWeights) -> None:
    with pytest.raises(ActionFailed, match="is not answered by weight"):
        action.plan(want(RECORD, "CNAME", blue=1))
