"""Stand in for the kubelets of three nodes of a real control plane, as one process.

It registers the nodes, makes their pods Running, lets deleted pods go, and serves container logs and commands
where the API server looks for them: `/containerLogs/{namespace}/{pod}/{container}` and `/exec/…`, see
https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/server/server.go
What a pod does is told by its image: see `pods.py`.
"""

import argparse
import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

import httpx2
import uvicorn
from fastapi import FastAPI, HTTPException, Query, WebSocket
from starlette.responses import PlainTextResponse

from tocsin.playground.cluster.commands import CHANNELS, Containers
from tocsin.playground.cluster.kubeconfig import ADMIN_TOKEN
from tocsin.playground.cluster.logs import LogQuery, LogUnavailableError, read_log
from tocsin.playground.cluster.metrics import discovered, measured
from tocsin.playground.cluster.objects import Json, timestamp, utcnow
from tocsin.playground.cluster.pods import NODES, started_status, trouble_events
from tocsin.playground.serving import HOST, uvicorn_config
from tocsin.playground.tls import ServerCertificate, trusting

ROUND_SECONDS = 0.2
ROUNDS_PER_HEARTBEAT = 50
ROOM = {"cpu": "32", "memory": "64Gi", "pods": "500"}
STRATEGIC_PATCH = {"Content-Type": "application/strategic-merge-patch+json"}

logger = logging.getLogger(__name__)


class Kubelet:
    """Three nodes on one API server. The client carries the server's address and the rights."""

    def __init__(self, client: httpx2.AsyncClient, port: int, *, schedules: bool) -> None:
        self._client = client
        self._port = port
        self._schedules = schedules

    async def run(self) -> None:
        """Attend to nodes and pods until cancelled. An API server out of reach is tried again next round."""
        rounds = 0
        while True:
            try:
                await self._round(beat=rounds % ROUNDS_PER_HEARTBEAT == 0)
                rounds += 1
            except httpx2.HTTPError as error:
                logger.warning("round given up, tried again in %s s: %s", ROUND_SECONDS, error)
            await asyncio.sleep(ROUND_SECONDS)

    async def pod(self, namespace: str, name: str) -> Json | None:
        """Read a pod, None where there is none."""
        answer = await self._client.get(f"/api/v1/namespaces/{namespace}/pods/{name}")
        return None if answer.status_code == httpx2.codes.NOT_FOUND else _parsed(answer)

    async def pods(self, namespace: str, labels: str) -> list[Json]:
        """Read the pods of a namespace that have these labels."""
        path, query = f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": labels}
        found: list[Json] = _parsed(await self._client.get(path, params=query))["items"]
        return found

    async def _round(self, *, beat: bool) -> None:
        if beat:
            for node in NODES:
                await self._register(node)
        pods: list[Json] = _parsed(await self._client.get("/api/v1/pods"))["items"]
        for pod in pods:
            await self._attend(pod)

    async def _register(self, name: str) -> None:
        node = {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}}
        await self._create("/api/v1/nodes", node)
        await self._patch(f"/api/v1/nodes/{name}/status", {"status": _node_status(self._port)})

    async def _attend(self, pod: Json) -> None:
        meta, now = pod["metadata"], utcnow()
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            await self._client.request("DELETE", path, json={"gracePeriodSeconds": 0})
        elif self._schedules and not pod["spec"].get("nodeName"):
            chosen = NODES[int(meta["resourceVersion"]) % len(NODES)]
            await self._create(
                f"{path}/binding",
                {"metadata": {"name": meta["name"]}, "target": {"kind": "Node", "name": chosen}},
            )
        elif (status := started_status(pod, now)) is not None:
            await self._patch(f"{path}/status", {"status": status})
            for event in trouble_events(pod, now):
                await self._create(f"/api/v1/namespaces/{meta['namespace']}/events", event)

    async def _create(self, path: str, body: Json) -> None:
        answer = await self._client.post(path, json=body)
        if answer.status_code != httpx2.codes.CONFLICT:
            answer.raise_for_status()

    async def _patch(self, path: str, body: Json) -> None:
        """Patch an object, unless it went away in the meantime."""
        answer = await self._client.patch(path, content=json.dumps(body), headers=STRATEGIC_PATCH)
        if answer.status_code != httpx2.codes.NOT_FOUND:
            answer.raise_for_status()


def build_app(kubelet: Kubelet) -> FastAPI:
    """Serve what the API server asks a kubelet for, and attend to the pods meanwhile."""

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(kubelet.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(openapi_url=None, lifespan=running)

    @app.get("/healthz")
    async def healthy() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/containerLogs/{namespace}/{name}/{container}")
    async def logs(
        namespace: str, name: str, container: str, query: Annotated[LogQuery, Query()]
    ) -> PlainTextResponse:
        pod = await kubelet.pod(namespace, name)
        if pod is None:
            raise HTTPException(404, f'pod "{name}" not found')
        try:
            return PlainTextResponse(
                read_log(pod, query.model_copy(update={"container": container}), utcnow())
            )
        except LogUnavailableError as error:
            return PlainTextResponse(str(error), 400)

    @app.get("/apis/metrics.k8s.io/v1beta1")
    async def metrics() -> Json:
        return discovered()

    @app.get("/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods")
    async def pod_metrics(namespace: str, labelSelector: str = "") -> Json:
        return measured(await kubelet.pods(namespace, labelSelector), utcnow())

    containers = Containers()

    @app.websocket("/exec/{namespace}/{name}/{container}")
    async def execute(
        socket: WebSocket, namespace: str, name: str, command: Annotated[list[str], Query()]
    ) -> None:
        pod = await kubelet.pod(namespace, name)
        await socket.accept(subprotocol=CHANNELS)
        async for frame in containers.run("" if pod is None else pod["metadata"]["uid"], command):
            await socket.send_bytes(frame)
        await socket.close()

    return app


def main() -> None:
    """Play the kubelets until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tocsin.playground.cluster.kubelet", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="the loopback port to serve logs on")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="a practice cluster's kubeconfig")
    parser.add_argument("--chain", type=Path, required=True, help="the certificate chain to serve with")
    parser.add_argument("--key", type=Path, required=True, help="the key of that certificate")
    parser.add_argument(
        "--schedule", action="store_true", help="give pods their nodes too, in place of a scheduler"
    )
    asked = parser.parse_args()
    cluster = json.loads(asked.kubeconfig.read_text())["clusters"][0]["cluster"]
    client = httpx2.AsyncClient(
        base_url=cluster["server"],
        verify=trusting(Path(cluster["certificate-authority"])),
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}", "User-Agent": "practice-kubelet"},
        trust_env=False,
        timeout=10.0,
    )
    app = build_app(Kubelet(client, asked.port, schedules=asked.schedule))
    uvicorn.Server(uvicorn_config(app, asked.port, ServerCertificate(chain=asked.chain, key=asked.key))).run()


def _node_status(port: int) -> Json:
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
        "addresses": [{"type": "InternalIP", "address": HOST}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }


def _parsed(answer: httpx2.Response) -> Json:
    parsed: Json = answer.raise_for_status().json()
    return parsed


if __name__ == "__main__":
    main()
