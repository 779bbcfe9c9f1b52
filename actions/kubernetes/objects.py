"""What the actions read of Kubernetes objects.

The client's own models drop fields they do not know, so a template that passed through them could
not be put back whole on a newer cluster. These keep the template as the server sent it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_HASH = "pod-template-hash"

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


class _Templated(Object):
    template: Template = Field(validation_alias=under("spec", "template"))

    @property
    def containers(self) -> list[Container]:
        """Return the containers, the main one first and the init containers last."""
        spec = self.template.get("spec")
        if not isinstance(spec, Mapping):
            return []
        found: list[JsonValue] = []
        for part in (spec.get("containers"), spec.get("initContainers")):
            found += part if isinstance(part, list) else []
        return [Container.model_validate(one) for one in found]

    @property
    def images(self) -> dict[str, str]:
        """Return each container's image, by the container's name."""
        return {container.name: container.image for container in self.containers}

    @property
    def revision(self) -> int:
        """Return the revision that the Deployment controller wrote on it; 0 when it has not yet."""
        return int(self.annotations.get(REVISION, "0"))


class ReplicaSet(_Templated):
    """One revision of a Deployment."""

    @property
    def clean_template(self) -> Template:
        """Return the template as the Deployment had it, without the hash label the controller adds."""
        return without_hash(self.template)


class Condition(BaseModel):
    """One condition of a status."""

    model_config = ConfigDict(extra="ignore")

    type: str
    status: str
    reason: str = ""
    message: str = ""


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


class Deployment(_Templated):
    """A Deployment and its status."""

    namespace: str = Field(validation_alias=under("metadata", "namespace"))
    resource_version: str = Field(validation_alias=under("metadata", "resourceVersion"))
    generation: int = Field(validation_alias=under("metadata", "generation"))
    replicas: int = Field(default=1, validation_alias=under("spec", "replicas"))
    paused: bool = Field(default=False, validation_alias=under("spec", "paused"))
    match_labels: Words = Field(default={}, validation_alias=under("spec", "selector", "matchLabels"))
    match_expressions: tuple[Requirement, ...] = Field(
        default=(), validation_alias=under("spec", "selector", "matchExpressions")
    )
    observed_generation: int = Field(default=0, validation_alias=under("status", "observedGeneration"))
    current: int = Field(default=0, validation_alias=under("status", "replicas"))
    updated: int = Field(default=0, validation_alias=under("status", "updatedReplicas"))
    available: int = Field(default=0, validation_alias=under("status", "availableReplicas"))
    conditions: tuple[Condition, ...] = Field(default=(), validation_alias=under("status", "conditions"))

    @property
    def selector(self) -> str:
        """Return the label selector as the API's query parameter wants it."""
        labels = [f"{key}={value}" for key, value in self.match_labels.items()]
        return ",".join([*labels, *map(str, self.match_expressions)])

    def runs(self, one: ReplicaSet) -> bool:
        """Say whether this is the revision that the Deployment asks for now."""
        return without_hash(self.template) == one.clean_template


class Scale(BaseModel):
    """The scale subresource of a Deployment."""

    model_config = ConfigDict(extra="ignore")

    uid: str = Field(validation_alias=under("metadata", "uid"))
    resource_version: str = Field(validation_alias=under("metadata", "resourceVersion"))
    replicas: int = Field(default=0, validation_alias=under("spec", "replicas"))
    """The API leaves zero out."""


class Autoscaler(Object):
    """A HorizontalPodAutoscaler."""

    target_kind: str = Field(validation_alias=under("spec", "scaleTargetRef", "kind"))
    target_name: str = Field(validation_alias=under("spec", "scaleTargetRef", "name"))
    low: int = Field(default=1, validation_alias=under("spec", "minReplicas"))
    high: int = Field(validation_alias=under("spec", "maxReplicas"))


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
