"""The HTTP application."""

from fastapi import FastAPI

from tocsin.api import health, problems, webhooks
from tocsin.api.deps import Door


def create_app(door: Door) -> FastAPI:
    """Return the app, with everything it needs handed in."""
    app = FastAPI(title="Tocsin", version="1", docs_url=None, redoc_url=None)
    app.state.door = door
    problems.register(app)
    app.include_router(health.router)
    app.include_router(webhooks.router)
    return app
