"""The practice PagerDuty as one app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException

from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.directory_routes import directory_routes
from tocsin.playground.pagerduty.errors import NOT_FOUND, Refusal
from tocsin.playground.pagerduty.event_routes import event_routes
from tocsin.playground.pagerduty.gate import CallNext
from tocsin.playground.pagerduty.incident_routes import incident_routes
from tocsin.playground.pagerduty.practice_routes import practice_routes
from tocsin.playground.pagerduty.subscription_routes import subscription_routes

PAGE = Path(__file__).with_name("page.html")


def create_app(account: Account) -> FastAPI:
    """Build the app around an account; the app ends the account's deliveries when it shuts down."""
    app = FastAPI(
        title="Practice PagerDuty", lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.account = account
    app.middleware("http")(_through_the_gate)
    app.exception_handler(Refusal)(_answer_refusal)
    app.exception_handler(RequestValidationError)(_answer_invalid)
    app.exception_handler(HTTPException)(_answer_unknown)
    for routes in (incident_routes, directory_routes, subscription_routes, event_routes, practice_routes):
        app.include_router(routes())
    app.add_api_route("/", show_page, methods=["GET"])
    app.add_api_route("/web/{path:path}", show_page, methods=["GET"])
    return app


async def show_page() -> FileResponse:
    """Show the page on which a person triggers, acknowledges and resolves."""
    return FileResponse(PAGE, media_type="text/html")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    account: Account = app.state.account
    await account.courier.close()


async def _through_the_gate(request: Request, call_next: CallNext) -> Response:
    account: Account = request.app.state.account
    return await account.gate.admit(request, call_next)


async def _answer_refusal(_request: Request, refusal: Refusal) -> JSONResponse:
    return JSONResponse(refusal.body(), refusal.status)


async def _answer_invalid(_request: Request, problem: RequestValidationError) -> JSONResponse:
    details = [f"{'.'.join(str(part) for part in e['loc'][1:])}: {e['msg']}" for e in problem.errors()]
    refusal = Refusal.invalid(*details)
    return JSONResponse(refusal.body(), refusal.status)


async def _answer_unknown(_request: Request, problem: HTTPException) -> JSONResponse:
    refusal = Refusal(problem.status_code, NOT_FOUND, str(problem.detail))
    return JSONResponse(refusal.body(), refusal.status)
