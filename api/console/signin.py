"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from tocsin.api.auth import from_here
from tocsin.api.console.forms import genuine
from tocsin.api.console.pages import page
from tocsin.api.deps import TheDoor
from tocsin.api.sessions import COOKIE, MAX_AGE, Sessions
from tocsin.errors import Forbidden

router = APIRouter()
WRONG = "This is not a token of this Tocsin. TOCSIN_BOOTSTRAP_TOKEN holds the first one."


@router.get("/login")
async def sign_in_page(request: Request, next: str = "/") -> Response:
    """Ask for a token."""
    return page(request, "signin.html.j2", {"next": _ours(next), "problem": ""})


@router.post("/login")
async def sign_in(
    request: Request, door: TheDoor, token: Annotated[str, Form()], next: Annotated[str, Form()] = "/"
) -> Response:
    """Begin a session, and go where one wanted to go."""
    if not from_here(request.headers, door.settings.base_url):
        raise Forbidden("this form was sent from another site; you were not signed in")
    sessions: Sessions = request.app.state.sessions
    actor = sessions.actor(token.strip())
    if actor is None:
        shown = {"next": _ours(next), "problem": WRONG}
        return page(request, "signin.html.j2", shown, status_code=401)
    answer = RedirectResponse(_ours(next), status_code=303)
    secure = door.settings.base_url.startswith("https://")
    answer.set_cookie(
        COOKIE, sessions.begin(actor), max_age=MAX_AGE, httponly=True, samesite="strict", secure=secure
    )
    return answer


@router.post("/logout", dependencies=[Depends(genuine)])
async def sign_out() -> Response:
    """End the session in this browser."""
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _ours(address: str) -> str:
    """Return the address if it is a page of ours, else the front page."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if inside else "/"
