"""Lives one case of a file of tests, and says what came of it."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import JsonValue

from tocsin.errors import Forbidden, Invalid
from tocsin.events.run import RunRequested
from tocsin.runbooks.calendars import Calendars, Window, plain
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.interventions import check_start
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.simulate.answers import merged
from tocsin.runbooks.simulate.cast import Cast, person
from tocsin.runbooks.simulate.clock import VirtualLoop
from tocsin.runbooks.simulate.expectations import misdeeds, unmet
from tocsin.runbooks.simulate.life import Life, Setting, Unending
from tocsin.runbooks.simulate.matching import Difference, shown, speaks_of, versus
from tocsin.runbooks.simulate.model import Case
from tocsin.runbooks.simulate.people import Crowd
from tocsin.runbooks.simulate.subject import Subject
from tocsin.runbooks.simulate.world import Unanswered
from tocsin.runbooks.work import Program

_INCIDENT: Mapping[str, JsonValue] = {
    "id": "test",
    "ref": "INC-1",
    "number": 1,
    "title": "An incident of a test",
    "severity": "sev3",
    "status": "investigating",
    "service": None,
    "channel": "C0TEST",
    "url": "https://tocsin.example/incidents/INC-1",
    "pagerduty_id": None,
}
"""What is made up of an incident of which a test says less."""
_ALERT: Mapping[str, JsonValue] = {
    "source": "test",
    "service": "",
    "severity": "sev3",
    "title": "An alert of a test",
    "labels": {},
    "dedup_key": "test",
    "status": "firing",
    "url": "",
}
"""What is made up of an alert."""


@dataclass(frozen=True)
class Outcome:
    """One case, lived."""

    path: str
    """Of its file."""
    name: str
    line: int
    problems: tuple[Problem, ...]
    """What is not as expected; none: it passed."""
    life: Life | None
    """None: the run was never started."""
    seconds: float
    """How long it took to live it."""

    @property
    def passed(self) -> bool:
        """Say whether all is as expected."""
        return not self.problems

    @property
    def lasted(self) -> timedelta:
        """Return how long the run took in virtual time."""
        return self.life.lasted if self.life else timedelta(0)


def live(subject: Subject, case: Case) -> Outcome:
    """Live a case from its request to its end, in virtual time."""
    began = time.perf_counter()
    here = ("cases", subject.tests.cases.index(case))
    life: Life | None = None
    try:
        asked = _request(subject, case)
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            life, stuck = runner.run(_lived(subject, case, asked))
        found = [stuck] if stuck else list(_judged(case, life))
    except (Invalid, Forbidden) as refusal:
        found = list(_refused(case, str(refusal)))
    return Outcome(
        path=subject.path,
        name=case.name,
        line=subject.line(case),
        problems=tuple(subject.problem((*here, *one.path), one.message) for one in found),
        life=life,
        seconds=time.perf_counter() - began,
    )


def _request(subject: Subject, case: Case) -> RunRequested:
    """Return the event that begins the run; raise Invalid or Forbidden where a door would."""
    runbook = subject.program.runbook
    check_start(Cast(subject.tests.cast, subject.program), person(case.requested_by), runbook)
    return RunRequested(
        runbook=runbook.name,
        revision=subject.revision,
        inputs=coerce(runbook.inputs, {**subject.tests.inputs, **case.inputs}, from_text=False),
        mode=case.mode,
        trigger=case.trigger,
        scope=dict(_scope(case)),
        break_glass=case.break_glass,
        keep=case.keep,
    )


def _scope(case: Case) -> Iterator[tuple[str, JsonValue]]:
    """Yield what expressions see of the world around the run."""
    if case.event is not None:
        yield "event", case.event
    if case.alert is not None:
        yield "alert", {**_ALERT, **case.alert}
    if case.incident is not None:
        yield "incident", {**_INCIDENT, **case.incident}


async def _lived(subject: Subject, case: Case, asked: RunRequested) -> tuple[Life, Difference | None]:
    """Return the run as it went, and what kept it from going on, if that is the test's fault."""
    program = replace(subject.program, calendars=_calendars(subject.program, case))
    setting = Setting(
        program=program,
        registry=subject.registry,
        answers=merged(subject.tests.world, case.world),
        crowd=Crowd(Cast(subject.tests.cast, program), program, case.people),
        held={one.resource: one.for_ for one in case.held},
    )
    life = Life(setting, asked, person(case.requested_by), case.at)
    try:
        await life.live()
    except (Unanswered, Unending) as error:
        return life, Difference(("world",), str(error))
    return life, None


def _calendars(program: Program, case: Case) -> Calendars:
    """Return the calendars of the case; one that only the runbook names forbids nothing."""
    named = program.runbook.guardrails.freeze
    windows: dict[str, list[Window]] = {
        plain(name): [] for name in (named if isinstance(named, tuple) else ())
    }
    for one in case.freezes:
        window = Window(case.at + one.from_, case.at + one.until, one.why)
        windows.setdefault(one.calendar, []).append(window)
    return Calendars(windows, frozenset(one.calendar for one in case.freezes))


def _judged(case: Case, life: Life) -> Iterator[Difference]:
    """Yield what is not as the case expects of a run that began."""
    if case.expect.refused is not None:
        yield Difference(("expect", "refused"), f"expected a refusal, and the run began: {life.state.status}")
    else:
        yield from (one._replace(path=("expect", *one.path)) for one in unmet(case.expect, life))
    yield from misdeeds(life)


def _refused(case: Case, message: str) -> Iterator[Difference]:
    """Yield what is not as the case expects of a run that was never started."""
    words = case.expect.refused
    if words is None:
        told = f"expected {case.expect.status}, and the run was never started: {message}"
        yield Difference(("expect", "status"), told)
    elif not speaks_of(words, message):
        yield Difference(("expect", "refused"), versus(shown(words), shown(message)))
