"""``tocsin runbook``: the commands that move channels, and those of people who have to agree."""

import sys
from typing import Annotated

import typer

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import aside
from tocsin.cli.runbooks import change_lines
from tocsin.errors import NotFound
from tocsin.events.runbook import Channel
from tocsin.main import House
from tocsin.runbooks.proposals import Outcome
from tocsin.runbooks.tables import Proposal, Revision

WAITS = 3
"""Exit code: a revision waits for people to agree."""
Comment = Annotated[str, typer.Option(help="Kept with it; everybody reads it.")]
To = Annotated[Channel, typer.Option(help="Which channel to move; `draft` only proposes.")]
Drafted = Annotated[
    str | None,
    typer.Option(metavar="DIGEST", help="Decide only if this, or what begins so, is still proposed."),
]


async def publish(
    name: asking.NameOrFile, revision: asking.Revision = None, channel: To = "published"
) -> None:
    """Make a file or a recorded revision the one that runs.

    A file is recorded first. Where the organisation wants people to agree, the revision is proposed instead,
    and the command exits with 3; one that was published before needs nobody: going back is
    `--revision previous`. Without a revision it is the proposed one, else the published one. What a person
    has published stays until a person publishes another; changed files on the server do not move it. A
    runbook that is kept in git is changed there.

    Example: `tocsin runbook publish runbooks/restart-checkout.yaml`
    """
    async with opened() as house, house.database.transaction() as session:
        if asking.is_file(name):
            entered = await house.revisions.enter(session, actor(), asking.read_file(name), name)
            outcome = await house.proposals.publish(
                session, actor(), entered.runbook, entered.digest, channel
            )
        else:
            outcome = await house.proposals.publish(session, actor(), name, revision, channel)
    if outcome.published:
        typer.echo(f"{_called(outcome.revision)} is {channel}")
        return
    _print_proposal(outcome)
    raise typer.Exit(WAITS if outcome.judgement.missing else 0)


async def approve(
    name: asking.Name,
    revision: Drafted = None,
    comment: Comment = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again on a terminal.")] = False,
) -> None:
    """Agree with a runbook's proposed revision; the last one who has to publishes it by that.

    The change is shown first; on a terminal it is asked whether that is what you mean. Nobody agrees with
    what they wrote.

    Example: `tocsin runbook approve restart-checkout --comment "tried it in staging"`
    """
    async with opened() as house:
        digest = await _proposed(house, name, revision)
        if sys.stdin.isatty() and not yes:
            typer.confirm("Agree?", abort=True)
        async with house.database.transaction() as session:
            outcome = await house.proposals.approve(session, actor(), name, digest, comment)
    after = "is published" if outcome.published else f"waits: {outcome.judgement}"
    typer.echo(f"{_called(outcome.revision)} {after}")


async def reject(
    name: asking.Name,
    reason: Annotated[str, typer.Option(help="Why; everybody reads it.")],
    revision: Drafted = None,
) -> None:
    """Refuse a runbook's proposed revision; what is published stays.

    Example: `tocsin runbook reject restart-checkout --reason "it does not wait for the drain"`
    """
    async with opened() as house:
        digest = await _proposed(house, name, revision)
        async with house.database.transaction() as session:
            rejected = await house.proposals.reject(session, actor(), name, digest, reason)
    typer.echo(f"{_called(rejected)} is rejected")


async def rearm(name: asking.Name, reason: Comment = "") -> None:
    """Let a runbook's triggers act by themselves again, after it failed too often in a row.

    Publishing a mended revision does that too.

    Example: `tocsin runbook rearm restart-checkout --reason "the cluster was at fault"`
    """
    async with opened() as house, house.database.transaction() as session:
        await house.standings.rearm(session, actor(), name, reason)
    typer.echo(f"{name}: its triggers act as they are written")


async def _proposed(house: House, name: str, digest: str | None) -> str:
    """Show what is proposed of a runbook; return the digest that is decided on."""
    async with house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        proposal = await session.get(Proposal, name)
        if proposal is None:
            raise NotFound(
                f"nothing of {name!r} is proposed; `tocsin runbook list --channel draft` shows what is"
            )
        revision = await house.revisions.get(session, name, proposal.digest)
        judgement = await house.revisions.judge(session, revision)
    _print_change(Outcome(revision, judgement, published=False))
    return digest or proposal.digest


def _print_proposal(outcome: Outcome) -> None:
    name, judgement = outcome.revision.runbook, outcome.judgement
    waits = f"waits: {judgement}" if judgement.missing else "is proposed"
    typer.echo(f"{_called(outcome.revision)} {waits}")
    aside().print(f"`tocsin runbook diff {name}` shows it, `tocsin runbook approve {name}` agrees")


def _print_change(outcome: Outcome) -> None:
    console = aside()
    console.print(f"{_called(outcome.revision)}, by {outcome.revision.written_by}:")
    for line in change_lines(outcome.judgement.changes):
        console.print(line)


def _called(revision: Revision) -> str:
    return f"{revision.runbook}: revision {revision.number} ({revision.digest[:12]})"
