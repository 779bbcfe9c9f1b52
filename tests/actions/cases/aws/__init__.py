"""AWS actions, in moto's cloud."""

from collections.abc import Callable

from tests.actions.cases.aws import aurora
from tests.actions.cases.worlds import Case, Worlds

CASES: dict[str, Callable[[Worlds], Case]] = {"rds.failover": aurora.failover}
