"""``tocsin runbook sync`` and ``sources``: the places that runbooks are kept in."""

from collections.abc import Iterator
from typing import Annotated

import typer

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import print_json, print_table, waiting, when
from tocsin.postmortems.texts import tidy
from tocsin.runbooks.landing import Landing
from tocsin.runbooks.sources import state_of


async def sync(
    source: Annotated[str | None, typer.Argument(help="Name of a source; every one when not given.")] = None,
    json: asking.AsJson = False,
) -> None:
    """Look at folders and repositories now, and take what they say: all of it or nothing.

    Everything that is wrong is printed as `file:line:col: message`; then nothing of that source is taken, and
    the command exits with 1.

    Example: `tocsin runbook sync payments`
    """
    async with opened() as house:
        async with house.database.transaction() as session:
            house.access.authorize(actor(), "runbook.publish")
            known = [one.name for one, _, _ in await house.sources.states(session)]
        landings = []
        for name in known if source is None else [source]:
            with waiting(f"Looking at {name}"):
                landings.append(await house.sources.sync(name))
    if json:
        print_json([landing.told() for landing in landings])
    else:
        for line in (line for landing in landings for line in _lines(landing)):
            typer.echo(tidy(line))
    raise typer.Exit(0 if all(landing.good for landing in landings) else 1)


async def sources(json: asking.AsJson = False) -> None:
    """List the places that runbooks are kept in, and what landed of them.

    Example: `tocsin runbook sources`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        states = [state_of(*one) for one in await house.sources.states(session)]
    if json:
        print_json([state.model_dump(mode="json") for state in states])
        return
    rows = [
        (
            state.name,
            state.place,
            state.team or "",
            state.commit[:12],
            when(state.landed_at) if state.landed_at else "",
            state.trouble,
        )
        for state in states
    ]
    columns = ("Source", "Place", "Team", "Commit", "Landed", "Trouble")
    print_table(columns, rows, len(rows), "no source; `sources:` in tocsin.yaml names some")


def _lines(landing: Landing) -> Iterator[str]:
    if landing.error:
        yield f"{landing.source}: cannot be read: {landing.error}"
        return
    if landing.problems:
        yield f"{landing.source}: {_at(landing)}nothing was taken"
        yield from landing.problems
        return
    done = [
        f"{what} {', '.join(names)}"
        for what, names in (
            ("published", landing.published),
            ("proposed", landing.proposed),
            ("withdrew", landing.withdrawn),
        )
        if names
    ]
    yield f"{landing.source}: {_at(landing)}{'; '.join(done) or 'nothing new'}"


def _at(landing: Landing) -> str:
    return f"commit {landing.commit[:12]} by {landing.author}: " if landing.commit else ""
