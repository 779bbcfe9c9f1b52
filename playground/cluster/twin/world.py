"""One practice cluster: its memory, its API, its ledger, and the controllers that keep it moving."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tocsin.playground.cluster.objects import timestamp, utcnow
from tocsin.playground.cluster.pods import NODES
from tocsin.playground.cluster.twin.api import Api, Target
from tocsin.playground.cluster.twin.control.autoscalers import steer_autoscalers
from tocsin.playground.cluster.twin.control.budgets import steer_budgets
from tocsin.playground.cluster.twin.control.daemon_sets import steer_daemon_sets
from tocsin.playground.cluster.twin.control.deployments import steer_deployments
from tocsin.playground.cluster.twin.control.garbage import collect_garbage
from tocsin.playground.cluster.twin.control.nodes import attend_pods
from tocsin.playground.cluster.twin.control.replica_sets import steer_replica_sets
from tocsin.playground.cluster.twin.kinds import NAMESPACE, NODE, STORED
from tocsin.playground.cluster.twin.ledger import Ledger
from tocsin.playground.cluster.twin.store import Store

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
ROOM = {"cpu": "32", "memory": "64Gi", "pods": "500"}
BREATH_SECONDS = 0.02
IDLE_SECONDS = 0.5
"""Between passes: a breath that gathers one burst of changes, and the wait for what only time brings."""


class World:
    """A cluster from its birth: namespaces and three nodes, and nothing deployed."""

    def __init__(self) -> None:
        self.store = Store()
        self.api = Api(self.store)
        self.ledger = Ledger()
        self._populate()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the controllers for as long as the server is up."""
        task = asyncio.create_task(self._control())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def reset(self) -> None:
        """Go back to the newborn cluster, with an empty ledger and no faults. Versions go on rising."""
        for kind in STORED:
            for found in self.store.all(kind):
                self.store.remove(kind, found)
        self.ledger.clear()
        self._populate()

    async def _control(self) -> None:
        with self.store.listening() as changes:
            while True:
                self._pass()
                with suppress(TimeoutError):
                    await asyncio.wait_for(changes.get(), IDLE_SECONDS)
                await asyncio.sleep(BREATH_SECONDS)
                while not changes.empty():
                    changes.get_nowait()

    def _pass(self) -> None:
        now = utcnow()
        steer_autoscalers(self.api, now)
        steer_deployments(self.api, now)
        steer_replica_sets(self.api, now)
        steer_daemon_sets(self.api, now)
        attend_pods(self.api, now)
        steer_budgets(self.api)
        collect_garbage(self.store)

    def _populate(self) -> None:
        for name in NAMESPACES:
            self.api.create(Target(NAMESPACE), {"metadata": {"name": name}})
        for name in NODES:
            target = Target(NODE, "", name, "status")
            node = self.api.create(
                target, {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}}
            )
            self.api.replace(target, {**node, "status": _node_status()})


def _node_status() -> dict[str, object]:
    now = timestamp(utcnow())
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
    }
    return {
        "capacity": ROOM,
        "allocatable": ROOM,
        "conditions": [{**ready, "lastHeartbeatTime": now, "lastTransitionTime": now}],
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
    }
