"""The HTTP application."""

from fastapi import FastAPI

from tocsin.api import git, health, hooks, problems, webhooks
from tocsin.api.auth import Gate
from tocsin.api.console import router as console
from tocsin.api.deps import Door
from tocsin.api.headers import SecurityHeaders
from tocsin.api.limits import BodyCap
from tocsin.api.live import Pulse
from tocsin.api.sessions import Sessions
from tocsin.api.v1 import router as v1


def create_app(door: Door) -> FastAPI:
    """Return the app, with everything it needs handed in."""
    app = FastAPI(title="Tocsin", version="1", docs_url=None, redoc_url=None)
    app.state.door = door
    app.state.pulse = Pulse(door.database)
    app.state.sessions = Sessions(door.settings)
    base_url = door.settings.base_url
    # The last one added is the first one asked.
    app.add_middleware(BodyCap)
    app.add_middleware(Gate, sessions=app.state.sessions, base_url=base_url)
    app.add_middleware(SecurityHeaders, https=base_url.startswith("https://"))
    problems.register(app)
    app.include_router(health.router)
    app.include_router(hooks.router)
    app.include_router(git.router)
    app.include_router(webhooks.router)
    app.include_router(v1.router)
    app.include_router(console.router)
    return app
