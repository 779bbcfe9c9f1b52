"""Serve the page; permalinks open it at their message."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, RedirectResponse, Response

_FOLDER = Path(__file__).parent
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_POLICY = "default-src 'self'; img-src 'self' https: data:; frame-ancestors 'none'"


def page_routes() -> APIRouter:
    """Route /, its static files, and the addresses chat.getPermalink gives out."""
    router = APIRouter()

    @router.get("/")
    async def index() -> Response:
        headers = {"Content-Security-Policy": _POLICY}
        return FileResponse(_FOLDER / "templates" / "index.html", media_type="text/html", headers=headers)

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        path = _FOLDER / "static" / Path(name).name
        if path.suffix not in _KINDS or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, media_type=_KINDS[path.suffix], headers={"Cache-Control": "no-cache"})

    @router.get("/archives/{channel}/p{digits}")
    async def permalink(channel: str, digits: str) -> Response:
        return RedirectResponse(f"/#{channel}/{digits[:-6]}.{digits[-6:]}")

    return router
