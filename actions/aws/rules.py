"""Elastic Load Balancing: share a listener rule's requests out among its target groups."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.targets import group_name, health
from tocsin.actions.aws.verbs import Named, refused
from tocsin.actions.base import Frozen, Risk
from tocsin.connections import AwsConnection

NONE_AT_ALL = "a load balancer refuses requests where every weight is 0"

Weight = Annotated[int, Field(ge=0, le=999)]
_RULE = r"^arn:[a-z-]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener-rule/app/[A-Za-z0-9/-]+$"


class RuleWeightsWanted(Named):
    """A rule that forwards, and how it shall share out."""

    rule: str = Field(pattern=_RULE, description="Its ARN; the default one of a listener, too")
    weights: dict[str, Weight] = Field(
        min_length=1, max_length=5, description="By the target group's name; those not named stay as they are"
    )

    @property
    def path(self) -> str:
        return f"elb/{self.rule.partition('listener-rule/app/')[2]}"

    @property
    def listener(self) -> str:
        """Return the ARN of the rule's listener."""
        return self.rule.rpartition("/")[0].replace(":listener-rule/", ":listener/")


class Weights(Frozen):
    """How a rule shares out."""

    weights: dict[str, int]
    """By the target group's name: its part of the sum"""


class SetRuleWeights(Desired[RuleWeightsWanted, Weights]):
    """Set the weights of a rule's target groups. Undo restores those that plan saw.

    Refused where a target group without a healthy target would get requests.
    """

    name = "elb.rule_weights"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws elbv2 modify-rule --rule-arn {given.get('rule')} --actions '<its, with new weights>'"

    def rights(self, at: AwsConnection, want: RuleWeightsWanted) -> Iterable[tuple[str, str]]:
        system = "elasticloadbalancing"
        return (
            (f"{system}:DescribeRules", "*"),
            (f"{system}:DescribeTargetHealth", "*"),
            (f"{system}:ModifyRule", want.rule),
            (f"{system}:ModifyListener", want.listener),
        )

    def look(self, account: Account, want: RuleWeightsWanted) -> Weights:
        return Weights(weights={group_name(arn): weight for arn, weight in _shares(_rule(account, want))})

    def goal(self, account: Account, want: RuleWeightsWanted, now: Weights) -> Weights:
        strange = want.weights.keys() - now.weights.keys()
        if strange:
            raise refused(
                f"the rule forwards to {', '.join(now.weights)}, not to {', '.join(sorted(strange))}",
                "Name its own target groups.",
            )
        goal = {**now.weights, **want.weights}
        if not any(goal.values()):
            raise refused(NONE_AT_ALL, "Leave one of them above 0.")
        for arn, _ in _shares(_rule(account, want)):
            name = group_name(arn)
            if goal[name] > now.weights[name] and not _is_healthy(account, arn):
                raise refused(f"{name} has no healthy target", "Mend it first.")
        return Weights(weights=goal)

    def told(self, want: RuleWeightsWanted, now: Weights, goal: Weights) -> str:
        return f"Share out {_percent(goal)} instead of {_percent(now)}"

    def put(self, account: Account, want: RuleWeightsWanted, now: Weights, goal: Weights) -> None:
        rule = _rule(account, want)
        actions = [_with_weights(one, goal.weights) for one in rule["Actions"]]
        if rule["IsDefault"]:
            account.call("elbv2", "modify_listener", ListenerArn=want.listener, DefaultActions=actions)
        else:
            account.call("elbv2", "modify_rule", RuleArn=want.rule, Actions=actions)


def _rule(account: Account, want: RuleWeightsWanted) -> dict[str, Any]:
    found: dict[str, Any] = account.call("elbv2", "describe_rules", RuleArns=[want.rule])["Rules"][0]
    return found


def _shares(rule: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return each target group's ARN with its weight; raise ActionFailed where the rule forwards nothing."""
    forwards = [one for one in rule["Actions"] if one["Type"] == "forward"]
    groups = forwards[0].get("ForwardConfig", {}).get("TargetGroups", []) if forwards else []
    if len(groups) < 2:
        raise refused("the rule does not forward to several target groups", "Name one that does.")
    return [(one["TargetGroupArn"], one.get("Weight", 1)) for one in groups]


def _with_weights(action: Mapping[str, Any], weights: Mapping[str, int]) -> dict[str, Any]:
    if "AuthenticateOidcConfig" in action:  # AWS never shows the secret, and wants it back
        kept = {**action["AuthenticateOidcConfig"], "UseExistingClientSecret": True}
        return {**action, "AuthenticateOidcConfig": kept}
    if action["Type"] != "forward":
        return dict(action)
    groups = [
        {**one, "Weight": weights[group_name(one["TargetGroupArn"])]}
        for one in action["ForwardConfig"]["TargetGroups"]
    ]
    rest = {key: value for key, value in action.items() if key != "TargetGroupArn"}
    return {**rest, "ForwardConfig": {**action["ForwardConfig"], "TargetGroups": groups}}


def _is_healthy(account: Account, group: str) -> bool:
    return any(one.state == "healthy" for one in health(account, group))


def _percent(state: Weights) -> str:
    total = sum(state.weights.values()) or 1
    return ", ".join(f"{name} {100 * weight / total:.3g} %" for name, weight in state.weights.items())
