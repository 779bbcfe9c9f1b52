"""``tocsin runbook test``: needs no settings, no database, and no system that a runbook touches."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.actions.registry import Registry
from tocsin.cli import asking
from tocsin.cli.printing import aside, out, print_json
from tocsin.connections import Connections
from tocsin.events import Event
from tocsin.events.run import StepChecked
from tocsin.postmortems.clock import elapsed
from tocsin.postmortems.sentences import tell
from tocsin.runbooks.files import is_test
from tocsin.runbooks.problems import Problem, render_problems
from tocsin.runbooks.simulate.cases import Outcome, live
from tocsin.runbooks.simulate.life import Happening, Life
from tocsin.runbooks.simulate.reading import read, tests_of
from tocsin.runbooks.simulate.report import Report, lines


def try_out(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", exists=True, help="Tests, runbooks that have some, or folders."),
    ],
    only: Annotated[
        str, typer.Option("--only", "-k", metavar="WORDS", help="The cases whose name says this.")
    ] = "",
    trace: Annotated[
        bool, typer.Option("--trace", help="Print what happened in each run, and when.")
    ] = False,
    json: asking.AsJson = False,
) -> None:
    """Live runs of runbooks in the worlds that their tests declare.

    Nothing outside is touched, and time is virtual: hours of waiting take milliseconds. `x.test.yaml` beside
    `x.yaml` holds its tests. Exits with 1 when a run is not as its test expects, or a file cannot be read.

    Example: `tocsin runbook test runbooks/ -k rejected`
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    report = _report(files, only, (lambda outcome: None) if json else _Printer(trace))
    if not report.outcomes and not report.problems:
        raise typer.BadParameter(f"no case says {only!r}" if only else "there is no *.test.yaml")
    if json:
        print_json(report.as_json(trace=trace))
    elif report.problems:
        typer.echo(render_problems(report.problems, "text"))
    text, style = report.last_line
    aside().print(text, style=style)
    raise typer.Exit(0 if report.passed else 1)


class _Printer:
    """Prints each case as soon as it was lived, the cases of a file below its name."""

    def __init__(self, trace: bool) -> None:
        self._console = out()
        self._trace = trace
        self._path = ""

    def __call__(self, outcome: Outcome) -> None:
        if outcome.path != self._path:
            self._path = outcome.path
            self._console.print(outcome.path, style="dim")
        for text, style in lines(outcome):
            self._console.print(text, style=style, soft_wrap=True)
        for line in _story(outcome.life) if self._trace and outcome.life else ():
            self._console.print(f"    {line}", style="dim", soft_wrap=True)


def _report(files: Sequence[Path], only: str, tell: Callable[[Outcome], None]) -> Report:
    """Live the cases of all files, and tell each as soon as it is over."""
    began = time.perf_counter()
    registry, problems, outcomes = Registry(Connections({})), list[Problem](), list[Outcome]()
    for file in files:
        subject, found = read(file, registry)
        problems += found
        for case in subject.tests.cases if subject else ():
            if subject is not None and only in case.name:
                outcomes.append(live(subject, case))
                tell(outcomes[-1])
    return Report(outcomes, problems, time.perf_counter() - began)


def _files(path: Path) -> Iterator[Path]:
    """Yield the files of tests that are meant; raise BadRunbook for a runbook that has none."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if is_test(file))
    else:
        yield tests_of(path)


def _story(life: Life) -> Iterator[str]:
    """Yield what happened in a run, line by line; looks that find the same again are told once."""
    before: Event | None = None
    for happening in life.history:
        if not isinstance(happening.event, StepChecked) or happening.event != before:
            yield _told(happening, life.program.runbook.name)
        before = happening.event


def _told(happening: Happening, runbook: str) -> str:
    """Return one line of a run's story."""
    event, when = happening.event, f"{elapsed(happening.at)}.{happening.at.microseconds // 1000:03}"
    if isinstance(event, StepChecked):
        return f"{when}  {runbook} › {event.step} looked at: {event.state}, {event.reason}"
    sentence = tell(event, str, runbook)  # type: ignore[arg-type]  # all of them are events of runs
    step = getattr(event, "step", "")
    plain = event.type.replace("_", " ")  # type: ignore[attr-defined]  # every member of the union has one
    by = f" ({happening.actor})" if happening.actor.kind != "system" else ""
    silent = f"{runbook} › {step}: {plain}" if step else f"{runbook}: {plain}"
    return f"{when}  {sentence.text if sentence else silent}{by}"
