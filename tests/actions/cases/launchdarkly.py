"""A flag of a small LaunchDarkly."""

from collections.abc import Callable

from pydantic import SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.twins.launchdarkly import ENVIRONMENT, FLAG, PROJECT, FlagTwin
from tocsin.actions.launchdarkly import SetFlag
from tocsin.connections import HttpConnection


def set_flag(worlds: Worlds) -> Case:
    twin = FlagTwin(worlds.site)

    def connection(url: str, token: str) -> HttpConnection:
        return HttpConnection(base_url=url, headers={"Authorization": SecretStr(token)}, allow_private=True)

    url = worlds.site.url
    want = SetFlag(connection="http:main", project=PROJECT, environment=ENVIRONMENT, flag=FLAG, on=False)
    return Case(
        connections=connections_of(
            connection(url, CANARY), connection(url, "wrong"), connection(CLOSED, CANARY)
        ),
        want=want,
        missing=want.model_copy(update={"flag": "nowhere"}),
        state=lambda: twin.on,
        effects=lambda: len(twin.comments),
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"launchdarkly.set_flag": set_flag}
