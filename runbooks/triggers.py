"""Starts what something asks for: the published runbooks whose ``on`` looks out for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.errors import BadExpression, Conflict, Forbidden, Invalid, NotFound, StaleStream, TocsinError
from tocsin.events import SYSTEM, Event, Fact
from tocsin.events.incident import ArtefactFailed, DeliveryReceived
from tocsin.events.starting import RunHeldBack, RunSuggested
from tocsin.incidents.alerts import Webhook
from tocsin.incidents.tables import Incident
from tocsin.log import Log
from tocsin.organisation import Organisation
from tocsin.runbooks import expressions, storms, switch
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.demotion import mode_now
from tocsin.runbooks.model import Runbook, Trigger
from tocsin.runbooks.occasions import Occasion, Scope, of_webhook
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.surroundings import incident_scope
from tocsin.runbooks.tables import Standing

MAX_CHAIN = 5
"""Runs that start each other by their ends; the next one is not started."""
_SAID_EVERY = timedelta(hours=1)
"""How often it is said that a limit of the whole runbook keeps a trigger from starting it."""


@dataclass(frozen=True)
class Setting:
    """What triggers stand on."""

    log: Log
    runs: Runs
    programs: Programs
    organisation: Organisation
    base_url: str

    def seen(self, incident: Incident) -> Scope:
        """Return an incident as expressions see it."""
        return incident_scope(incident, self.organisation, self.base_url)


@dataclass(frozen=True)
class Pull:
    """One trigger of one runbook, and what it looks at."""

    runbook: Runbook
    trigger: Trigger
    occasion: Occasion

    @property
    def name(self) -> str:
        """Return the trigger's own name."""
        return storms.name_of(self.runbook, self.trigger)

    @property
    def about(self) -> str:
        """Return what happened, in a word."""
        return self.occasion.about if self.trigger.alert is None else "alert"


