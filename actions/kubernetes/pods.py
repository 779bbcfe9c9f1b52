"""What the actions read of pods, and of the nodes they run on."""

from pydantic import BaseModel, ConfigDict, Field

from tocsin.actions.kubernetes.objects import Condition, Object, under

MIRROR = "kubernetes.io/config.mirror"
"""On the API's image of a static pod, which the kubelet starts from a file and not from here."""


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


class Volume(BaseModel):
    """A volume of a pod, as far as it matters that it is lost with the pod."""

    model_config = ConfigDict(extra="ignore")

    empty_dir: dict[str, object] | None = Field(default=None, validation_alias="emptyDir")


class Toleration(BaseModel):
    """What lets a pod be on a node in spite of a taint."""

    model_config = ConfigDict(extra="ignore")

    key: str = ""
    """Every one when empty."""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    """Every one when empty."""

    def bears(self, taint: "Taint") -> bool:
        """Say whether it is for this taint."""
        named = self.key in ("", taint.key) and self.effect in ("", taint.effect)
        return named and (self.operator == "Exists" or (self.key != "" and self.value == taint.value))


class Pod(Object):
    """A pod and its containers."""

    namespace: str = Field(validation_alias=under("metadata", "namespace"))
    deleted: str = Field(default="", validation_alias=under("metadata", "deletionTimestamp"))
    """When it was told to go; empty while it may stay."""
    volumes: tuple[Volume, ...] = Field(default=(), validation_alias=under("spec", "volumes"))
    tolerations: tuple[Toleration, ...] = Field(default=(), validation_alias=under("spec", "tolerations"))
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

    @property
    def short(self) -> str:
        """Return ``namespace/name``, for sentences."""
        return f"{self.namespace}/{self.name}"

    @property
    def controller(self) -> str:
        """Return the kind of what puts it back when it goes, or nothing."""
        return next((owner.kind for owner in self.owners if owner.controller), "")

    @property
    def controller_uid(self) -> str:
        """Return the uid of what puts it back when it goes, or nothing."""
        return next((owner.uid for owner in self.owners if owner.controller), "")

    @property
    def static(self) -> bool:
        """Say whether it is a mirror of a static pod."""
        return MIRROR in self.annotations

    @property
    def finished(self) -> bool:
        """Say whether it has done its work, or failed for good."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def keeps_data(self) -> bool:
        """Say whether it has an ``emptyDir``, whose content is lost with it."""
        return any(volume.empty_dir is not None for volume in self.volumes)


class Taint(BaseModel):
    """What keeps pods off a node."""

    model_config = ConfigDict(extra="ignore")

    effect: str
    key: str = ""
    value: str = ""


class Node(Object):
    """A node."""

    cordoned: bool = Field(default=False, validation_alias=under("spec", "unschedulable"))
    taints: tuple[Taint, ...] = Field(default=(), validation_alias=under("spec", "taints"))
    conditions: tuple[Condition, ...] = Field(default=(), validation_alias=under("status", "conditions"))

    @property
    def schedulable(self) -> bool:
        """Say whether it takes new pods as far as people decide: it is not cordoned."""
        return not self.cordoned

    @property
    def open_to_all(self) -> bool:
        """Say whether it takes any pod now: schedulable, ready, and without a taint against it."""
        ready = any(one.type == "Ready" and one.status == "True" for one in self.conditions)
        return self.schedulable and ready and not any(one.effect.startswith("No") for one in self.taints)
