"""Errors as RFC 9457 problem details; nothing that people send is ever a 500."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from tocsin import errors

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


def problem(status: int, title: str, detail: str, **more: object) -> JSONResponse:
    """Return an RFC 9457 answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def register(app: FastAPI) -> None:
    """Make every error of ours an answer."""

    @app.exception_handler(errors.TocsinError)
    async def ours(_: Request, error: errors.TocsinError) -> JSONResponse:
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
        return problem(status, type(error).__name__, str(error))

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [{"at": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()]
        return problem(422, "Invalid", "the request is not as documented in /openapi.json", errors=faults)
