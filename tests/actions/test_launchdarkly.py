"""launchdarkly.set_flag: what people are told before, and where LaunchDarkly says no."""

import pytest
from pydantic import JsonValue, SecretStr

from tests.actions.kube import CANARY
from tests.actions.servers import Site
from tests.actions.twins.launchdarkly import ENVIRONMENT, FLAG, PROJECT, FlagTwin
from tocsin.actions.launchdarkly import SetFeatureFlag, SetFlag
from tocsin.connections import Connections, HttpConnection
from tocsin.errors import ActionFailed, ErrorClass


@pytest.fixture
def twin(site: Site) -> FlagTwin:
    return FlagTwin(site)


@pytest.fixture
def action(site: Site, twin: FlagTwin) -> SetFeatureFlag:
    headers = {"Authorization": SecretStr(CANARY)}
    connection = HttpConnection(base_url=site.url, headers=headers, allow_private=True)
    return SetFeatureFlag(Connections({"http:launchdarkly": connection}))


def want(*, on: bool = False, environment: str = ENVIRONMENT, comment: str | None = None) -> SetFlag:
    return SetFlag(
        connection="http:launchdarkly",
        project=PROJECT,
        environment=environment,
        flag=FLAG,
        on=on,
        comment=comment,
    )


def test_the_plan_says_what_is_served_when_it_is_off(action: SetFeatureFlag) -> None:
    assert action.plan(want()).warnings == ("while it is off, the old checkout is served to everybody",)


def test_a_flag_without_an_off_variation_falls_back_to_the_code(
    action: SetFeatureFlag, twin: FlagTwin
) -> None:
    twin.off_variation = None
    assert "the default that stands in the code" in action.plan(want()).warnings[0]


def test_the_comment_goes_into_launchdarklys_history(action: SetFeatureFlag, twin: FlagTwin) -> None:
    action.run(want(comment="inc-7: carts are lost"), action.plan(want()), "step-1")
    assert twin.comments == ["inc-7: carts are lost"]


def test_an_archived_flag_is_refused(action: SetFeatureFlag, twin: FlagTwin) -> None:
    twin.archived = True
    with pytest.raises(ActionFailed, match="is archived; nothing was changed"):
        action.plan(want())


def test_an_unknown_environment_is_missing(action: SetFeatureFlag) -> None:
    with pytest.raises(ActionFailed, match="no environment 'prod'") as caught:
        action.plan(want(environment="prod"))
    assert caught.value.kind is ErrorClass.MISSING


def test_where_launchdarkly_wants_an_approval_of_its_own_it_is_denied(
    action: SetFeatureFlag, twin: FlagTwin
) -> None:
    plan = action.plan(want())
    twin.needs_approval = True
    with pytest.raises(ActionFailed, match="approval is required") as caught:
        action.run(want(), plan, "step-1")
    assert caught.value.kind is ErrorClass.DENIED


def test_a_flag_that_was_turned_back_is_not_verified(action: SetFeatureFlag, twin: FlagTwin) -> None:
    plan = action.plan(want())
    action.run(want(), plan, "step-1")
    twin.on = True
    assert action.verify(want(), plan).state == "waiting"


def test_by_hand_it_is_one_command() -> None:
    given: dict[str, JsonValue] = {"project": "core", "environment": "production", "flag": "f", "on": False}
    assert SetFeatureFlag.by_hand(given) == (
        "ldcli flags toggle-off --project core --environment production --flag f"
    )