class Triggers:
    """Matches what happens with runbooks. The caller commits."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    async def fire(self, session: AsyncSession, webhook: Webhook, incident: Incident) -> list[str]:
        """Start every run that an alert asks for and return their ids."""
        return await self.answer(session, of_webhook(webhook, incident, self._setting.seen(incident)))

    async def answer(self, session: AsyncSession, occasion: Occasion) -> list[str]:
        """Start or suggest everything that looks out for this, and return the ids of the runs.

        A trigger that cannot be evaluated starts nothing, and says so in the incident.
        """
        published = await self._setting.programs.published(session)
        pulls = [
            Pull(one, trigger, occasion) for one in published for trigger in one.on if occasion.suits(trigger)
        ]
        if not pulls or not await self._is_new(session, occasion):
            return []
        if occasion.incident is not None:
            # Before the triggers' own locks, as whoever comes with news of the incident has it already.
            await self._setting.log.hold(session, f"incident/{occasion.incident.id}")
        started = [await self.pull(session, one) for one in pulls]
        return [run_id for run_id in started if run_id is not None]

    async def pull(self, session: AsyncSession, pull: Pull) -> str | None:
        """Let one trigger start what it starts; return the run's id, if there is one."""
        try:
            return await self._pull(session, pull)
        except (BadExpression, Invalid, NotFound) as error:
            await self._complain(session, pull, error)
        except (Conflict, Forbidden) as error:
            await self._hold_back(session, pull, str(error), _SAID_EVERY)
        return None

    async def _pull(self, session: AsyncSession, pull: Pull) -> str | None:
        trigger, now = pull.trigger, datetime.now(UTC)
        if now - pull.occasion.at > trigger.max_age:
            return None
        request = self._request(pull)
        if request is None or await self._is_known(session, pull, request, now):
            return None
        if pull.occasion.depth > MAX_CHAIN:
            raise Invalid(f"{MAX_CHAIN} runs have started each other already: a circle? Nothing was started")
        if await switch.is_stopped(session):
            raise Conflict("all automation is stopped")
        verdict = await storms.judge(session, pull.name, trigger, now)
        if not verdict.goes:
            await self._hold_back(session, pull, verdict.why, verdict.window)
            return None
        if trigger.mode == "suggest":
            await self._suggest(session, pull, request)
            return None
        lowered = verdict.lowered or await self._demoted(session, pull)
        mode = "propose" if lowered else trigger.mode
        asked = request.model_copy(update={"mode": mode, "lowered": lowered})
        return (await self._setting.runs.start(session, SYSTEM, asked)).id

    async def _demoted(self, session: AsyncSession, pull: Pull) -> str:
        """Say why a trigger that acts by itself only proposes now; empty when it acts as it is written."""
        standing = await session.get(Standing, pull.runbook.name)
        limit = self._setting.organisation.runbooks.demote_after
        if standing is None or mode_now(pull.trigger.mode, standing, limit) == pull.trigger.mode:
            return ""
        return f"its last {standing.failures} runs failed"

    def _request(self, pull: Pull) -> RunRequest | None:
        """Return the run that the trigger asks for, or None when its condition does not hold."""
        trigger, occasion = pull.trigger, pull.occasion
        env: Scope = dict(self._setting.organisation.env)
        variables = {**occasion.scope, "env": env, "vars": dict(pull.runbook.vars)}
        if trigger.when is not None and not expressions.holds(trigger.when, variables):
            return None
        inputs = expressions.render(dict(trigger.with_), variables)
        assert isinstance(inputs, dict)  # noqa: S101  # a mapping renders to a mapping
        return RunRequest(
            runbook=pull.runbook.name,
            inputs=inputs,
            trigger=pull.about,
            dedupe_key=str(expressions.render(trigger.dedupe.key, variables)) if trigger.dedupe else None,
            incident_id=occasion.incident.id if occasion.incident else None,
            scope=occasion.scope,
            fired_by=pull.name,
            depth=occasion.depth,
        )

    async def _is_new(self, session: AsyncSession, occasion: Occasion) -> bool:
        """Say whether nobody has looked at this yet: a job may be done twice."""
        if occasion.once is None:
            return True
        looked = DeliveryReceived(source="tocsin", event_id=occasion.once, event_type=occasion.about, body="")
        try:
            stream = f"delivery/tocsin/{occasion.once}"
            await self._setting.log.append(session, stream, [Fact(event=looked)], expected_version=0)
        except StaleStream:
            return False
        return True

    async def _is_known(self, session: AsyncSession, pull: Pull, request: RunRequest, now: datetime) -> bool:
        dedupe, key = pull.trigger.dedupe, request.dedupe_key
        if dedupe is None or key is None:
            return False
        return await storms.is_known(session, pull.runbook, dedupe, key, now)

    async def _suggest(self, session: AsyncSession, pull: Pull, request: RunRequest) -> None:
        """Offer the run, once it is known that it could begin."""
        await self._setting.runs.prepare(session, SYSTEM, request)
        said = request.model_dump(include={"runbook", "inputs", "trigger", "fired_by", "dedupe_key", "scope"})
        await self._say(session, pull, RunSuggested(suggestion=uuid4().hex, **said))

    async def _hold_back(self, session: AsyncSession, pull: Pull, why: str, window: timedelta) -> None:
        """Say once in a window that nothing is started, and why."""
        held = RunHeldBack(runbook=pull.runbook.name, trigger=pull.about, why=why)
        number = int(datetime.now(UTC).timestamp() // max(window.total_seconds(), 1))
        await self._say(session, pull, held, f"held_back:{pull.name}:{number}")

    async def _complain(self, session: AsyncSession, pull: Pull, error: TocsinError) -> None:
        """Say once a day that the trigger is wrong."""
        name = pull.runbook.name
        failed = ArtefactFailed(
            artefact=f"trigger of {name}",
            error=str(error),
            mend=f"Correct its `on:`; until then start it by hand: /runbook run {name}",
        )
        await self._say(session, pull, failed, f"trigger_failed:{name}:{datetime.now(UTC).date()}")

    async def _say(self, session: AsyncSession, pull: Pull, event: Event, ref: str | None = None) -> None:
        """Say it in the incident, or where the triggers of the runbook say what belongs to none."""
        incident = pull.occasion.incident
        stream = f"incident/{incident.id}" if incident else f"trigger/{pull.runbook.name}"
        fact = Fact(event=event, source_ref=ref, incident_id=incident.id if incident else None)
        await self._setting.log.append(session, stream, [fact])
