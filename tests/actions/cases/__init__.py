"""For every listed action: a world in which it works, and the ways in which it can be stopped there."""

from collections.abc import Callable

from tests.actions.cases import (
    argocd,
    aws,
    github,
    grafana,
    http,
    kubernetes,
    kubernetes_objects,
    launchdarkly,
    network,
    pagerduty,
    postgres,
    prometheus,
    redis,
    slack,
)
from tests.actions.cases.worlds import Case, Worlds

SYSTEMS = (
    argocd,
    aws,
    github,
    grafana,
    http,
    kubernetes,
    kubernetes_objects,
    launchdarkly,
    network,
    pagerduty,
    postgres,
    prometheus,
    redis,
    slack,
)
CASES: dict[str, Callable[[Worlds], Case]] = {
    name: case for system in SYSTEMS for name, case in system.CASES.items()
}
