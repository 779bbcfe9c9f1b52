"""The one door to the practice cluster: start it, use its kubeconfig, stop it."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from tocsin.playground.cluster.control_plane import ASSETS_VARIABLE, ControlPlane, assets_in
from tocsin.playground.cluster.kubeconfig import kubeconfig_path
from tocsin.playground.serving import HOST, ServedChild, free_port


class Stoppable(Protocol):
    """Whatever runs behind a cluster."""

    def stop(self) -> None: ...


class Cluster:
    """A running practice cluster. Its kubeconfig has the contexts `admin`, and `bot` with no rights.

    `url` is where its API answers; a twin also answers under `/practice` there.
    """

    def __init__(
        self, kind: Literal["control plane", "twin"], kubeconfig: Path, url: str, behind: Stoppable
    ) -> None:
        self.kind = kind
        self.kubeconfig = kubeconfig
        self.url = url
        self._behind = behind

    def stop(self) -> None:
        """End every process of it. What the real one knew stays in its folder; a twin forgets."""
        self._behind.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_cluster(folder: Path, real: bool | None = None) -> Cluster:
    """Start a cluster with its state in a folder: the real one where KUBEBUILDER_ASSETS names its programs.

    `real` says False for the twin all the same, and True for no other than the real one.
    Raises ServerDidNotStart, and FileNotFoundError where `real` is True and there are no programs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    assets = assets_in(os.environ.get(ASSETS_VARIABLE, ""))
    if real is False or (real is None and assets is None):
        return _start_twin(folder)
    if assets is None:
        raise FileNotFoundError(
            f"{ASSETS_VARIABLE} names no folder with etcd, kube-apiserver and kube-controller-manager; "
            "nothing was started. Set it to one, or use the twin."
        )
    control_plane = ControlPlane(assets, folder)
    control_plane.start()
    return Cluster("control plane", control_plane.kubeconfig, control_plane.url, control_plane)


def _start_twin(folder: Path) -> Cluster:
    port, kubeconfig = free_port(), kubeconfig_path(folder)
    url = f"http://{HOST}:{port}"
    program = [
        sys.executable,
        "-m",
        "tocsin.playground.cluster",
        "--port",
        str(port),
        "--kubeconfig",
        str(kubeconfig),
    ]
    child = ServedChild(program, f"{url}/readyz")
    child.start()
    return Cluster("twin", kubeconfig, url, child)
