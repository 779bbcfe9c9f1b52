"""``tocsin runbook lint``: needs no settings and no database."""

import gc
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer

from tocsin.actions.registry import Registry
from tocsin.cli.printing import aside
from tocsin.connections import Connections
from tocsin.organisation import Organisation
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import Draft, check_together, draft
from tocsin.runbooks.problems import Format, Problem, render_problems
from tocsin.runbooks.simulate.reading import read
from tocsin.settings import read_organisation

_MANY = 40
"""From so many files on, reading them in several processes is worth starting these."""


def lint(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", exists=True, help="Files, or folders of them.")
    ],
    format: Annotated[Format, typer.Option(help="How problems are printed.")] = "text",
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Your tocsin.yaml: its connections, secrets, teams and severities are then known.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")] = False,
) -> None:
    """Say everything that is wrong with runbook files, by line and column.

    Files of tests, `x.test.yaml`, are compared with their runbooks, and files that are given together may
    call each other. Exits with 1 when a file has an error; warnings alone exit with 0.

    Example: `tocsin runbook lint runbooks/ --config tocsin.yaml --format github`
    """
    given = {file for path in paths for file in _files(path)}
    files, tests = sorted(file for file in given if not is_test(file)), sorted(filter(is_test, given))
    if not given:
        raise typer.BadParameter(f"no *.yaml or *.yml in {', '.join(map(str, paths))}")
    organisation = read_organisation(config) if config else None
    problems = _problems(files, organisation)
    registry = Registry(Connections({}))
    problems += [one for file in tests for one in read(file, registry)[1] if one not in problems]
    if problems or format != "text":
        typer.echo(render_problems(problems, format))
    errors = sum(problem.level == "error" for problem in problems)
    aside().print(
        f"{_counted(len(files), 'runbook')}{_and_tests(tests)}: {_counted(errors, 'error')}, "
        f"{_counted(len(problems) - errors, 'warning')}"
    )
    raise typer.Exit(1 if errors or (strict and problems) else 0)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.suffix in {".yaml", ".yml"})
    else:
        yield path


def _problems(files: list[Path], organisation: Organisation | None) -> list[Problem]:
    texts: dict[str, str] = {}
    unreadable: list[Problem] = []
    for file in files:
        try:
            texts[str(file)] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            unreadable.append(Problem(str(file), 1, 1, "is not UTF-8 text"))
        except OSError as error:
            unreadable.append(Problem(str(file), 1, 1, f"cannot be read: {error.strerror}"))
    drafts = _drafts(texts)
    # What is there now stays: the collector need not look at the SDKs and drafts again and again.
    gc.freeze()
    return unreadable + check_together(drafts, Registry(Connections({})), organisation)


def _drafts(texts: Mapping[str, str]) -> list[Draft]:
    """Return what the files say; reading YAML is most of the work, so many are read side by side."""
    if len(texts) < _MANY or sys.platform != "linux":
        return [draft(text, path) for path, text in texts.items()]
    with ProcessPoolExecutor(mp_context=get_context("fork")) as processes:
        return list(processes.map(draft, texts.values(), texts.keys(), chunksize=20))


def _and_tests(tests: list[Path]) -> str:
    return f" and {_counted(len(tests), 'file')} of tests" if tests else ""


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
