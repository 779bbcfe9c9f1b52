"""Label selectors and field selectors, as query strings and as LabelSelector objects."""

import re
from collections.abc import Callable

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.kinds import EVENT, EVENT_V1, POD, Kind
from tocsin.playground.cluster.twin.refusals import bad_request

Test = Callable[[Json], bool]

COMMAS_OUTSIDE_PARENTHESES = re.compile(r",(?![^()]*\))")
SET_BASED = re.compile(r"^(?P<key>[\w./-]+)\s+(?P<operator>in|notin)\s+\((?P<values>[^()]*)\)$")
EQUALITY = re.compile(r"^(?P<key>[\w./-]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[\w.-]*)$")
EXISTENCE = re.compile(r"^(?P<absent>!?)\s*(?P<key>[\w./-]+)$")

REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
FIELDS = {
    POD: frozenset({"spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP"}),
    EVENT: frozenset(f"involvedObject.{field}" for field in REFERENCE) | {"reason", "type", "source"},
    EVENT_V1: frozenset(f"regarding.{field}" for field in REFERENCE)
    | {"reason", "type", "reportingController"},
}
"""What else than metadata.name and metadata.namespace can be selected."""


def labels_match(selector: str) -> Test:
    """Read a labelSelector parameter. Raises Refusal 400 where it cannot be read."""
    terms = [term.strip() for term in COMMAS_OUTSIDE_PARENTHESES.split(selector) if term.strip()]
    tests = [_label_test(term) for term in terms]
    return lambda labels: all(test(labels) for test in tests)


def fields_match(kind: Kind, selector: str) -> Test:
    """Read a fieldSelector parameter. Raises Refusal 400 for a field that cannot be selected."""
    tests = [_field_test(kind, term) for term in selector.split(",") if term]
    return lambda found: all(test(found) for test in tests)


def selects(selector: Json, labels: Json) -> bool:
    """Tell whether a LabelSelector object takes these labels."""
    wanted: Json = selector.get("matchLabels") or {}
    expressions: list[Json] = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _expression_holds(expression, labels) for expression in expressions
    )


def _expression_holds(expression: Json, labels: Json) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def _label_test(term: str) -> Test:
    if found := SET_BASED.match(term):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        wanted = found["operator"] == "in"
        return lambda labels: (labels.get(key) in values) == wanted
    if found := EQUALITY.match(term):
        key, value, equal = found["key"], found["value"], found["operator"] != "!="
        return lambda labels: (labels.get(key) == value) == equal
    if found := EXISTENCE.match(term):
        key, present = found["key"], not found["absent"]
        return lambda labels: (key in labels) == present
    raise bad_request(f"unable to parse requirement: {term!r}")


def _field_test(kind: Kind, term: str) -> Test:
    found = re.match(r"^(?P<field>[\w.]+)(?P<operator>==|=|!=)(?P<value>.*)$", term)
    if found is None:
        raise bad_request(f"invalid selector: {term!r}; can't understand it")
    field, value, equal = found["field"], found["value"], found["operator"] != "!="
    if field not in FIELDS.get(kind, frozenset()) | {"metadata.name", "metadata.namespace"}:
        raise bad_request(f"field label not supported: {field}")
    return lambda candidate: (_read(candidate, field.split(".")) == value) == equal


def _read(part: Json, path: list[str]) -> str:
    for key in path[:-1]:
        part = part.get(key) or {}
    return str(part.get(path[-1]) or "")
