"""What the actions read of Kubernetes objects.

The client's own models drop fields they do not know, so a template that passed through them could
not be put back whole on a newer cluster. These keep the template as the server sent it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from kubernetes.utils.quantity import parse_quantity
from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

TEMPLATE_HASH = "pod-template-hash"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""In a pod template; a new value makes new pods, and `kubectl rollout restart` writes the time there."""

Template = dict[str, JsonValue]


def _none_is_empty(value: object) -> object:
    return {} if value is None else value


Words = Annotated[dict[str, str], BeforeValidator(_none_is_empty)]


def under(*path: str | int) -> AliasPath:
    """Return where a field stands in the object."""
    return AliasPath(*path)  # type: ignore[arg-type]  # the first part of a path is always a key here


class Owner(BaseModel):
    """An owner reference."""

    model_config = ConfigDict(extra="ignore")

    uid: str
    kind: str = ""
    name: str = ""
    controller: bool = False


class Object(BaseModel):
    """A tolerant reader: a field that a newer server adds is not our business."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(validation_alias=under("metadata", "name"))
    uid: str = Field(validation_alias=under("metadata", "uid"))
    owners: tuple[Owner, ...] = Field(default=(), validation_alias=under("metadata", "ownerReferences"))
    labels: Words = Field(default={}, validation_alias=under("metadata", "labels"))
    annotations: Words = Field(default={}, validation_alias=under("metadata", "annotations"))


class Container(BaseModel):
    """A container of a template, to compare and to show."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    image: str = ""
    resources: dict[str, JsonValue] = {}


class Templated(Object):
    """Something with a pod template, which is kept as the server sent it."""

    template: Template = Field(validation_alias=under("spec", "template"))

    @property
    def containers(self) -> list[Container]:
        """Return the containers, the main one first and the init containers last."""
        return [*self.listed("containers"), *self.listed("initContainers")]

    def listed(self, part: str) -> list[Container]:
        """Return one of the template's lists of containers."""
        spec = self.template.get("spec")
        found = spec.get(part) if isinstance(spec, Mapping) else None
        return [Container.model_validate(one) for one in found] if isinstance(found, list) else []

    @property
    def images(self) -> dict[str, str]:
        """Return each container's image, by the container's name."""
        return {container.name: container.image for container in self.containers}

    @property
    def image(self) -> str:
        """Return the image of the main container."""
        return next(iter(self.images.values()), "")


class Condition(BaseModel):
    """One condition of a status."""

    model_config = ConfigDict(extra="ignore")

    type: str
    status: str
    reason: str = ""
    message: str = ""


def quantity(text: str) -> Decimal:
    """Return an amount as a number: ``200Mi`` in bytes, ``250m`` in cores."""
    found: Decimal = parse_quantity(text)  # type: ignore[no-untyped-call]
    return found


class Requirement(BaseModel):
    """One expression of a label selector."""

    model_config = ConfigDict(extra="ignore")

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        listed = ",".join(self.values)
        forms = {
            "In": f"{self.key} in ({listed})",
            "NotIn": f"{self.key} notin ({listed})",
            "Exists": self.key,
            "DoesNotExist": f"!{self.key}",
        }
        return forms[self.operator]


class Scale(BaseModel):
    """The scale subresource of a workload."""

    model_config = ConfigDict(extra="ignore")

    uid: str = Field(validation_alias=under("metadata", "uid"))
    resource_version: str = Field(validation_alias=under("metadata", "resourceVersion"))
    replicas: int = Field(default=0, validation_alias=under("spec", "replicas"))
    """The API leaves zero out."""


def _read_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value or ()


class Autoscaler(Object):
    """A HorizontalPodAutoscaler."""

    target_kind: str = Field(validation_alias=under("spec", "scaleTargetRef", "kind"))
    target_name: str = Field(validation_alias=under("spec", "scaleTargetRef", "name"))
    low: int = Field(default=1, validation_alias=under("spec", "minReplicas"))
    high: int = Field(validation_alias=under("spec", "maxReplicas"))
    resource_version: str = Field(validation_alias=under("metadata", "resourceVersion"))
    current: int = Field(default=0, validation_alias=under("status", "currentReplicas"))
    """The count it saw when it looked last, every 15 s; 0 when it has not looked yet."""
    conditions: Annotated[tuple[Condition, ...], BeforeValidator(_read_json)] = Field(
        default=(),
        validation_alias=AliasChoices(
            under("status", "conditions"),
            under("metadata", "annotations", "autoscaling.alpha.kubernetes.io/conditions"),
        ),
    )
    """autoscaling/v1 keeps them as JSON in an annotation."""

    @property
    def off(self) -> bool:
        """Say whether it does nothing, which is so while there are 0 replicas."""
        return any(one.reason == "ScalingDisabled" for one in self.conditions)

    @property
    def scaled_object(self) -> str | None:
        """Return the KEDA ScaledObject that made it and puts it back, if it is one's."""
        return next((owner.name for owner in self.owners if owner.kind == "ScaledObject"), None)


class Quota(Object):
    """A ResourceQuota: what may be asked for in its namespace, and what is."""

    hard: Words = Field(default={}, validation_alias=under("status", "hard"))
    used: Words = Field(default={}, validation_alias=under("status", "used"))


class Event(BaseModel):
    """An event of the core API."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str = Field(default="", validation_alias=under("involvedObject", "kind"))
    name: str = Field(default="", validation_alias=under("involvedObject", "name"))
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    count: int | None = Field(default=None, validation_alias=AliasChoices("count", under("series", "count")))
    last_seen: datetime | None = Field(default=None, validation_alias="lastTimestamp")
    event_time: datetime | None = Field(default=None, validation_alias="eventTime")
    series_seen: datetime | None = Field(default=None, validation_alias=under("series", "lastObservedTime"))
    created: datetime = Field(validation_alias=under("metadata", "creationTimestamp"))

    @property
    def at(self) -> datetime:
        """Return when it was last seen; old and new event writers fill different fields."""
        return (self.series_seen or self.last_seen or self.event_time or self.created).astimezone(UTC)


def without_hash(template: Template) -> Template:
    """Return ``template`` without the controller's label and the empty fields that come and go with it."""
    metadata = template.get("metadata")
    if not isinstance(metadata, dict):
        return template
    kept: dict[str, JsonValue] = {key: value for key, value in metadata.items() if value is not None}
    labels = kept.get("labels")
    if isinstance(labels, dict):
        kept["labels"] = {key: value for key, value in labels.items() if key != TEMPLATE_HASH}
    return {**template, "metadata": kept}
