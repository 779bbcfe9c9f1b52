"""Errors as RFC 9457 problem details, or as a page for people; nothing that is sent to us is ever a 500."""

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from tocsin import errors
from tocsin.api.console.pages import page

MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[type[errors.TocsinError], int] = {
    errors.Invalid: 422,
    errors.BadRunbook: 422,
    errors.BadExpression: 422,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.StaleStream: 409,
    errors.ActionFailed: 502,
}
_FOR_MACHINES = ("/api/", "/webhooks/", "/slack/", "/healthz", "/readyz", "/metrics", "/openapi.json")
logger = structlog.get_logger(__name__)


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """Return an RFC 9457 answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def register(app: FastAPI) -> None:
    """Make every error an answer."""

    @app.exception_handler(errors.TocsinError)
    async def ours(request: Request, error: errors.TocsinError) -> Response:
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
        return _answer(request, status, type(error).__name__, str(error))

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        faults = [{"at": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()]
        told = "the request is not as documented in /openapi.json"
        return _answer(request, 422, "Invalid", told, errors=faults)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        title = HTTPStatus(error.status_code).phrase
        detail = _DETAIL.get(error.status_code, error.detail)
        return _answer(request, error.status_code, title, detail, headers=error.headers)

    @app.exception_handler(OperationalError)
    async def out_of_reach(request: Request, error: OperationalError) -> Response:
        logger.error("database_out_of_reach", error=str(error.orig))
        told = "the database does not answer; nothing was changed. Try again in a few seconds."
        return _answer(request, 503, "Unavailable", told, headers={"Retry-After": "5"})

    @app.exception_handler(HTTPStatus.INTERNAL_SERVER_ERROR)
    async def ours_to_mend(request: Request, error: Exception) -> Response:
        # The server logs the traceback: the error goes on to it when this is answered.
        logger.error("request_failed", path=request.url.path, error=type(error).__name__)
        told = "Tocsin failed at this; its log says why. What was not confirmed was not done."
        return _answer(request, 500, "Failed", told)


_DETAIL = {
    404: "there is nothing at this address",
    405: "this address does not take this method",
    413: "the body is too large; nothing was done",
}


def _answer(
    request: Request,
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    for_people = "text/html" in request.headers.get("accept", "")
    if for_people and not request.url.path.startswith(_FOR_MACHINES):
        shown = {"title": title, "detail": detail, "status": status}
        return page(request, "problem.html.j2", shown, status_code=status)
    return problem(status, title, detail, headers, **more)
