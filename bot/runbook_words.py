"""``/runbook``: every word, and what it does."""

import json
import shlex

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.names import RUNBOOK
from tocsin.bot.office import Ask, Links, Office, Reply
from tocsin.bot.run_words import RUN_WORDS
from tocsin.bot.views.text import esc, link
from tocsin.bot.words import Word, help_text
from tocsin.errors import Invalid
from tocsin.incidents import look
from tocsin.jobs import Job
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import parse


async def _list(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    found = [parse(one) for one in await office.revisions.published(session)]
    lines = [f"*{esc(one.title)}*  `{RUNBOOK} run {one.name}{_usage(one)}`" for one in found]
    return Reply("\n".join(lines) or "No runbook is published. `tocsin runbook publish` publishes one.")


async def _plan(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    name, inputs = _named(ask.words)
    runbook = await _runbook(office, session, name)
    coerce(runbook.inputs, inputs, from_text=True)
    args: dict[str, str | int] = {"runbook": runbook.name, "inputs": json.dumps(inputs)}
    job = Job(task="bot.show_plan", args={**args, "channel": ask.channel, "user": ask.actor.id})
    await office.queue.defer(session, [job])
    return Reply(f"Looking what *{esc(runbook.title)}* would change. Nothing is started.")


async def _run(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    name, inputs = _named(ask.words)
    runbook = await _runbook(office, session, name)
    here = await look.of_channel(session, ask.channel)
    incident = await office.lifecycle.read(session, ask.actor, here.id) if here else None
    request = RunRequest(
        runbook=runbook.name,
        inputs=inputs,
        incident_id=incident.id if incident else None,
        trigger="slash",
        from_text=True,
    )
    state = await office.runs.start(session, ask.actor, request)
    url = Links(office.base_url).run(state.id)
    attached = f" for {incident.ref}" if incident else ""
    return Reply(
        f"Run {link(url, state.id[:8])} of *{esc(runbook.title)}*{attached} is stored and begins now."
    )


async def _help(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(help_text(RUNBOOK, RUNBOOK_WORDS))


def _named(words: str) -> tuple[str, dict[str, JsonValue]]:
    """Return a runbook's name and the inputs typed after it; raise Invalid when they cannot be read."""
    try:
        name, *pairs = shlex.split(words) or [""]
    except ValueError as error:
        raise Invalid(f"A quote is not closed ({error}). Nothing was started.") from None
    wrong = [pair for pair in pairs if "=" not in pair]
    if not name or wrong:
        what = f"`{wrong[0]}` is no input" if wrong else "A runbook's name is missing"
        raise Invalid(f'{what}. Write `{RUNBOOK} run NAME key=value key="two words"`. Nothing was started.')
    return name, {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


async def _runbook(office: Office, session: AsyncSession, name: str) -> Runbook:
    """Return the published runbook with this name, or with this name among its slash triggers."""
    for revision in await office.revisions.published(session):
        runbook = parse(revision)
        if any(trigger.slash == name for trigger in runbook.on):
            return runbook
    return parse(await office.revisions.get(session, name))


def _usage(runbook: Runbook) -> str:
    needed = [f" {name}=…" for name, spec in runbook.inputs.items() if spec.required and spec.default is None]
    return "".join(needed)


RUNBOOK_WORDS = (
    Word("list", _list, "what can be run", "list", ("ls",)),
    Word("plan", _plan, "see what it would change; starts nothing", "plan rollback service=checkout"),
    Word("run", _run, "start it, for this channel's incident", "run rollback service=checkout", ("start",)),
    *RUN_WORDS,
    Word("help", _help, "this list", "help", ("?",)),
)
