"""The JSON Schema of runbook files, for editors. Anybody may read it: it says nothing of the organisation."""

import asyncio
import json
from functools import lru_cache

from fastapi import APIRouter, Response

from tocsin.actions.registry import Registry
from tocsin.api.deps import TheDoor
from tocsin.runbooks.schema import ADDRESS, json_schema

router = APIRouter(tags=["runbooks"])


@router.get(ADDRESS)
async def runbook_schema(door: TheDoor) -> Response:
    """Return the JSON Schema of runbook files, with every action that is installed here.

    With `# yaml-language-server: $schema=` and this address as its first line, editors complete a runbook.
    """
    written = await asyncio.to_thread(_written, door.registry)
    return Response(written, media_type="application/schema+json", headers={"Cache-Control": "max-age=300"})


@lru_cache(maxsize=1)
def _written(registry: Registry) -> bytes:
    return json.dumps(json_schema(registry)).encode()
