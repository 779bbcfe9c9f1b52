"""An Application of a small Argo CD."""

from collections.abc import Callable

from pydantic import SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.twins.argocd import APP, PROJECT, ArgoTwin
from tocsin.actions.argocd import SetAutosync
from tocsin.connections import HttpConnection


def set_autosync(worlds: Worlds) -> Case:
    twin = ArgoTwin(worlds.site)

    def connection(url: str, token: str) -> HttpConnection:
        headers = {"Authorization": SecretStr(f"Bearer {token}")}
        return HttpConnection(base_url=url, headers=headers, allow_private=True)

    url = worlds.site.url
    want = SetAutosync(connection="http:main", app=APP, enabled=False, project=PROJECT)
    return Case(
        connections=connections_of(
            connection(url, CANARY), connection(url, "wrong"), connection(CLOSED, CANARY)
        ),
        want=want,
        missing=want.model_copy(update={"app": "nowhere"}),
        state=lambda: twin.policy,
        effects=lambda: twin.patches,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"argocd.set_autosync": set_autosync}
