"""The parts of a running workspace, handed around as one."""

from dataclasses import dataclass

from tocsin.playground.slack.delivery import Delivery
from tocsin.playground.slack.faults import Faults
from tocsin.playground.slack.limits import Limits
from tocsin.playground.slack.sockets import Sockets
from tocsin.playground.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Stage:
    """All the parts of a running workspace."""

    workspace: Workspace
    delivery: Delivery
    sockets: Sockets
    faults: Faults
    limits: Limits
