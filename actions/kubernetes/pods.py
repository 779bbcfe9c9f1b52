"""What the actions read of pods, and of the nodes they run on."""

from pydantic import BaseModel, ConfigDict, Field

from tocsin.actions.kubernetes.objects import Object, under


class Waiting(BaseModel):
    """Why a container does not run."""

    model_config = ConfigDict(extra="ignore")

    reason: str = ""


class ContainerState(BaseModel):
    """The status of one container of a pod."""

    model_config = ConfigDict(extra="ignore")

    name: str
    ready: bool = False
    restarts: int = Field(default=0, validation_alias="restartCount")
    waiting: Waiting | None = Field(default=None, validation_alias=under("state", "waiting"))

    @property
    def crash_looping(self) -> bool:
        """Say whether its last words are in the previous container."""
        return self.waiting is not None and self.waiting.reason == "CrashLoopBackOff"


class Pod(Object):
    """A pod and its containers."""

    phase: str = Field(default="Unknown", validation_alias=under("status", "phase"))
    reason: str = Field(default="", validation_alias=under("status", "reason"))
    containers: tuple[ContainerState, ...] = Field(
        default=(), validation_alias=under("status", "containerStatuses")
    )

    @property
    def ready(self) -> bool:
        """Say whether every container is ready."""
        return bool(self.containers) and all(container.ready for container in self.containers)

    @property
    def restarts(self) -> int:
        """Return the restarts of all containers together."""
        return sum(container.restarts for container in self.containers)

    @property
    def waiting_reason(self) -> str:
        """Return why it does not run, or nothing."""
        reasons = [one.waiting.reason for one in self.containers if one.waiting is not None]
        return next(iter(reasons), self.reason)
