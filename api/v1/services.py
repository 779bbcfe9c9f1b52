"""The services catalogue."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.paging import NAME, Cursor, Limit, Page, cursor_of, place_of

router = APIRouter(prefix="/services", tags=["services"])


class ServiceView(BaseModel):
    """One entry of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    name: str
    severity: str | None
    """Of an incident that a page opens; null: the default one."""
    team: str | None
    pagerduty: tuple[str, ...]
    """Ids of the PagerDuty services that page for it."""
    labels: dict[str, str]


@router.get("")
async def list_services(
    door: TheDoor, actor: TheActor, limit: Limit = 100, cursor: Cursor = None
) -> Page[ServiceView]:
    """List the services, by slug."""
    door.access.authorize(actor, "incident.read")
    after = place_of(cursor, NAME) or ""
    known = door.settings.organisation.services
    slugs = sorted(slug for slug in known if slug > after)
    return Page(
        items=tuple(
            ServiceView(slug=slug, **known[slug].model_dump(exclude={"people"})) for slug in slugs[:limit]
        ),
        next_cursor=cursor_of(slugs[limit - 1]) if len(slugs) > limit else None,
    )
