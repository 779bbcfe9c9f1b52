"""A real control plane on loopback: etcd, API server, controllers, scheduler, and a stand-in for kubelets."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from tocsin.playground.cluster.kubeconfig import (
    ADMIN_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    kubeconfig_path,
    write_kubeconfig,
)
from tocsin.playground.cluster.objects import is_ready
from tocsin.playground.cluster.pods import NODES
from tocsin.playground.serving import HOST, ServedChild, ServerDidNotStart, free_port
from tocsin.playground.tls import PracticeCA, trusting

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"
NEEDED = ("etcd", "kube-apiserver", "kube-controller-manager")
TOKENS = f'{ADMIN_TOKEN},admin,admin,"system:masters"\n{BOT_TOKEN},{BOT_USER},{BOT_USER},""\n'
READY_SECONDS = 60.0
POLL_SECONDS = 0.1
ROUNDS = ("--horizontal-pod-autoscaler-sync-period=1s", "--pvclaimbinder-sync-period=1s")
"""How often autoscalers, and the binder of volumes, look; the usual 15 s are long for who watches one."""


def assets_in(folder: str) -> Path | None:
    """Return the folder if it holds the programs of a control plane, None where it lacks one."""
    return Path(folder) if folder and all((Path(folder) / name).is_file() for name in NEEDED) else None


class ControlPlane:
    """The programs of a control plane, with their state, certificates and kubeconfig in one folder."""

    def __init__(self, assets: Path, folder: Path) -> None:
        self.kubeconfig = kubeconfig_path(folder)
        self._assets = assets
        self._folder = folder
        self._authority = PracticeCA(folder / "tls")
        self._certificate = self._authority.server_certificate()
        self._api_port = free_port()
        self._running: list[ServedChild] = []
        self.url = f"https://{HOST}:{self._api_port}"

    def start(self) -> None:
        """Start everything in order and return once pods can run.

        Raises ServerDidNotStart when a program does not come up; those that did are stopped.
        """
        write_kubeconfig(self.kubeconfig, self.url, self._authority.ca_pem)
        try:
            etcd = self._start_etcd()
            self._start_api_server(etcd)
            self._start_client(
                "kube-controller-manager",
                [*ROUNDS, "--service-account-private-key-file", self._signing_key],
            )
            if self._has_scheduler():
                self._start_client("kube-scheduler", [])
            self._start_kubelet()
            self._wait_until("/api/v1/nodes", _all_nodes_ready)
        except ServerDidNotStart:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, last started first: an API server that has lost its etcd does not end."""
        while self._running:
            self._running.pop().stop()

    @property
    def _signing_key(self) -> str:
        return str(self._certificate.key)

    def _start_etcd(self) -> str:
        client, peer = f"http://{HOST}:{free_port()}", f"http://{HOST}:{free_port()}"
        self._run(
            [
                *(self._program("etcd"), "--data-dir", str(self._folder / "etcd"), "--unsafe-no-fsync"),
                *("--listen-client-urls", client, "--advertise-client-urls", client),
                *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
                *("--initial-cluster", f"default={peer}"),
            ],
            f"{client}/health",
        )
        return client

    def _start_api_server(self, etcd: str) -> None:
        tokens = self._folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(TOKENS)
        certificate = self._certificate
        self._run(
            [
                *(self._program("kube-apiserver"), "--etcd-servers", etcd),
                *("--bind-address", HOST, "--advertise-address", HOST, "--secure-port", str(self._api_port)),
                *("--tls-cert-file", str(certificate.chain), "--tls-private-key-file", str(certificate.key)),
                *("--cert-dir", str(self._folder / "certs"), "--service-cluster-ip-range", "10.0.0.0/24"),
                *("--service-account-key-file", self._signing_key),
                *("--service-account-signing-key-file", self._signing_key),
                *("--service-account-issuer", "https://kubernetes.default.svc"),
                *("--token-auth-file", str(tokens), "--authorization-mode", "RBAC"),
                *("--disable-admission-plugins", "ServiceAccount", "--endpoint-reconciler-type", "none"),
                *("--kubelet-preferred-address-types", "InternalIP"),
                *("--kubelet-certificate-authority", str(self._authority.ca_pem)),
            ],
            f"{self.url}/readyz",
        )
        self._wait_until("/readyz", lambda answer: answer.status_code == httpx2.codes.OK)

    def _wait_until(self, path: str, holds: Callable[[httpx2.Response], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        context = trusting(self._authority.ca_pem)
        with httpx2.Client(base_url=self.url, verify=context, trust_env=False, headers=headers) as client:
            while not holds(_answer(client, path)):
                if time.monotonic() > deadline:
                    raise ServerDidNotStart(
                        f"{self.url}{path} was not as it should be in {READY_SECONDS:.0f} s."
                    )
                time.sleep(POLL_SECONDS)

    def _start_client(self, name: str, flags: list[str]) -> None:
        """Start a program that works through the API server and answers /healthz over TLS."""
        port, program, certificate = free_port(), self._program(name), self._certificate
        self._run(
            [
                *(program, "--kubeconfig", str(self.kubeconfig), "--leader-elect=false", *flags),
                *("--bind-address", HOST, "--secure-port", str(port)),
                *("--tls-cert-file", str(certificate.chain), "--tls-private-key-file", str(certificate.key)),
                *_without_plain_port(program),
            ],
            f"https://{HOST}:{port}/healthz",
        )

    def _start_kubelet(self) -> None:
        port = free_port()
        self._run(
            [
                *(sys.executable, "-m", "tocsin.playground.cluster.kubelet", "--port", str(port)),
                *("--kubeconfig", str(self.kubeconfig)),
                *("--chain", str(self._certificate.chain), "--key", str(self._certificate.key)),
                *([] if self._has_scheduler() else ["--schedule"]),
            ],
            f"https://{HOST}:{port}/healthz",
        )

    def _run(self, arguments: list[str], probe_url: str) -> None:
        child = ServedChild(arguments, probe_url, ca_pem=self._authority.ca_pem)
        child.start(READY_SECONDS)
        self._running.append(child)

    def _program(self, name: str) -> str:
        return str(self._assets / name)

    def _has_scheduler(self) -> bool:
        return (self._assets / "kube-scheduler").is_file()


def _answer(client: httpx2.Client, path: str) -> httpx2.Response:
    try:
        return client.get(path)
    except httpx2.TransportError as error:
        raise ServerDidNotStart(
            f"{client.base_url} answered once and is gone; it was stopped: {error}"
        ) from error


def _all_nodes_ready(answer: httpx2.Response) -> bool:
    nodes = answer.json()["items"] if answer.status_code == httpx2.codes.OK else []
    return sum(is_ready(node) for node in nodes) == len(NODES)


def _without_plain_port(program: str) -> list[str]:
    """Close the plain port that programs up to 1.22 open unless told; later ones do not know the flag."""
    known = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return ["--port=0"] if " --port int" in known else []
