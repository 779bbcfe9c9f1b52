"""Application Auto Scaling: what keeps a number of something, and would put another one back."""

from pydantic import Field

from tocsin.actions.aws.client import Account, Answer, read


class ScalingTarget(Answer):
    """What Application Auto Scaling keeps, and what of it is switched off."""

    low: int = Field(validation_alias="MinCapacity")
    high: int = Field(validation_alias="MaxCapacity")
    suspended: dict[str, bool] = Field(default={}, validation_alias="SuspendedState")

    @property
    def is_off(self) -> bool:
        """Say whether it changes nothing: all three of its ways are suspended."""
        return len(self.suspended) == 3 and all(self.suspended.values())


def scaling_targets(account: Account, system: str, name: str, dimension: str) -> list[ScalingTarget]:
    """Return what Application Auto Scaling keeps of one thing, unless it is switched off."""
    answer = account.call(
        "application-autoscaling",
        "describe_scalable_targets",
        ServiceNamespace=system,
        ResourceIds=[name],
        ScalableDimension=dimension,
    )
    found = [read(ScalingTarget, one) for one in answer["ScalableTargets"]]
    return [one for one in found if not one.is_off]
