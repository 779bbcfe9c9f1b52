"""AWS Secrets Manager: rotate a secret."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.verbs import Named, OnAws, busy, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

RELOAD = "whoever keeps the former value has to read the new one: restart what does not by itself"


class SecretNamed(Named):
    """A secret, whose value no step ever reads."""

    secret: str = Field(
        pattern=r"^[A-Za-z0-9/_+=.@-]+$",
        max_length=512,
        description="Its name, not its ARN and not its value",
    )

    @property
    def path(self) -> str:
        return f"secretsmanager/{self.secret}"


class RotationPlan(Plan):
    """The version that was current when it was planned."""

    former: str | None


class Rotated(Frozen):
    """The rotation, as far as it was accepted; ``verify`` waits until another version is current."""

    secret: str
    version: str
    """Its id, which follows from the step: asked for twice, there is one"""
    former_version: str | None


class _Secret(Answer):
    enabled: bool = Field(default=False, validation_alias="RotationEnabled")
    stages: dict[str, tuple[str, ...]] = Field(default={}, validation_alias="VersionIdsToStages")

    def version(self, stage: str) -> str | None:
        return next((name for name, stages in self.stages.items() if stage in stages), None)


class RotateSecret(OnAws[SecretNamed, RotationPlan, Rotated]):
    """Rotate a secret at once, by the rotation that it has.

    There is no undo: the former version's stage could be moved back, but the password behind it is gone.
    """

    name = "secretsmanager.rotate"
    risk = Risk.HIGH
    effect = Effect.KEYED
    settle = timedelta(minutes=10)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws secretsmanager rotate-secret --secret-id {given.get('secret')}"

    def rights(self, at: AwsConnection, want: SecretNamed) -> Iterable[tuple[str, str]]:
        secret = arn(at, "secretsmanager", f"secret:{want.secret}-??????")
        return ("secretsmanager:DescribeSecret", secret), ("secretsmanager:RotateSecret", secret)

    def plan(self, want: SecretNamed) -> RotationPlan:
        found = _secret(account_of(self.connections, want), want)
        current, pending = found.version("AWSCURRENT"), found.version("AWSPENDING")
        if not found.enabled:
            raise refused(f"{want.secret} has no rotation", "Set one up first.")
        if pending not in (None, current):
            raise busy(
                f"a rotation of {want.secret} is under way, or stuck: {pending} is AWSPENDING",
                "Wait until it is done, or take that stage off it.",
            )
        change = Change(resource=want.resource, field="version", before=current, after="a new one")
        return RotationPlan(
            summary=f"Rotate the secret {want.secret}",
            changes=(change,),
            warnings=(RELOAD,),
            former=current,
        )

    def run(self, want: SecretNamed, plan: RotationPlan, key: str) -> Rotated:
        account, version = account_of(self.connections, want), _version(key)
        if version not in _secret(account, want).stages:
            account.call(
                "secretsmanager",
                "rotate_secret",
                SecretId=want.secret,
                ClientRequestToken=version,
                RotateImmediately=True,
            )
        return Rotated(secret=want.secret, version=version, former_version=plan.former)

    def verify(self, want: SecretNamed, plan: RotationPlan) -> Verdict:
        found = _secret(account_of(self.connections, want), want)
        current = found.version("AWSCURRENT")
        reason = f"the current version of {want.secret} is {current}"
        return Verdict(state="waiting" if current == plan.former else "ok", reason=reason)

    def probe(self, want: SecretNamed, plan: RotationPlan, key: str) -> Probe:
        found = _secret(account_of(self.connections, want), want)
        return Probe.DONE if _version(key) in found.stages else Probe.NOT_DONE

    def recover(self, want: SecretNamed, plan: RotationPlan, key: str) -> Rotated:
        return Rotated(secret=want.secret, version=_version(key), former_version=plan.former)


def _version(key: str) -> str:
    """Return the version's id, which Secrets Manager takes from the caller."""
    return str(uuid5(NAMESPACE_URL, f"tocsin:{key}"))


def _secret(account: Account, want: SecretNamed) -> _Secret:
    return read(_Secret, account.call("secretsmanager", "describe_secret", SecretId=want.secret))
