"""Folds an incident's log entries into its postmortem. Pure: the same entries give the same facts."""

from collections.abc import Iterator, Sequence

from tocsin.errors import NotFound
from tocsin.events import incident, run, steering
from tocsin.log import Entry
from tocsin.postmortems.course import course
from tocsin.postmortems.model import Message, Person, Postmortem, Prompt, Tenure
from tocsin.postmortems.pages import pages
from tocsin.postmortems.people import People
from tocsin.postmortems.prompts import FOLLOW_UPS, IMPACT, REFLECTION
from tocsin.postmortems.runs import runs
from tocsin.postmortems.timeline import readable, timeline, visible

_ONLY_PEOPLE = frozenset({"acknowledged", "annotated", "responder_replied"})
"""What at a pager is never done by a machine."""


def fold(entries: Sequence[Entry], base_url: str, version: int) -> Postmortem:
    """Return the postmortem of one incident's entries, given in log order.

    Hidden entries are told nowhere, yet times that follow from them count. Raise NotFound when the entries
    do not hold the incident's opening.
    """
    first, opened = _opening(entries)
    people = People(entries)
    shown = visible(entries)
    ref = f"INC-{opened.number}"
    return Postmortem(
        ref=ref,
        title=readable(opened.title, first, people),
        url=f"{base_url}/incidents/{ref}",
        version=version,
        position=entries[-1].position,
        written_at=entries[-1].recorded_at,
        private=opened.private,
        service=opened.service,
        summary=readable(opened.summary, first, people),
        course=course(first, opened, entries, people),
        roles=_tenures(entries),
        people=_participants(entries, people),
        pages=pages(shown, entries),
        updates=tuple(_updates(shown, people)),
        runs=runs(entries, people),
        messages=tuple(_messages(shown, people)),
        timeline=timeline(entries, people),
        impact=IMPACT,
        prompts=REFLECTION,
        follow_ups=_follow_ups(shown),
    )


def _follow_ups(shown: Sequence[Entry]) -> Prompt:
    """Return what is still to be done: every broken glass has to be reviewed."""
    reviews = tuple(review for entry in shown if (review := _review(entry)) is not None)
    return FOLLOW_UPS.model_copy(update={"questions": reviews + FOLLOW_UPS.questions})


def _review(entry: Entry) -> str | None:
    match entry.event:
        case steering.GlassBroken(reason=reason) | run.RunRequested(break_glass=reason) if reason:
            which = f"run {(entry.run_id or '')[:8]}"
            return (
                f"{entry.actor} let {which} change things in spite of a freeze ({reason}). Review it: was it "
                "right, and does the calendar or the runbook have to change?"
            )
        case _:
            return None


def _opening(entries: Sequence[Entry]) -> tuple[Entry, incident.IncidentOpened]:
    for entry in entries:
        if isinstance(entry.event, incident.IncidentOpened):
            return entry, entry.event
    raise NotFound("the log does not hold the opening of this incident, so there is nothing to write about")


def _tenures(entries: Sequence[Entry]) -> tuple[Tenure, ...]:
    """Return who had which role when, hand-overs included, in the order of taking."""
    taken = sorted(
        ((entry, entry.event) for entry in entries if isinstance(entry.event, incident.RoleAssigned)),
        key=lambda one: (one[0].occurred_at, one[0].position),
    )
    handed_on: dict[str, Tenure] = {}
    tenures: list[Tenure] = []
    for entry, event in reversed(taken):
        later = handed_on.get(event.role)
        handed_on[event.role] = Tenure(
            role=event.role,
            person=event.person_name,
            since=entry.occurred_at,
            until=later.since if later else None,
        )
        tenures.append(handed_on[event.role])
    return tuple(reversed(tenures))


def _participants(entries: Sequence[Entry], people: People) -> tuple[Person, ...]:
    """Return everybody who did something or held a role, once, in the order they came in."""
    names: dict[str, str] = {}
    roles: dict[str, list[str]] = {}
    for entry in entries:
        if _by_a_person(entry):
            names.setdefault(people.key_of(entry.actor), str(entry.actor))
        if isinstance(entry.event, incident.RoleAssigned):
            key = people.key(entry.event.person)
            names.setdefault(key, entry.event.person_name)
            roles.setdefault(key, []).append(entry.event.role)
    return tuple(
        Person(name=name, roles=tuple(dict.fromkeys(roles.get(key, ())))) for key, name in names.items()
    )


def _by_a_person(entry: Entry) -> bool:
    if entry.actor.kind == "pagerduty":
        return isinstance(entry.event, incident.PageChanged) and entry.event.change in _ONLY_PEOPLE
    return entry.actor.kind in {"slack", "cli", "web"}


def _updates(shown: Sequence[Entry], people: People) -> Iterator[Message]:
    for entry in shown:
        if isinstance(entry.event, incident.UpdatePosted):
            text = readable(entry.event.message, entry, people)
            yield Message(at=entry.occurred_at, author=str(entry.actor), text=text)


def _messages(shown: Sequence[Entry], people: People) -> Iterator[Message]:
    for entry in sorted(shown, key=lambda entry: (entry.occurred_at, entry.position)):
        if isinstance(entry.event, incident.MessagePinned):
            yield Message(
                at=entry.occurred_at,
                author=people.name(entry.event.author),
                text=readable(entry.event.text, entry, people),
                permalink=entry.event.permalink,
            )
