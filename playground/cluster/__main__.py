"""Run the twin of the Kubernetes API as a process of its own."""

import argparse
from pathlib import Path

import uvicorn

from tocsin.playground.cluster.kubeconfig import write_kubeconfig
from tocsin.playground.cluster.twin.app import build_app
from tocsin.playground.cluster.twin.world import World
from tocsin.playground.serving import HOST, uvicorn_config


def main() -> None:
    """Write the kubeconfig and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tocsin.playground.cluster", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="the loopback port to serve on")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="where to write the kubeconfig")
    asked = parser.parse_args()
    write_kubeconfig(asked.kubeconfig, f"http://{HOST}:{asked.port}")
    uvicorn.Server(uvicorn_config(build_app(World()), asked.port)).run()


if __name__ == "__main__":
    main()
