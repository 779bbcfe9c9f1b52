"""Planted faults, and the ledger of what was done all the same."""

from pagerduty import RestApiV2Client

from tocsin.playground.pagerduty.gate import Fault
from tocsin.playground.pagerduty.pager import Pager


def test_a_fault_strikes_as_often_as_planted(rest: RestApiV2Client, pager: Pager) -> None:
    pager.plant(Fault(path_regex="/priorities", status=503, times=2))

    assert [rest.get("/priorities").status_code for _ in range(3)] == [503, 503, 200]


def test_a_note_whose_answer_was_lost_is_in_the_ledger(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.plant(Fault(path_regex="/notes$", status=502, moment="after"))

    rest.post(f"/incidents/{incident.id}/notes", json={"note": {"content": "written"}})

    assert [call.body for call in pager.calls("/notes$")] == [{"note": {"content": "written"}}]


def test_a_note_that_met_a_fault_is_not_in_the_ledger(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.plant(Fault(path_regex="/notes$", status=502))

    rest.post(f"/incidents/{incident.id}/notes", json={"note": {"content": "lost"}})

    assert pager.calls("/notes$") == []


def test_a_resolve_that_pagerduty_refuses_is_not_in_the_ledger(rest: RestApiV2Client, pager: Pager) -> None:
    incident = pager.trigger("5xx above 5 %")
    pager.resolve(incident.id)

    rest.put(
        f"/incidents/{incident.id}", json={"incident": {"type": "incident_reference", "status": "resolved"}}
    )

    assert pager.calls() == []
