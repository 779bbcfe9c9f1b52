"""Amazon EventBridge: keep a rule from starting anything."""

from collections.abc import Iterable, Mapping

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, arn
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, refused
from tocsin.actions.base import Frozen, Risk
from tocsin.connections import AwsConnection

LOST = "what happens meanwhile is lost for this rule: EventBridge keeps nothing for it"

_KNOWN = ("ENABLED", "DISABLED")


class RuleNamed(Named):
    """A rule of a bus."""

    rule: str = Field(pattern=r"^[.A-Za-z0-9_-]+$", max_length=64)
    bus: str = Field(default="default", pattern=r"^[.A-Za-z0-9_/-]+$", max_length=256)

    @property
    def path(self) -> str:
        return f"events/{self.bus}/{self.rule}"


class RuleState(Frozen):
    """Whether a rule starts anything."""

    state: str
    """``ENABLED`` or ``DISABLED``"""


class DisableRule(Desired[RuleNamed, RuleState]):
    """Keep a rule from starting anything. Undo enables it again, if it was."""

    name = "eventbridge.rule_disable"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        bus = given.get("bus", "default")
        return f"aws events disable-rule --name {given.get('rule')} --event-bus-name {bus}"

    def rights(self, at: AwsConnection, want: RuleNamed) -> Iterable[tuple[str, str]]:
        bus = "" if want.bus == "default" else f"{want.bus}/"
        rule = arn(at, "events", f"rule/{bus}{want.rule}")
        return [(f"events:{verb}Rule", rule) for verb in ("Describe", "Disable", "Enable")]

    def look(self, account: Account, want: RuleNamed) -> RuleState:
        return RuleState(state=_rule(account, want)["State"])

    def goal(self, account: Account, want: RuleNamed, now: RuleState) -> RuleState:
        owner = _rule(account, want).get("ManagedBy")
        if owner:
            raise refused(f"the rule {want.rule} belongs to {owner}", "Change it there.")
        if now.state not in _KNOWN:
            raise refused(
                f"the rule {want.rule} is {now.state}, which could not be put back", "Do it by hand."
            )
        return RuleState(state="DISABLED")

    def warn(self, account: Account, want: RuleNamed, now: RuleState, goal: RuleState) -> Iterable[str]:
        return (LOST,)

    def told(self, want: RuleNamed, now: RuleState, goal: RuleState) -> str:
        return f"Disable the rule {want.short}"

    def put(self, account: Account, want: RuleNamed, now: RuleState, goal: RuleState) -> None:
        operation = "disable_rule" if goal.state == "DISABLED" else "enable_rule"
        account.call("events", operation, Name=want.rule, EventBusName=want.bus)


def _rule(account: Account, want: RuleNamed) -> dict[str, str]:
    found: dict[str, str] = account.call("events", "describe_rule", Name=want.rule, EventBusName=want.bus)
    return found
