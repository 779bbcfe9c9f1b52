"""Postmortems, as documents."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.postmortems.render import Format

router = APIRouter(prefix="/postmortems", tags=["postmortems"])
MEDIA_TYPES: dict[Format, str] = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}


@router.get(
    "/{ref}",
    response_class=Response,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()}}},
)
async def get_postmortem(
    ref: str,
    door: TheDoor,
    actor: TheActor,
    format: Annotated[Format, Query()] = "md",
    version: Annotated[int | None, Query(ge=1, description="A draft exactly as it was written")] = None,
) -> Response:
    """Return an incident's postmortem: all that is known now, or one of its drafts."""
    async with door.database.transaction() as session:
        document = await door.drafts.export(session, actor, ref, format, version)
    return Response(document, media_type=MEDIA_TYPES[format])
