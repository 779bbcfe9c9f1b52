"""The description of the API."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest


@pytest.fixture
async def schema(stranger: httpx2.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await stranger.get("/openapi.json")).json()
    return found


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/"):
                yield path, method, operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for key, one in value.items() if key == "$ref")
        for one in value.values():
            yield from references(one)
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(references(schema)) <= known


def test_every_operation_has_a_name_of_its_own(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(names) == len(set(names))


def test_every_operation_needs_a_token(schema: dict[str, Any]) -> None:
    assert [path for path, _, one in operations(schema) if one.get("security") != [{"HTTPBearer": []}]] == []


def test_every_operation_documents_its_problems(schema: dict[str, Any]) -> None:
    kinds = {
        (path, status)
        for path, _, one in operations(schema)
        for status, answer in one["responses"].items()
        if status.startswith(("4", "5")) and list(answer["content"]) != ["application/problem+json"]
    }
    assert kinds == set()


def test_every_post_takes_an_idempotency_key(schema: dict[str, Any]) -> None:
    without = [
        path
        for path, method, one in operations(schema)
        if method == "post" and "idempotency-key" not in {p["name"].lower() for p in one["parameters"]}
    ]
    assert without == []


def test_every_operation_of_the_contract_is_there(schema: dict[str, Any]) -> None:
    incident, run = "/api/v1/incidents/{ref}", "/api/v1/runs/{run_id}"
    runbook = "/api/v1/runbooks/{name}"
    wanted = {
        ("/api/v1/incidents", "post"),
        ("/api/v1/incidents", "get"),
        (incident, "get"),
        (f"{incident}/timeline", "get"),
        *((f"{incident}/{verb}", "post") for verb in ("status", "severity", "updates", "resolve", "reopen")),
        ("/api/v1/runs", "post"),
        ("/api/v1/runs", "get"),
        (run, "get"),
        *((f"{run}/{verb}", "post") for verb in ("approve", "reject", "cancel", "pause", "resume")),
        *((f"{run}/{verb}", "post") for verb in ("resolve-unknown", "resolve-undo", "break-glass", "rerun")),
        *((f"{run}/steps/{{step}}/{verb}", "post") for verb in ("complete", "refuse")),
        ("/api/v1/automation", "get"),
        *((f"/api/v1/automation/{verb}", "post") for verb in ("stop", "resume")),
        ("/api/v1/runbooks", "get"),
        ("/api/v1/runbooks", "post"),
        (runbook, "get"),
        (f"{runbook}/plan", "post"),
        (f"{runbook}/revisions", "get"),
        (f"{runbook}/diff", "get"),
        *((f"{runbook}/{verb}", "post") for verb in ("publish", "approve", "reject", "rearm")),
        ("/api/v1/sources", "get"),
        ("/api/v1/sources/{name}/sync", "post"),
        ("/api/v1/postmortems/{ref}", "get"),
        ("/api/v1/services", "get"),
        ("/api/v1/events", "get"),
        ("/api/v1/events/live", "get"),
    }
    assert {(path, method) for path, method, _ in operations(schema)} == wanted


def test_the_pages_are_not_part_of_the_description(schema: dict[str, Any]) -> None:
    assert [path for path in schema["paths"] if path in {"/", "/login", "/runs"}] == []
