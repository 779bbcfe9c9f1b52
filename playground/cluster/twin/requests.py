"""Reading requests: what a path and its query mean, as the API server's own request info does."""

from typing import NamedTuple

from pydantic import ValidationError
from starlette.requests import Request

from tocsin.playground.cluster.logs import LogQuery
from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.api import Target
from tocsin.playground.cluster.twin.kinds import SCALE, Kind, serving
from tocsin.playground.cluster.twin.refusals import Cause, bad_request, invalid, no_such_path
from tocsin.playground.cluster.twin.selectors import Test, fields_match, labels_match

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
MUTATING = frozenset(VERBS.values())


class ListQuery(NamedTuple):
    """Which objects of a collection are asked for, and how many of them at most (0: all)."""

    labels: Test
    fields: Test
    limit: int
    after: str

    def takes(self, found: Json) -> bool:
        """Tell whether the selectors take an object."""
        return bool(self.labels(found["metadata"].get("labels") or {})) and bool(self.fields(found))


def target_of(path: str) -> Target:
    """Read a path. Raises Refusal 404 where nothing is served under it."""
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            return _target("", version, rest)
        case ["apis", group, version, *rest]:
            return _target(group, version, rest)
    raise no_such_path()


def verb_of(request: Request, target: Target) -> str:
    """Name the Kubernetes verb of a request: get, list, watch, create, update, patch or delete."""
    if request.method in VERBS:
        return VERBS[request.method]
    if request.query_params.get("watch") in ("1", "true", "True"):
        return "watch"
    return "get" if target.name else "list"


def is_dry(request: Request) -> bool:
    """Tell whether nothing may be kept. Raises Refusal 422 for a dryRun the API does not know."""
    asked = request.query_params.get("dryRun")
    if asked in (None, "", "All"):
        return asked == "All"
    options = SCALE.model_copy(update={"group": "meta.k8s.io", "name": "PatchOptions"})
    why = f'Unsupported value: "{asked}": supported values: "All"'
    raise invalid(options, "", [Cause("dryRun", "FieldValueNotSupported", why)])


def list_query(request: Request, kind: Kind) -> ListQuery:
    """Read the selectors and the page of a list or a watch. Raises Refusal 400."""
    query = request.query_params
    return ListQuery(
        labels_match(query.get("labelSelector", "")),
        fields_match(kind, query.get("fieldSelector", "")),
        whole_number(query.get("limit")) or 0,
        query.get("continue", ""),
    )


def log_query(request: Request) -> LogQuery:
    """Read what of a log is asked for. Raises Refusal 400."""
    try:
        return LogQuery.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise bad_request(f"the log's query cannot be read: {error.errors()[0]['msg']}") from error


def whole_number(text: str | None) -> int | None:
    """Read a count from a query. Raises Refusal 400."""
    if text in (None, ""):
        return None
    try:
        return int(str(text))
    except ValueError as error:
        raise bad_request(f"strconv.ParseInt: parsing {text!r}: invalid syntax") from error


def _target(group: str, version: str, rest: list[str]) -> Target:
    match rest:
        case ["namespaces", namespace, plural, *named] if (
            kind := serving(group, version, plural)
        ) and kind.namespaced:
            return _checked(kind, namespace, named)
        case [plural, *named] if kind := serving(group, version, plural):
            if kind.namespaced and named:
                raise no_such_path()
            return _checked(kind, "", named)
    raise no_such_path()


def _checked(kind: Kind, namespace: str, named: list[str]) -> Target:
    if len(named) > 2 or (len(named) == 2 and named[1] not in kind.subresources):
        raise no_such_path()
    return Target(kind, namespace, *named)
