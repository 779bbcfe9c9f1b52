"""The REST API, as far as measurements need it."""

from typing import Any

from aiohttp import ClientSession

from bench.installation import Installation


async def start_run(http: ClientSession, at: Installation, runbook: str, **inputs: str) -> str:
    """Start a run and return its id."""
    return str((await _post(http, f"{at.url}/api/v1/runs", {"runbook": runbook, "inputs": inputs}))["id"])


async def digest_asked(http: ClientSession, at: Installation, run_id: str) -> str | None:
    """Return what the run asks people to approve; None while it asks nothing."""
    async with http.get(f"{at.url}/api/v1/runs/{run_id}", raise_for_status=True) as answer:
        asked = [one["digest"] for one in (await answer.json())["approvals"] if one["open"]]
    return asked[0] if asked else None


async def approve(http: ClientSession, at: Installation, run_id: str, digest: str) -> None:
    """Say yes."""
    await _post(http, f"{at.url}/api/v1/runs/{run_id}/approve", {"digest": digest})


async def _post(http: ClientSession, url: str, body: dict[str, Any]) -> Any:
    async with http.post(url, json=body, raise_for_status=True) as answer:
        return await answer.json()
