"""``actions.md``: every action that ships with Tocsin."""

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, JsonValue, SecretStr

from docs.reading import below, cell, fields, prose, shown, summary, table
from tocsin.actions.base import Effect, Risk
from tocsin.actions.registry import AnyAction, Registry
from tocsin.connections import (
    AwsConnection,
    Connections,
    HttpConnection,
    KubernetesConnection,
    SlackConnection,
)

INTRO = """\
# Actions

What a step may `use`. Every action plans (reads, and says what would change), runs, verifies (looks whether
the world agrees), and, where it can, undoes what its plan saw. The permissions are those of the example; a
step needs them for its own object and nothing more. Outside packages add actions by the entry point group
`tocsin.actions`; `tocsin runbook schema --actions` lists what is installed.
"""
_NODE: Mapping[str, JsonValue] = {"connection": "k8s:main", "node": "node-1"}
_OBJECT: Mapping[str, JsonValue] = {"connection": "k8s:main", "namespace": "shop", "deployment": "checkout"}
EXAMPLES: Mapping[str, Mapping[str, JsonValue]] = {
    "http.request": {
        "connection": "http:statuspage",
        "method": "POST",
        "path": "/v1/notices",
        "json": {"up": False},
    },
    "k8s.cordon": _NODE,
    "k8s.drain": {**_NODE, "delete_emptydir_data": True},
    "k8s.events": {**_OBJECT, "limit": 20},
    "k8s.hpa_patch": {
        "connection": "k8s:main",
        "namespace": "shop",
        "autoscaler": "checkout",
        "min_replicas": 6,
    },
    "k8s.logs": {**_OBJECT, "lines": 50},
    "k8s.rollout_history": _OBJECT,
    "k8s.rollout_restart": _OBJECT,
    "k8s.rollout_status": _OBJECT,
    "k8s.rollout_undo": {**_OBJECT, "to_revision": 12},
    "k8s.scale": {**_OBJECT, "replicas": 6},
    "k8s.uncordon": _NODE,
    "rds.failover": {"connection": "aws:main", "cluster": "orders"},
    "slack.post": {"channel": "C0123456789", "text": "Checkout is slow; we are looking."},
}
"""Inputs of every action, as a runbook's ``with`` gives them."""
CONNECTIONS = Connections(
    {
        "k8s:main": KubernetesConnection(),
        "aws:main": AwsConnection(region="eu-west-1", account="123456789012"),
        "http:statuspage": HttpConnection(base_url="https://status.acme.example"),
        "slack:main": SlackConnection(token=SecretStr("xoxb-")),
    }
)


def actions() -> str:
    """Return the page."""
    return "\n".join([INTRO, *_classes(), *(line for one in every() for line in _action(one))])


def every() -> list[AnyAction]:
    """Return every action there is."""
    return list(Registry(CONNECTIONS))


def _classes() -> Iterator[str]:
    for title, enum in (("Risk", Risk), ("Effect class", Effect)):
        said = dict(below(enum))
        yield from (f"| {title} | |", "|---|---|")
        yield from (
            f"| `{one.value}` | {cell(prose(said.get(one.name, _RISKS.get(one.value, ''))))} |"
            for one in enum
        )
        yield ""


_RISKS = {
    "read": "Changes nothing; a run in `propose` mode does it without asking.",
    "low": "Easily put back.",
    "high": "People notice; think before you approve.",
    "destructive": "Cannot be put back.",
}


def _action(action: AnyAction) -> Iterator[str]:
    given = EXAMPLES[action.name]
    settle = shown(action.settle)
    undo = "yes, it puts back what the plan saw" if action.undoable() else "no"
    yield from (f"## `{action.name}`", "", summary(type(action)), "")
    yield f"Version {action.version} · risk `{action.risk.value}` · effect `{action.effect.value}`."
    yield f"Undo: {undo}. Settles within {settle}."
    yield from ("", "```yaml", f"uses: {action.name}", "with:")
    yield from (f"  {name}: {json.dumps(value)}" for name, value in given.items())
    yield from ("```", "", *table(fields(action.input_model)), "")
    secret = ", ".join(f"`{name}`" for name in sorted(action.secret_fields))
    yield from (f"`secrets.NAME` may stand in: {secret}.", "") if secret else ()
    yield from ("It puts out:", "", *_outputs(action.output_model), "")
    yield from ("It needs:", "", *_permissions(action, given), "")
    by_hand = type(action).by_hand(given)
    yield from ("By hand, when Tocsin is down:", "", "```sh", by_hand, "```", "") if by_hand else ()


def _outputs(model: type[BaseModel]) -> Iterator[str]:
    for row in fields(model):
        words = " ".join(prose(row.words).split())
        inner = ", ".join(f"`{one.name}`" for one in fields(row.model)) if row.model else ""
        told = "; ".join(filter(None, [words, f"each with {inner}" if inner else ""]))
        yield f"* `{row.name}`{': ' if told else ''}{told}"


def _permissions(action: AnyAction, given: Mapping[str, JsonValue]) -> Iterator[str]:
    for right in action.permissions(action.input_model.model_validate(dict(given))):
        yield f"* {right.system}: `{right.verb}` on `{right.resource}`"
