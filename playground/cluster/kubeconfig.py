"""The kubeconfig of a practice cluster, with the two people in it."""

import json
from pathlib import Path

ADMIN_TOKEN = "admin-token"
BOT_TOKEN = "bot-token"
BOT_USER = "tocsin"


def kubeconfig_path(folder: Path) -> Path:
    """Say where a cluster with its state in this folder has its kubeconfig."""
    return folder / "kubeconfig"


def write_kubeconfig(path: Path, server: str, ca_pem: Path | None = None) -> None:
    """Write the contexts `admin` (the current one) and `bot`. JSON, which is YAML too."""
    cluster = {
        "server": server,
        **({} if ca_pem is None else {"certificate-authority": str(ca_pem.resolve())}),
    }
    tokens = {"admin": ADMIN_TOKEN, "bot": BOT_TOKEN}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin",
        "clusters": [{"name": "practice", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}} for name, token in tokens.items()],
        "contexts": [
            {"name": name, "context": {"cluster": "practice", "namespace": "default", "user": name}}
            for name in tokens
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2) + "\n")
