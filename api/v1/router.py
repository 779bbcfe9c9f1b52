"""All routes of version 1, and what is the same for each of them."""

from typing import Any

from fastapi import APIRouter, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict

from tocsin.api.limits import MAX_BODY
from tocsin.api.problems import MEDIA_TYPE
from tocsin.api.v1 import (
    automation,
    care,
    events,
    incidents,
    plans,
    postmortems,
    runbooks,
    runs,
    services,
    sources,
)


class Problem(BaseModel):
    """An error, by RFC 9457."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str
    """What happened, what was kept, and what to do next."""


_SCHEMA = Problem.model_json_schema()


def _documented(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    # Not ``model=``: that would say application/json.
    return {status: {"description": description, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}}


PROBLEMS = {
    **_documented(401, "No token, or not one of ours"),
    **_documented(403, "The token's owner may not do this"),
    **_documented(404, "There is no such thing, or the token's owner may not know of it"),
    **_documented(409, "It is no longer in the state this needs"),
    **_documented(413, f"The body is larger than {MAX_BODY // 1024} KiB"),
    **_documented(422, "The request makes no sense; ``errors`` says where"),
    **_documented(503, "The database does not answer"),
}
router = APIRouter(
    prefix="/api/v1",
    responses=PROBLEMS,
    # Only for the schema: the gate has let nobody through without a token.
    dependencies=[Security(HTTPBearer(auto_error=False, description="A token of Tocsin's"))],
)
for one in (incidents, runs, care, automation, runbooks, plans, sources, postmortems, services, events):
    router.include_router(one.router)
