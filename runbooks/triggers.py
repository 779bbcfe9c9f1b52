"""Starts the runs that a webhook asks for: published runbooks whose ``on`` matches it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import hold
from tocsin.errors import BadExpression, Invalid, NotFound, TocsinError
from tocsin.events import SYSTEM, Fact
from tocsin.events.incident import ArtefactFailed
from tocsin.incidents.alerts import Webhook
from tocsin.incidents.tables import Incident
from tocsin.log import Log
from tocsin.organisation import Organisation
from tocsin.runbooks import expressions
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.model import Runbook, Trigger
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.surroundings import incident_scope
from tocsin.runbooks.tables import Run

Scope = dict[str, JsonValue]


@dataclass(frozen=True)
class Setting:
    """What triggers stand on."""

    log: Log
    runs: Runs
    programs: Programs
    organisation: Organisation
    base_url: str


class Triggers:
    """Matches webhooks with runbooks. The caller commits."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    async def fire(self, session: AsyncSession, webhook: Webhook, incident: Incident) -> list[str]:
        """Start every run that the webhook asks for and return their ids.

        A trigger that cannot be evaluated starts nothing, and says so in the incident.
        """
        scope = self._scope(webhook, incident)
        started = []
        for runbook in await self._setting.programs.published(session):
            for trigger in runbook.on:
                try:
                    request = await self._request(session, runbook, trigger, webhook, scope)
                    if request is not None:
                        asked = request.model_copy(update={"incident_id": incident.id, "scope": scope})
                        started.append((await self._setting.runs.start(session, SYSTEM, asked)).id)
                except (BadExpression, Invalid, NotFound) as error:
                    await self._say(session, incident, runbook, error)
        return started

    async def _request(
        self, session: AsyncSession, runbook: Runbook, trigger: Trigger, webhook: Webhook, scope: Scope
    ) -> RunRequest | None:
        """Return the run that the trigger asks for, or None when it does not match."""
        if not _matches(trigger, webhook, scope) or _too_old(trigger, webhook):
            return None
        variables = {**scope, "vars": dict(runbook.vars)}
        if trigger.when is not None and not expressions.holds(trigger.when, variables):
            return None
        key = str(expressions.render(trigger.dedupe.key, variables)) if trigger.dedupe else None
        if key is not None and await self._seen(session, runbook, trigger, key):
            return None
        inputs = expressions.render(dict(trigger.with_), variables)
        assert isinstance(inputs, dict)  # noqa: S101  # a mapping renders to a mapping
        about = f"pagerduty:{webhook.event_type}" if trigger.pagerduty else "alert"
        return RunRequest(
            runbook=runbook.name, inputs=inputs, mode=trigger.mode, trigger=about, dedupe_key=key
        )

    async def _seen(self, session: AsyncSession, runbook: Runbook, trigger: Trigger, key: str) -> bool:
        assert trigger.dedupe is not None  # noqa: S101  # the caller has a key of it
        # Two triggers with one key that arrive together: the second one looks when the first has started.
        await hold(session, f"dedupe/{runbook.name}/{key}")
        since = datetime.now(UTC) - trigger.dedupe.window
        where = (Run.runbook == runbook.name, Run.dedupe_key == key, col(Run.requested_at) >= since)
        return (await session.exec(select(Run.id).where(*where).limit(1))).first() is not None

    async def _say(
        self, session: AsyncSession, incident: Incident, runbook: Runbook, error: TocsinError
    ) -> None:
        failed = ArtefactFailed(
            artefact=f"trigger of {runbook.name}",
            error=str(error),
            mend=f"Correct its `on:`; until then start it by hand: /runbook run {runbook.name}",
        )
        fact = Fact(event=failed, incident_id=incident.id, source_ref=f"trigger_failed:{runbook.name}")
        await self._setting.log.append(session, f"incident/{incident.id}", [fact])

    def _scope(self, webhook: Webhook, incident: Incident) -> Scope:
        alert: Scope | None = None
        if webhook.alert is not None:
            alert = {
                "source": webhook.source,
                "service": webhook.alert.service_name,
                "severity": incident.severity,
                "title": webhook.alert.title,
                "labels": {},
                "dedup_key": webhook.subject,
                "status": "firing" if webhook.alert.open else "resolved",
                "url": webhook.alert.url,
            }
        seen = incident_scope(incident, self._setting.organisation, self._setting.base_url)
        return {"event": webhook.event, "alert": alert, "incident": {**seen, "pagerduty_id": webhook.subject}}


def _matches(trigger: Trigger, webhook: Webhook, scope: Scope) -> bool:
    if trigger.pagerduty is not None:
        return webhook.source == "pagerduty" and trigger.pagerduty == webhook.event_type
    alert = scope["alert"]
    if trigger.alert is None or not isinstance(alert, dict):
        return False
    begins = webhook.change is not None and webhook.change.kind == "triggered"
    return begins and all(alert.get(field) == value for field, value in trigger.alert.items())


def _too_old(trigger: Trigger, webhook: Webhook) -> bool:
    return datetime.now(UTC) - webhook.occurred_at > trigger.max_age
