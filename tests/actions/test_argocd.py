"""argocd.set_autosync where policies differ, caches lag, and somebody else is at work."""

import pytest
from pydantic import JsonValue, SecretStr

from tests.actions.kube import CANARY
from tests.actions.servers import Site
from tests.actions.twins.argocd import APP, PROJECT, ArgoTwin
from tocsin.actions.argocd import SetApplicationAutosync, SetAutosync
from tocsin.connections import Connections, HttpConnection
from tocsin.errors import ActionFailed, ErrorClass


@pytest.fixture
def twin(site: Site) -> ArgoTwin:
    return ArgoTwin(site)


@pytest.fixture
def action(site: Site, twin: ArgoTwin) -> SetApplicationAutosync:
    headers = {"Authorization": SecretStr(f"Bearer {CANARY}")}
    connection = HttpConnection(base_url=site.url, headers=headers, allow_private=True)
    return SetApplicationAutosync(Connections({"http:argocd": connection}))


def want(*, enabled: bool, prune: bool | None = None, self_heal: bool | None = None) -> SetAutosync:
    return SetAutosync(
        connection="http:argocd",
        app=APP,
        project=PROJECT,
        enabled=enabled,
        prune=prune,
        self_heal=self_heal,
    )


def carry_out(action: SetApplicationAutosync, wanted: SetAutosync) -> None:
    action.run(wanted, action.plan(wanted), "step-1")


def test_turning_it_off_leaves_the_other_options(action: SetApplicationAutosync, twin: ArgoTwin) -> None:
    carry_out(action, want(enabled=False))
    assert twin.policy == {"syncOptions": ["CreateNamespace=true"]}


@pytest.mark.parametrize("before", [None, {}, {"automated": {"enabled": False, "prune": True}}])
def test_what_is_off_already_is_not_touched(
    action: SetApplicationAutosync, twin: ArgoTwin, before: dict[str, JsonValue] | None
) -> None:
    twin.policy = before
    assert action.plan(want(enabled=False)).noop
    carry_out(action, want(enabled=False))
    assert twin.patches == 0


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (None, want(enabled=True), {}),
        (None, want(enabled=True, prune=True, self_heal=False), {"prune": True}),
        ({"prune": True, "selfHeal": True}, want(enabled=True, self_heal=False), {"prune": True}),
        ({"enabled": False, "prune": True}, want(enabled=True), {"prune": True}),
    ],
)
def test_turning_it_on_keeps_what_is_not_given(
    action: SetApplicationAutosync, twin: ArgoTwin, before: JsonValue, wanted: SetAutosync, after: JsonValue
) -> None:
    twin.policy = {"automated": before} if before is not None else None
    carry_out(action, wanted)
    assert twin.automated == after


def test_an_option_that_is_false_is_the_same_as_none(action: SetApplicationAutosync, twin: ArgoTwin) -> None:
    twin.policy = {"automated": {"prune": False, "selfHeal": True}}
    assert action.plan(want(enabled=True, prune=False)).noop


def test_somebody_elses_change_is_left_alone(action: SetApplicationAutosync, twin: ArgoTwin) -> None:
    plan = action.plan(want(enabled=False))
    twin.policy = {"automated": {"prune": True}}
    with pytest.raises(ActionFailed, match="left alone") as caught:
        action.run(want(enabled=False), plan, "step-1")
    assert (caught.value.kind, twin.patches) == (ErrorClass.CONFLICT, 0)


def test_a_cache_that_lags_behind_is_waited_for(action: SetApplicationAutosync, twin: ArgoTwin) -> None:
    plan = action.plan(want(enabled=False))
    before = twin.policy
    action.run(want(enabled=False), plan, "step-1")
    twin.stale = before
    assert action.verify(want(enabled=False), plan).state == "waiting"


def test_a_third_policy_is_a_failed_verification(action: SetApplicationAutosync, twin: ArgoTwin) -> None:
    plan = action.plan(want(enabled=False))
    action.run(want(enabled=False), plan, "step-1")
    twin.policy = {"automated": {}}
    assert action.verify(want(enabled=False), plan).state == "failed"


def test_an_owner_that_may_set_it_back_is_a_warning(action: SetApplicationAutosync, twin: ArgoTwin) -> None:
    twin.owners = [{"kind": "ApplicationSet", "name": "shops"}]
    assert "ApplicationSet shops made it" in action.plan(want(enabled=False)).warnings[0]


def test_without_its_project_a_wrong_name_looks_like_a_missing_right(action: SetApplicationAutosync) -> None:
    with pytest.raises(ActionFailed, match="permission denied") as caught:
        action.plan(SetAutosync(connection="http:argocd", app="nowhere", enabled=False))
    assert caught.value.kind is ErrorClass.DENIED


@pytest.mark.parametrize(
    ("enabled", "policy"), [(True, "automated"), (False, "none"), ("<pause>", "<automated or none>")]
)
def test_by_hand_it_is_one_command(enabled: JsonValue, policy: str) -> None:
    told = SetApplicationAutosync.by_hand({"app": "checkout", "enabled": enabled})
    assert told == f"argocd app set checkout --sync-policy {policy}"
