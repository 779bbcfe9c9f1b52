"""``actions.md``: every action that ships with Tocsin."""

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, JsonValue, SecretStr

from docs.chapters import amazon
from docs.reading import below, cell, fields, prose, shown, summary, table
from tocsin.actions.base import Effect, Risk
from tocsin.actions.registry import AnyAction, Registry
from tocsin.connections import (
    AwsConnection,
    Connection,
    Connections,
    DnsConnection,
    GrafanaConnection,
    HttpConnection,
    KubernetesConnection,
    PagerDutyConnection,
    PostgresConnection,
    PrometheusConnection,
    RedisConnection,
    SlackConnection,
    TcpConnection,
)

INTRO = """\
# Actions

What a step may `use`. Every action plans (reads, and says what would change), runs, verifies (looks whether
the world agrees), and, where it can, undoes what its plan saw. The permissions are those of the example; a
step needs them for its own object and nothing more. Outside packages add actions by the entry point group
`tocsin.actions`; `tocsin runbook schema --actions` lists what is installed.
"""
_NODE: Mapping[str, JsonValue] = {"connection": "k8s:main", "node": "node-1"}
_POD: Mapping[str, JsonValue] = {
    "connection": "k8s:main",
    "namespace": "shop",
    "pod": "checkout-7d9fb6c5b4-x2x7p",
}
_OBJECT: Mapping[str, JsonValue] = {"connection": "k8s:main", "namespace": "shop", "deployment": "checkout"}
EXAMPLES: Mapping[str, Mapping[str, JsonValue]] = {
    **amazon.EXAMPLES,
    "dns.resolve": {"connection": "dns:main", "host": "orders.db.acme.example", "type": "CNAME"},
    "grafana.annotate": {"text": "Rolled back checkout", "tags": ["rollback"], "dashboard": "svc-red"},
    "grafana.panel_png": {"dashboard": "svc-red", "panel": 4, "vars": {"service": "checkout"}},
    "http.get": {"connection": "http:statuspage", "path": "/v1/health"},
    "argocd.set_autosync": {
        "connection": "http:argocd",
        "app": "checkout",
        "enabled": False,
        "project": "shop",
    },
    "github.revert_pr": {
        "connection": "http:github",
        "repo": "acme/checkout-deploy",
        "commit": "4f3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a",
        "reason": "Carts were lost.",
    },
    "http.request": {
        "connection": "http:statuspage",
        "method": "POST",
        "path": "/v1/notices",
        "json": {"up": False},
    },
    "k8s.cordon": _NODE,
    "k8s.cronjob_suspend": {"connection": "k8s:main", "namespace": "shop", "cronjob": "invoices"},
    "k8s.describe": {"connection": "k8s:main", "kind": "Deployment", "namespace": "shop", "name": "checkout"},
    "k8s.drain": {**_NODE, "delete_emptydir_data": True},
    "k8s.events": {**_OBJECT, "limit": 20},
    "k8s.hpa_patch": {
        "connection": "k8s:main",
        "namespace": "shop",
        "autoscaler": "checkout",
        "min_replicas": 6,
    },
    "k8s.job_run": {
        "connection": "k8s:main",
        "namespace": "shop",
        "cronjob": "invoices",
        "deadline": 600,
    },
    "k8s.label": {"connection": "k8s:main", "kind": "Node", "name": "node-1", "labels": {"pool": "spare"}},
    "k8s.networkpolicy_isolate": {
        "connection": "k8s:main",
        "namespace": "shop",
        "policy": "isolate-suspects",
        "pods": {"tocsin/quarantined": "true"},
    },
    "k8s.patch": {
        "connection": "k8s:main",
        "kind": "ScaledObject",
        "api_version": "keda.sh/v1alpha1",
        "plural": "scaledobjects",
        "namespace": "shop",
        "name": "checkout",
        "fields": {"spec": {"minReplicaCount": 4}},
    },
    "k8s.pod_delete": _POD,
    "k8s.pod_exec": {**_POD, "command": ["pg_ctl", "status"]},
    "k8s.pod_quarantine": _POD,
    "k8s.pvc_resize": {
        "connection": "k8s:main",
        "namespace": "shop",
        "claim": "data-orders-0",
        "size": "200Gi",
    },
    "k8s.logs": {**_OBJECT, "lines": 50},
    "k8s.rollout_history": _OBJECT,
    "k8s.rollout_pause": _OBJECT,
    "k8s.rollout_restart": _OBJECT,
    "k8s.rollout_resume": _OBJECT,
    "k8s.rollout_status": _OBJECT,
    "k8s.rollout_undo": {**_OBJECT, "to_revision": 12},
    "k8s.scale": {**_OBJECT, "replicas": 6},
    "k8s.taint": {**_NODE, "key": "acme.example/suspect", "value": "disk", "effect": "NoSchedule"},
    "k8s.top": {"connection": "k8s:main", "namespace": "shop", "selector": "app=checkout"},
    "k8s.uncordon": _NODE,
    "prom.gate": {
        "connection": "prometheus:main",
        "query": 'sum(rate(http_requests_total{code=~"5.."}[2m])) / sum(rate(http_requests_total[2m]))',
    },
    "prom.query": {"connection": "prometheus:main", "query": "sum by (pod) (up)"},
    "launchdarkly.set_flag": {
        "connection": "http:launchdarkly",
        "project": "default",
        "environment": "production",
        "flag": "new-checkout",
        "on": False,
    },
    "pagerduty.escalate": {"incident": "Q0123456789ABC", "note": "The rollback failed."},
    "pagerduty.resolve_with_note": {"incident": "Q0123456789ABC", "note": "The rollback is done."},
    "postgres.long_queries": {"connection": "postgres:orders", "longer_than": 300},
    "postgres.terminate": {"connection": "postgres:orders", "longer_than": 300, "user": "reports"},
    "redis.unlink_matching": {
        "connection": "redis:cache",
        "pattern": "session:expired:*",
        "max_keys": 100_000,
    },
    "slack.post": {"channel": "C0123456789", "text": "Checkout is slow; we are looking."},
    "tcp.check": {"connection": "tcp:databases", "host": "orders.db.acme.example", "port": 5432},
}
"""Inputs of every action, as a runbook's ``with`` gives them."""
NAMED: Mapping[str, Connection] = {
    "k8s:main": KubernetesConnection(),
    "aws:main": AwsConnection(region="eu-west-1", account="123456789012"),
    "http:statuspage": HttpConnection(base_url="https://status.acme.example"),
    "prometheus:main": PrometheusConnection(base_url="https://prometheus.acme.example"),
    "grafana:main": GrafanaConnection(base_url="https://grafana.acme.example"),
    "dns:main": DnsConnection(resolvers=("10.0.0.2", "10.8.0.2")),
    "tcp:databases": TcpConnection(hosts=("*.db.acme.example",), ports=(5432,), allow_private=True),
    "http:argocd": HttpConnection(base_url="https://argocd.acme.example"),
    "http:github": HttpConnection(base_url="https://api.github.com"),
    "http:launchdarkly": HttpConnection(base_url="https://app.launchdarkly.com"),
    "pagerduty:main": PagerDutyConnection(token=SecretStr("-"), sender="tocsin@acme.example"),
    "postgres:orders": PostgresConnection(dsn=SecretStr("postgresql://tocsin@db.acme.example/orders")),
    "redis:cache": RedisConnection(url="rediss://cache.acme.example:6379/0"),
    "slack:main": SlackConnection(token=SecretStr("xoxb-")),
}
CONNECTIONS = Connections(NAMED)


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
        told = "; ".join(filter(None, [words.rstrip("."), f"each with {inner}"])) if inner else words
        yield f"* `{row.name}`{': ' if told else ''}{told}"


def _permissions(action: AnyAction, given: Mapping[str, JsonValue]) -> Iterator[str]:
    for right in action.permissions(action.input_model.model_validate(dict(given))):
        yield f"* {right.system}: `{right.verb}` on `{right.resource}`"
