"""The PagerDuty actions where people move, lines break, and there is nobody above."""

import pytest
from pydantic import SecretStr

from tests.actions.kube import CANARY
from tests.actions.pager import FarPager
from tocsin.actions.pagerduty import Escalate, EscalateIncident, Page, ResolveIncident
from tocsin.connections import Connections, PagerDutyConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.pagerduty.gate import Fault

NOTE = "The rollback failed."


@pytest.fixture
def connections(pagerduty: FarPager) -> Connections:
    connection = PagerDutyConnection(
        token=SecretStr(CANARY), sender="ana@acme.example", base_url=pagerduty.url
    )
    return Connections({"pagerduty:main": connection}, pagerduty.ca_pem)


@pytest.fixture
def action(connections: Connections) -> EscalateIncident:
    return EscalateIncident(connections)


@pytest.fixture
def incident(pagerduty: FarPager) -> str:
    """An incident on the first of three levels: Bo, Chidi, Ana."""
    return pagerduty.pager.trigger("Checkout is down").id


def escalate(action: EscalateIncident, incident: str, level: int | None = None) -> Escalate:
    want = Escalate(incident=incident, note=NOTE, level=level)
    action.run(want, action.plan(want), "step-1")
    return want


def escalations(far: FarPager) -> int:
    """Count the times that people were paged."""
    return len([call for call in far.pager.calls("/incidents/[^/]+$") if call.method == "PUT"])


def test_the_plan_names_those_who_would_be_paged(action: EscalateIncident, incident: str) -> None:
    plan = action.plan(Escalate(incident=incident, note=NOTE))
    assert (plan.level, plan.changes[0].before, plan.changes[0].after) == (
        2,
        ["Bo Achterberg"],
        ["Chidi Okafor"],
    )


def test_another_run_goes_one_level_higher(
    action: EscalateIncident, incident: str, pagerduty: FarPager
) -> None:
    escalate(action, incident)
    plan = action.plan(Escalate(incident=incident, note=NOTE))
    assert (plan.level, plan.changes[0].after) == (3, ["Ana Lindqvist"])


def test_a_try_that_broke_after_the_page_does_not_page_again(
    action: EscalateIncident, incident: str, pagerduty: FarPager
) -> None:
    want = Escalate(incident=incident, note=NOTE)
    plan = action.plan(want)
    pagerduty.pager.plant(Fault(path_regex="/notes$", status=502))
    with pytest.raises(ActionFailed, match="HTTP 502"):
        action.run(want, plan, "step-1")
    assert not action.run(want, plan, "step-1").changed
    assert escalations(pagerduty) == 1


def test_people_who_have_it_are_not_paged_again(
    action: EscalateIncident, incident: str, pagerduty: FarPager
) -> None:
    want = Escalate(incident=incident, note=NOTE)
    plan = action.plan(want)
    pagerduty.pager.escalate(incident, 2)
    assert not action.run(want, plan, "step-1").changed
    assert escalations(pagerduty) == 0


def test_a_level_may_be_chosen(action: EscalateIncident, incident: str) -> None:
    want = escalate(action, incident, level=3)
    assert action.verify(want, action.plan(want)).state == "ok"


def test_there_is_nobody_above_the_last_level(action: EscalateIncident, incident: str) -> None:
    escalate(action, incident, level=3)
    with pytest.raises(ActionFailed, match="no level above reaches anybody else; nobody was paged"):
        action.plan(Escalate(incident=incident, note=NOTE))


def test_somebody_outside_the_policy_is_on_no_level(
    action: EscalateIncident, incident: str, pagerduty: FarPager
) -> None:
    pagerduty.pager.reassign(incident, "dee")
    with pytest.raises(ActionFailed, match="assigned to Dee Marchetti, and nobody of them is on a level"):
        action.plan(Escalate(incident=incident, note=NOTE))


def test_a_level_that_is_not_there_is_refused(action: EscalateIncident, incident: str) -> None:
    with pytest.raises(ActionFailed, match="nobody is on call on level 9"):
        action.plan(Escalate(incident=incident, note=NOTE, level=9))


def test_a_resolved_incident_pages_nobody(
    action: EscalateIncident, incident: str, pagerduty: FarPager
) -> None:
    pagerduty.pager.resolve(incident)
    with pytest.raises(ActionFailed, match="is resolved; nobody was paged"):
        action.plan(Escalate(incident=incident, note=NOTE))


def test_the_verification_waits_until_they_have_it(
    action: EscalateIncident, incident: str, pagerduty: FarPager
) -> None:
    want = Escalate(incident=incident, note=NOTE)
    assert action.verify(want, action.plan(want)).state == "waiting"


def test_the_note_is_there_before_the_end(
    connections: Connections, incident: str, pagerduty: FarPager
) -> None:
    action, want = ResolveIncident(connections), Page(incident=incident, note="Freed 3 GiB.")
    action.run(want, action.plan(want), "step-1")
    calls = [call.path.rpartition("/")[2] for call in pagerduty.pager.calls("/incidents/")]
    assert calls == ["notes", incident]


def test_what_somebody_resolved_meanwhile_still_gets_its_note(
    connections: Connections, incident: str, pagerduty: FarPager
) -> None:
    action, want = ResolveIncident(connections), Page(incident=incident, note="Freed 3 GiB.")
    pagerduty.pager.resolve(incident)
    assert not action.run(want, action.plan(want), "step-1").changed
    assert len(pagerduty.pager.calls("/notes$")) == 1


def test_a_rate_limit_comes_back_at_once(
    connections: Connections, incident: str, pagerduty: FarPager
) -> None:
    pagerduty.pager.plant(Fault(path_regex="/incidents/", status=429, retry_after=30))
    with pytest.raises(ActionFailed) as caught:
        ResolveIncident(connections).plan(Page(incident=incident, note="Done."))
    assert caught.value.kind is ErrorClass.THROTTLED
