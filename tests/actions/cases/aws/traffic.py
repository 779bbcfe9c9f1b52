"""A load balancer with two target groups, and a name that is answered by weight."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import ACCOUNT, case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.rules import RuleWeightsWanted
from tocsin.actions.aws.targets import TargetsLeaving, TargetsNamed
from tocsin.actions.aws.weights import NameWeights
from tocsin.actions.aws.zonal import ShiftWanted
from tocsin.playground.amazon.shifts import ZONES
from tocsin.playground.balancer import Balancer, build_balancer
from tocsin.playground.cloud import REGION
from tocsin.playground.estate import WEIGHTED, ZONE, build_weights

ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
NO_GROUP = f"{ELB}:targetgroup/nowhere/0123456789abcdef"


def deregister(worlds: Worlds) -> Case:
    built = build_balancer(worlds.empty_cloud.endpoint_url)
    want = TargetsLeaving(connection="aws:main", target_group=built.blue, targets=built.instances[:1])
    return _members(worlds, built, want)


def register(worlds: Worlds) -> Case:
    built = build_balancer(worlds.empty_cloud.endpoint_url)
    want = TargetsNamed(connection="aws:main", target_group=built.blue, targets=built.instances[2:])
    return _members(worlds, built, want)


def rule_weights(worlds: Worlds) -> Case:
    built = build_balancer(worlds.empty_cloud.endpoint_url)

    def weights() -> JsonValue:
        [rule] = service(worlds, "elbv2").describe_rules(RuleArns=[built.rule])["Rules"]
        return [one["Weight"] for one in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]

    want = RuleWeightsWanted(connection="aws:main", rule=built.rule, weights={"blue": 0, "green": 100})
    return case_of(worlds, want, missing={"rule": f"{built.rule[:-4]}0000"}, state=weights)


def name_weights(worlds: Worlds) -> Case:
    zone = build_weights(worlds.empty_cloud.endpoint_url)

    def weights() -> JsonValue:
        answer = service(worlds, "route53").list_resource_record_sets(HostedZoneId=zone)
        return {
            one["SetIdentifier"]: one["Weight"] for one in answer["ResourceRecordSets"] if "Weight" in one
        }

    want = NameWeights(
        connection="aws:main", zone=ZONE, name=WEIGHTED, type="A", weights={"blue": 0, "green": 100}
    )
    return case_of(worlds, want, missing={"name": f"nothing.{ZONE}"}, state=weights)


def zonal_shift(worlds: Worlds) -> Case:
    built = build_balancer(worlds.empty_cloud.endpoint_url)

    def shifts() -> JsonValue:
        answer = service(worlds, "arc-zonal-shift").list_zonal_shifts(resourceIdentifier=built.arn)
        return [one["awayFrom"] for one in answer["items"]]

    want = ShiftWanted(connection="aws:main", target=built.arn, away_from=ZONES[0], expires_in=3600)
    nowhere = f"{ELB}:loadbalancer/app/nowhere/0123456789abcdef"
    return case_of(worlds, want, missing={"target": nowhere}, state=shifts)


def _members(worlds: Worlds, built: Balancer, want: TargetsNamed) -> Case:
    def members() -> JsonValue:
        answer = service(worlds, "elbv2").describe_target_health(TargetGroupArn=built.blue)
        return [*sorted(one["Target"]["Id"] for one in answer["TargetHealthDescriptions"])]

    return case_of(worlds, want, missing={"target_group": NO_GROUP}, state=members)
