"""What the API server refuses in an object: the rules that people and programs run into."""

import re

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.kinds import (
    AUTOSCALER,
    BUDGET,
    DAEMON_SET,
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    Kind,
)
from tocsin.playground.cluster.twin.refusals import Cause, bad_request, invalid
from tocsin.playground.cluster.twin.selectors import selects

SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
)
AT_LEAST_ZERO = "must be greater than or equal to 0"
WHOLE_NUMBERS = (
    "replicas",
    "progressDeadlineSeconds",
    "revisionHistoryLimit",
    "minReadySeconds",
    "minReplicas",
    "maxReplicas",
)


def check_kind(kind: Kind, given: Json) -> None:
    """Refuse a body of another kind, or with values of the wrong type, with 400."""
    if (
        given.get("kind", kind.name) != kind.name
        or given.get("apiVersion", kind.api_version) != kind.api_version
    ):
        offered = f"{given.get('apiVersion')}, Kind={given.get('kind')}"
        raise bad_request(
            f"the object provided is unrecognized: got {offered}, want {kind.api_version}, Kind={kind.name}"
        )
    for field in WHOLE_NUMBERS:
        value = (given.get("spec") or {}).get(field)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise bad_request(
                f"{kind.name} in version {kind.version!r} cannot be handled: spec.{field}: want int32"
            )


def check_valid(kind: Kind, new: Json, current: Json | None) -> None:
    """Refuse an object that breaks its kind's rules, with 422 and every broken field."""
    name = new["metadata"].get("name") or ""
    spec: Json = new.get("spec") or {}
    causes = _name_causes(name)
    if kind in (DEPLOYMENT, REPLICA_SET, DAEMON_SET):
        causes += _workload_causes(spec) + _immutable_causes(spec, current)
    if kind == POD:
        causes += _container_causes("spec", spec)
    if kind == AUTOSCALER:
        causes += _autoscaler_causes(spec)
    if kind == BUDGET:
        causes += _budget_causes(spec)
    if causes:
        raise invalid(kind, name, causes)


def _name_causes(name: str) -> list[Cause]:
    if not name:
        return [_required("metadata.name", "name or generateName is required")]
    return [] if SUBDOMAIN.match(name) else [_wrong("metadata.name", name, SUBDOMAIN_RULE)]


def _workload_causes(spec: Json) -> list[Cause]:
    template: Json = spec.get("template") or {}
    labels: Json = (template.get("metadata") or {}).get("labels") or {}
    causes = _container_causes("spec.template.spec", template.get("spec") or {})
    if not spec.get("selector"):
        causes.append(_required("spec.selector"))
    elif not selects(spec["selector"], labels):
        causes.append(
            _wrong("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
        )
    if spec.get("replicas", 1) < 0:
        causes.append(_wrong("spec.replicas", spec["replicas"], AT_LEAST_ZERO))
    return causes


def _immutable_causes(spec: Json, current: Json | None) -> list[Cause]:
    if current is None or current["spec"]["selector"] == spec.get("selector"):
        return []
    return [_wrong("spec.selector", spec.get("selector"), "field is immutable")]


def _container_causes(path: str, spec: Json) -> list[Cause]:
    containers: list[Json] = spec.get("containers") or []
    causes = [] if containers else [_required(f"{path}.containers")]
    for at, container in enumerate(containers):
        causes += [
            _required(f"{path}.containers[{at}].{field}")
            for field in ("name", "image")
            if not container.get(field)
        ]
    return causes


def _autoscaler_causes(spec: Json) -> list[Cause]:
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if most < 1:
        return [_wrong("spec.maxReplicas", most, "must be greater than 0")]
    if most < least:
        return [_wrong("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")]
    return []


def _budget_causes(spec: Json) -> list[Cause]:
    if "minAvailable" in spec and "maxUnavailable" in spec:
        return [_wrong("spec", spec, "minAvailable and maxUnavailable cannot be both set")]
    return []


def _required(field: str, why: str = "") -> Cause:
    return Cause(field, "FieldValueRequired", f"Required value: {why}" if why else "Required value")


def _wrong(field: str, value: object, why: str) -> Cause:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return Cause(field, "FieldValueInvalid", f"Invalid value: {shown}: {why}")
