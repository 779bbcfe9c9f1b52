"""``tocsin runbook lint``: needs no settings and no database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tocsin.actions.registry import Registry
from tocsin.cli.printing import aside
from tocsin.connections import Connections
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import check
from tocsin.runbooks.problems import Format, Problem, render_problems
from tocsin.runbooks.simulate.reading import read


def lint(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", exists=True, help="Files, or folders of them.")
    ],
    format: Annotated[Format, typer.Option(help="How problems are printed.")] = "text",
) -> None:
    """Say everything that is wrong with runbook files, by line and column.

    Files of tests, `x.test.yaml`, are compared with their runbooks. Exits with 1 when a file has an error;
    warnings alone exit with 0.

    Example: `tocsin runbook lint runbooks/ --format github`
    """
    given = {file for path in paths for file in _files(path)}
    files, tests = sorted(file for file in given if not is_test(file)), sorted(filter(is_test, given))
    if not given:
        raise typer.BadParameter(f"no *.yaml or *.yml in {', '.join(map(str, paths))}")
    registry = Registry(Connections({}))
    problems = [problem for file in files for problem in _check(file, registry)]
    problems += [one for file in tests for one in read(file, registry)[1] if one not in problems]
    if problems or format != "text":
        typer.echo(render_problems(problems, format))
    errors = sum(problem.level == "error" for problem in problems)
    aside().print(
        f"{_counted(len(files), 'runbook')}{_and_tests(tests)}: {_counted(errors, 'error')}, "
        f"{_counted(len(problems) - errors, 'warning')}"
    )
    raise typer.Exit(1 if errors else 0)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.suffix in {".yaml", ".yml"})
    else:
        yield path


def _check(file: Path, registry: Registry) -> list[Problem]:
    try:
        return check(file.read_text(encoding="utf-8"), str(file), registry)[1]
    except UnicodeDecodeError:
        return [Problem(str(file), 1, 1, "is not UTF-8 text")]
    except OSError as error:
        return [Problem(str(file), 1, 1, f"cannot be read: {error.strerror}")]


def _and_tests(tests: list[Path]) -> str:
    return f" and {_counted(len(tests), 'file')} of tests" if tests else ""


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
