from tests.postmortems.story import opened

from tocsin.events import incident
from tocsin.log import Entry
from tocsin.postmortems.drafts import TASK, reactions


def moved_to(status: str) -> Entry:
    return opened().tell(incident.StatusChanged(before="investigating", after=status)).entries[-1]


def test_a_resolution_asks_for_a_draft() -> None:
    (job,) = reactions(moved_to("resolved"))
    assert (job.task, job.args) == (TASK, {"incident_id": "i1"})


def test_another_status_asks_for_nothing() -> None:
    assert list(reactions(moved_to("monitoring"))) == []


def test_an_incident_is_drafted_once_at_a_time() -> None:
    (job,) = reactions(moved_to("resolved"))
    assert job.merge == job.lock == "postmortem:i1"
