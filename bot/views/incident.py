"""An incident at one glance: the pinned summary, the announcement, the list, the lines in its channel."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.bot.names import ActionId
from tocsin.bot.speech import Words
from tocsin.bot.views.text import (
    Block,
    actions,
    ago,
    button,
    clamp,
    context,
    emoji,
    esc,
    lasting,
    link,
    quoted,
    section,
    who,
)
from tocsin.events import Event
from tocsin.events import incident as events
from tocsin.events.runbook import SourceRefused, SourceUnreachable, TriggersDemoted
from tocsin.events.starting import RunHeldBack
from tocsin.events.steering import StepTold
from tocsin.incidents.tables import Assignment, Incident, Page
from tocsin.log import Entry
from tocsin.organisation import Organisation

_DONE = ":white_check_mark:"


@dataclass(frozen=True)
class Scene:
    """All that a person wants to know about an incident."""

    incident: Incident
    organisation: Organisation
    url: str
    """Its page in the console."""
    roles: Sequence[Assignment] = ()
    pages: Sequence[Page] = ()


def summary(scene: Scene, *, buttons: bool = True) -> Words:
    """Return the pinned message of the channel."""
    incident = scene.incident
    blocks = [section(_title(scene)), context(_facts(scene))]
    if incident.summary:
        blocks.append(section(esc(incident.summary)))
    if incident.update:
        blocks.append(section(quoted(incident.update)))
    blocks.append(context(" · ".join(_links(scene))))
    if buttons and incident.open:
        blocks.append(controls(incident))
    return Words(_fallback(incident), tuple(blocks))


def announcement(scene: Scene) -> Words:
    """Return the message of the announcements channel."""
    incident = scene.incident
    blocks = [section(_title(scene)), context(_facts(scene))]
    if incident.update:
        blocks.append(section(quoted(clamp(incident.update, 600))))
    joined = [f"<#{incident.channel}>"] if incident.channel else []
    blocks.append(context(" · ".join([*joined, *_links(scene)])))
    return Words(_fallback(incident), tuple(blocks))


def listing(incidents: Sequence[Incident], organisation: Organisation) -> str:
    """Return the open incidents, one line each."""
    lines = "\n".join(_listed(one, emoji(organisation, one.severity)) for one in incidents)
    return lines or "No incident is open. `/incident declare` opens one."


def topic(incident: Incident) -> str:
    """Return the channel's topic, at most 250 characters."""
    return clamp(f"{incident.severity.upper()} · {incident.status} · {incident.title}", 250)


def note(entry: Entry) -> str:
    """Return the line that tells the channel what just happened."""
    by = who(entry.actor)
    match entry.event:
        case events.StatusChanged(after="resolved", reason=reason):
            return f"{_DONE} {by} resolved the incident{_because(reason)}"
        case events.StatusChanged(before="resolved", after=after, reason=reason):
            return f":arrows_counterclockwise: {by} reopened the incident: *{after}*{_because(reason)}"
        case events.StatusChanged(after=after, reason=reason):
            return f":arrow_right: {by}: *{after}*{_because(reason)}"
        case events.SeverityChanged(before=before, after=after, reason=reason):
            return f":small_orange_diamond: {by}: {before} → *{after}*{_because(reason)}"
        case events.UpdatePosted(message=message):
            return f":loudspeaker: *Update* by {by}\n{quoted(message)}"
        case events.RoleAssigned(role=role, person=person):
            return f":bust_in_silhouette: <@{person}> is *{role}* now"
        case StepTold(step=step, summary=summary):
            return f":speech_balloon: *{esc(step)}* is done{_because(summary)}"
        case RunHeldBack(runbook=runbook, why=why):
            return f":no_bell: Trigger of `{esc(runbook)}`: {esc(why)}. Nothing was started."
        case _:
            return trouble(entry.event)


def trouble(event: Event) -> str:
    """Return what could not be done, and what a person can do about it."""
    match event:
        case events.PeopleInvited(missing=missing):
            return f":warning: Not invited: {esc(', '.join(missing))}"
        case events.ArtefactFailed(artefact=artefact, error=error, mend=mend):
            return f":warning: *{esc(artefact)}* failed: {esc(error)}\n{esc(mend[:1].upper() + mend[1:])}"
        case events.JobAbandoned(job=job, error=error, attempts=attempts):
            tried = f":warning: `{esc(job)}` was given up after {attempts} tries: {esc(error)}."
            return f"{tried} Everything else goes on."
        case TriggersDemoted(runbook=runbook, failures=failures):
            failed = (
                f":warning: `{esc(runbook)}` failed {failures} times in a row: its triggers only propose now."
            )
            return f"{failed} Publish a mended revision, or `tocsin runbook rearm {esc(runbook)}`."
        case SourceRefused(source=source, problems=problems):
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            refused = (
                f":warning: Nothing was taken of the runbooks of `{esc(source)}`: {esc(problems[0])}{more}."
            )
            return f"{refused} What was published stays; `tocsin runbook sources` shows all."
        case SourceUnreachable(source=source, place=place, error=error):
            lost = f":warning: The runbooks of `{esc(source)}` ({esc(place)}) cannot be read: {esc(error)}."
            return f"{lost} What was published stays."
        case _:
            raise TypeError(f"nothing is said about {type(event).__name__}")


def controls(incident: Incident) -> Block:
    """Return the buttons of an open incident."""
    return actions(
        button(ActionId.UPDATE, "Update", incident.id),
        button(ActionId.SEVERITY, "Severity", incident.id),
        button(ActionId.RESOLVE, "Resolve", incident.id, "primary"),
    )


def _listed(incident: Incident, sign: str) -> str:
    where = f" · <#{incident.channel}>" if incident.channel else ""
    line = f"{sign} *{incident.ref}* {esc(incident.title)} · {incident.status}"
    return f"{line} · {ago(incident.opened_at)}{where}"


def _because(reason: str) -> str:
    return f"\n{quoted(reason)}" if reason else ""


def _title(scene: Scene) -> str:
    incident = scene.incident
    sign = emoji(scene.organisation, incident.severity) if incident.open else _DONE
    return f"{sign} *{link(scene.url, incident.ref)} {esc(incident.title)}*"


def _facts(scene: Scene) -> str:
    incident = scene.incident
    service = scene.organisation.services.get(incident.service or "")
    lead = next((role for role in scene.roles if role.role == scene.organisation.roles[0]), None)
    parts = [f"*{incident.status}*", incident.severity.upper()]
    parts += [esc(service.name)] if service else []
    parts += [f"{lead.role}: <@{lead.person}>"] if lead else []
    parts += [":lock: private"] if incident.private else []
    if incident.resolved_at is not None:
        return " · ".join([*parts, f"lasted {lasting(incident.resolved_at - incident.opened_at)}"])
    return " · ".join([*parts, f"opened {ago(incident.opened_at)} by {esc(incident.opened_by)}"])


def _links(scene: Scene) -> list[str]:
    shown = [link(page.url, f"{page.source}: {page.status}") for page in scene.pages[:5] if page.url]
    more = [f"… {len(scene.pages) - 5} more"] if len(scene.pages) > 5 else []
    return [link(scene.url, "Console"), *shown, *more]


def _fallback(incident: Incident) -> str:
    return f"{incident.ref} {esc(incident.title)}: {incident.status}, {incident.severity}"
