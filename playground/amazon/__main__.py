"""Correct moto and serve it, with moto's own options."""

import os

from moto import server

from tocsin.playground.amazon import (
    automations,
    caches,
    corrections,
    databases,
    deployments,
    experiments,
    moves,
    refreshes,
    shifts,
    stacks,
)
from tocsin.playground.estate import TASKS

_MODULES = (
    automations,
    caches,
    corrections,
    databases,
    deployments,
    experiments,
    moves,
    refreshes,
    shifts,
    stacks,
)


def main() -> None:
    """Put right whatever a module names, then serve."""
    os.environ["MOTO_ECS_SERVICE_RUNNING"] = str(TASKS)
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 1,300 of them, read again after every reset
    for module in _MODULES:
        for model, name, correction in module.CORRECTIONS:
            setattr(model, name, correction)
    server.main()


if __name__ == "__main__":
    main()
