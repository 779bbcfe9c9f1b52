"""Opens the house for one command, and says who is there."""

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.exc import OperationalError

from tocsin import settings
from tocsin.cli import logs
from tocsin.cli.printing import waiting
from tocsin.errors import BadSetting
from tocsin.events import Actor
from tocsin.main import House, house


def actor() -> Actor:
    """Return the person at this machine, by login."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        login = f"uid-{os.getuid()}"
    return Actor(kind="cli", id=login, name=login)


@asynccontextmanager
async def opened(*, serving: bool = False) -> AsyncIterator[House]:
    """Build everything on the database of the settings; raise BadSetting when that cannot be.

    Only a server logs what goes well.
    """
    loaded = settings.load()
    logs.configure(loaded.log_format, loaded.log_level if serving else "WARNING")
    async with AsyncExitStack() as stack:
        try:
            with waiting("Opening the database"):
                built = await stack.enter_async_context(house(loaded, serving=serving))
        except OperationalError as error:
            raise BadSetting(
                f"TOCSIN_DATABASE_URL: the database does not answer: {_first_line(error)}. "
                "Nothing was changed; correct the URL, or start the database."
            ) from error
        except OSError as error:
            raise BadSetting(
                f"TOCSIN_DATA_DIR: {loaded.data_dir} cannot hold the embedded database: {error.strerror}"
            ) from error
        yield built


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().partition("\n")[0]
