"""Houses with an organisation of their own, for what tocsin.yaml decides about runbooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tocsin.events import Actor
from tocsin.log import Entry
from tocsin.main import House, house
from tocsin.settings import Settings, load

ADMIN = Actor(kind="cli", id="root", name="root")
ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
BO = Actor(kind="slack", id="U0BO", name="Bo", email="bo@acme.example")
CHIDI = Actor(kind="slack", id="U0CHIDI", name="Chidi", email="chidi@acme.example")
EVE = Actor(kind="slack", id="U0EVE", name="Eve", email="eve@acme.example")
TEAMS = """\
teams:
  sre: { members: [ana@acme.example, bo@acme.example, chidi@acme.example] }
access: { responder: ["group:sre"], admin: ["user:ana@acme.example"] }
"""


@asynccontextmanager
async def house_with(
    database_url: str, folder: Path, decided: str, *, serving: bool = False, **environ: str
) -> AsyncIterator[House]:
    """Build a house whose tocsin.yaml says this."""
    async with house(settings_of(database_url, folder, decided, **environ), serving=serving) as built:
        yield built


def settings_of(database_url: str, folder: Path, decided: str, **environ: str) -> Settings:
    """Return the settings of such a house."""
    folder.mkdir(exist_ok=True)
    (folder / "tocsin.yaml").write_text(TEAMS + decided)
    return load(
        {
            "TOCSIN_CONFIG": str(folder / "tocsin.yaml"),
            "TOCSIN_DATABASE_URL": database_url,
            "TOCSIN_DATA_DIR": str(folder / "data"),
            **environ,
        }
    )


def text(name: str, *steps: str, **more: str) -> str:
    """Return a runbook whose steps only wait, or are given."""
    given = [f"{{ id: {step}, wait: 1s }}" if step.isidentifier() else step for step in steps or ("rest",)]
    top = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"schema: runbook/v1\nname: {name}\ntitle: {name}\n{top}steps: [{', '.join(given)}]\n"


async def published(built: House, name: str) -> str | None:
    """Return the text that is published under a name."""
    async with built.database.transaction() as session:
        return next(
            (one.text for one in await built.revisions.published(session) if one.runbook == name), None
        )


async def entries(built: House, stream: str) -> list[Entry]:
    """Return the entries of a stream."""
    async with built.database.transaction() as session:
        return await built.log.read(session, stream)
