"""For every listed action: a world in which it works, and the ways in which it can be stopped there."""

from collections.abc import Callable

from tests.actions.cases import aws, grafana, http, kubernetes, network, prometheus, slack
from tests.actions.cases.worlds import Case, Worlds

CASES: dict[str, Callable[[Worlds], Case]] = {
    name: case
    for system in (aws, grafana, http, kubernetes, network, prometheus, slack)
    for name, case in system.CASES.items()
}
