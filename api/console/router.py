"""All pages of the console, and the files they need."""

from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from tocsin.api.console import automation, care, incidents, runbooks, runs, signin, suggestions
from tocsin.api.console.forms import genuine
from tocsin.errors import NotFound

_STATIC = Path(__file__).parent / "static"
_DAY = "public, max-age=86400"

router = APIRouter(include_in_schema=False)
router.include_router(signin.router)
for one in (incidents, runs, care, runbooks, suggestions, automation):
    router.include_router(one.router, dependencies=[Depends(genuine), Depends(automation.known)])


@router.get("/static/{name}")
async def static(name: str) -> FileResponse:
    """Return one of the files beside this one."""
    known = {path.name: path for path in _STATIC.iterdir()}
    if name not in known:
        raise NotFound(f"there is no file {name}")
    return FileResponse(known[name], headers={"Cache-Control": _DAY})
