"""A door whose runs work on boxes, and the runbooks that its callers take care of."""

from dataclasses import replace

from fastapi import FastAPI
from tests.runbooks.test_flow import each
from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook

from tocsin.api.app import create_app
from tocsin.main import House
from tocsin.runbooks.care import Care

BY_HAND = runbook(
    "{ id: call, name: Call the bank, manual: { assignee: 'group:sre', instructions: 'Ask for <Kim>',"
    " checklist: [They answered, They agreed], fields: { ticket: { type: integer, required: true } } } }",
    put("one", "a", 1),
)
ASKS_A_GROUP = runbook(
    each("hosts", "[web, db]", approve="{ from: [{ group: sre }, { role: admin }], show: ['run.id', plan] }")
)
TYPES = runbook(put("one", "a", 1, approve="{ from: ['*'], confirm: 'box ${{ 1 + 1 }}' }"))
GATE = runbook("{ id: gate, name: Everybody there?, approve: { from: ['*'] } }", put("one", "a", 1))
SLEEPS = runbook("{ id: rest, wait: 5m }", put("one", "a", 1))
FIRES = runbook("{ id: shot, name: Fire, uses: box.fire, with: { box: a, value: 1 } }")
MANY = runbook(each("hosts", "[" + ", ".join(f"h{number}" for number in range(40)) + "]"))


def door_to(house: House, workshop: Workshop) -> FastAPI:
    """Return the app with the workshop's engine behind it."""
    care = Care(workshop.runs, house.access)
    return create_app(replace(house.door(), runs=workshop.runs, care=care))
