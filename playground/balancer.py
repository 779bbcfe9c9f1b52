"""A load balancer in the practice cloud, whose rule shares requests out among two target groups."""

from typing import Any, NamedTuple

from tocsin.playground.cloud import practice_client


class Balancer(NamedTuple):
    """Names of what was built."""

    arn: str
    rule: str
    default_rule: str
    blue: str
    """ARN of the target group that gets 90 of 100 requests; two instances are in it."""
    green: str
    """ARN of the one that gets 10; one instance is in it."""
    instances: tuple[str, str, str]


def build_balancer(endpoint_url: str) -> Balancer:
    """Create the load balancer `shop` with three instances behind it."""
    ec2, elb = practice_client(endpoint_url, "ec2"), practice_client(endpoint_url, "elbv2")
    subnets = ec2.describe_subnets()["Subnets"][:2]
    started = ec2.run_instances(ImageId="ami-12345678", MinCount=3, MaxCount=3)["Instances"]
    one, two, three = (str(instance["InstanceId"]) for instance in started)
    made = elb.create_load_balancer(Name="shop", Subnets=[subnet["SubnetId"] for subnet in subnets])
    arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
    blue, green = (_group(elb, name, subnets[0]["VpcId"]) for name in ("blue", "green"))
    forward = [{"Type": "forward", "ForwardConfig": {"TargetGroups": _shares(blue, green)}}]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    name: str = listener["Listeners"][0]["ListenerArn"]
    paths = [{"Field": "path-pattern", "Values": ["/api/*"]}]
    rule = elb.create_rule(ListenerArn=name, Priority=1, Conditions=paths, Actions=forward)["Rules"][0]
    [default] = [each for each in elb.describe_rules(ListenerArn=name)["Rules"] if each["IsDefault"]]
    elb.register_targets(TargetGroupArn=blue, Targets=[{"Id": one, "Port": 80}, {"Id": two, "Port": 80}])
    elb.register_targets(TargetGroupArn=green, Targets=[{"Id": three, "Port": 80}])
    return Balancer(arn, rule["RuleArn"], default["RuleArn"], blue, green, (one, two, three))


def _group(elb: Any, name: str, vpc: str) -> str:
    made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance")
    arn: str = made["TargetGroups"][0]["TargetGroupArn"]
    return arn


def _shares(blue: str, green: str) -> list[dict[str, Any]]:
    return [{"TargetGroupArn": blue, "Weight": 90}, {"TargetGroupArn": green, "Weight": 10}]
