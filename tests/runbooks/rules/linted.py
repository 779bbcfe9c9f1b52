"""What lint says about a runbook that a test writes down in a few lines."""

from textwrap import indent

from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.organisation import Organisation
from tocsin.runbooks.load import check_together, draft

REGISTRY = Registry(Connections({}))
HEAD = "schema: runbook/v1\nname: small\ntitle: A small one\npermissions: { run: [group:sre] }\n"
ACME = Organisation.model_validate(
    {
        "teams": {"sre": {}},
        "connections": {
            "k8s:live": {"environment": "prod"},
            "k8s:trial": {"environment": "staging"},
            "k8s:main": {},
        },
        "secrets": {"token": {"env": "TOKEN"}},
        "env": {"region": "eu"},
    }
)
SCALE = (
    "uses: k8s.scale\nwith: { connection: 'k8s:main', namespace: shop, deployment: checkout, replicas: 3 }\n"
)
ROLL_BACK = (
    "uses: k8s.rollout_undo\nwith: { connection: 'k8s:main', namespace: shop, deployment: checkout }\n"
)


def said(text: str, *others: str, organisation: Organisation | None = None) -> list[str]:
    """Return the problems of the first text, ``others`` looked at with it."""
    texts = {"f.yaml": text, **{f"other{nth}.yaml": other for nth, other in enumerate(others)}}
    drafts = [draft(one, path) for path, one in texts.items()]
    problems = check_together(drafts, REGISTRY, organisation)
    return [str(one).removeprefix("f.yaml:") for one in problems if one.path == "f.yaml"]


def runbook(*steps: str, head: str = "", tail: str = "") -> str:
    """Return a runbook of these steps, which are called a, b, c…"""
    listed = "".join(step(chr(ord("a") + nth), body) for nth, body in enumerate(steps))
    return f"{HEAD}{head}steps:\n{listed}{tail}"


def step(name: str, body: str, depth: int = 2) -> str:
    """Return one step as it stands in a list."""
    return indent(f"- id: {name}\n{indent(body.rstrip(), '  ')}\n", " " * depth)
