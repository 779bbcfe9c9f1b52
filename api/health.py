"""Whether it lives, whether it can work, and what it counts."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import OperationalError

from tocsin.api.deps import TheDoor

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def ready(door: TheDoor, response: Response) -> dict[str, str]:
    """Say whether webhooks can be stored: 200, or 503 with the reason."""
    try:
        await door.database.ping()
    except OperationalError:
        response.status_code = 503
        return {"status": "the database does not answer"}
    return {"status": "ok"}


@router.get("/metrics")
async def metrics() -> Response:
    """Return the counters in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
