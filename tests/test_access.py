"""Access: deny by default, one function for every door."""

import pytest

from tocsin.access import Access, Verb
from tocsin.errors import Forbidden
from tocsin.events import Actor
from tocsin.organisation import Access as Rules
from tocsin.organisation import Organisation, Team

ORGANISATION = Organisation(
    teams={"sre": Team(members=("Bo@acme.example", "U0ELIF"))},
    access=Rules(responder=("group:sre",), admin=("user:root@acme.example",)),
)
ACCESS = Access(ORGANISATION)
BO = Actor(kind="slack", id="U0BO", email="bo@ACME.example")
ELIF = Actor(kind="slack", id="U0ELIF")
DEE = Actor(kind="slack", id="U0DEE", email="dee@acme.example")
ROOT = Actor(kind="slack", id="U0ROOT", email="root@acme.example")
TOKEN = Actor(kind="api", id="some-token")
LOGIN = Actor(kind="cli", id="root")


@pytest.mark.parametrize("actor", [BO, ELIF])
def test_a_team_knows_its_members_by_email_and_by_slack_id(actor: Actor) -> None:
    assert "group:sre" in ACCESS.principals(actor)


@pytest.mark.parametrize(
    ("actor", "verb"),
    [
        (DEE, "incident.declare"),
        (DEE, "incident.change"),
        (BO, "run.start"),
        (BO, "run.cancel"),
        (ROOT, "runbook.publish"),
        (LOGIN, "audit.read"),
    ],
)
def test_who_may(actor: Actor, verb: Verb) -> None:
    ACCESS.authorize(actor, verb)


@pytest.mark.parametrize(
    ("actor", "verb"),
    [
        (DEE, "run.start"),
        (DEE, "run.approve"),
        (DEE, "runbook.publish"),
        (DEE, "audit.read"),
        (BO, "run.approve"),
        (BO, "runbook.publish"),
        (TOKEN, "run.start"),
    ],
)
def test_who_may_not(actor: Actor, verb: Verb) -> None:
    with pytest.raises(Forbidden, match="Nothing was changed"):
        ACCESS.authorize(actor, verb)


def test_an_objects_own_list_lets_its_people_in() -> None:
    ACCESS.authorize(DEE, "run.start", ["user:dee@acme.example"])


def test_an_objects_own_list_keeps_responders_out_who_are_not_on_it() -> None:
    with pytest.raises(Forbidden, match="that takes group:dba"):
        ACCESS.authorize(BO, "run.start", ["group:dba"])


def test_an_objects_own_list_gives_no_other_right() -> None:
    with pytest.raises(Forbidden):
        ACCESS.authorize(DEE, "runbook.publish", ["user:dee@acme.example"])
