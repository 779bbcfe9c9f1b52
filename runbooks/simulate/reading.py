"""Reads a file of tests with its runbook, or says everything that is wrong with them."""

from pathlib import Path

from tocsin.actions.registry import Registry
from tocsin.errors import BadRunbook
from tocsin.runbooks import yaml
from tocsin.runbooks.files import TESTS, is_test
from tocsin.runbooks.load import build, check
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.simulate.flaws import Examiner
from tocsin.runbooks.simulate.model import Tests
from tocsin.runbooks.simulate.subject import Subject
from tocsin.runbooks.uses import actions_of
from tocsin.runbooks.work import Program, facts_of

KIND = yaml.Kind("test", "runbook-test/v1")
LIBRARY = Path(__file__).parents[1] / "library"
"""Where a runbook is looked for that another one calls, and that does not stand beside it."""
MAX_DEPTH = 5
"""How deep runbooks may call each other."""
_YAML = (".yaml", ".yml")


class _Stop(Exception):
    """The tests cannot be read any further."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = list(problems)


def read(path: Path, registry: Registry) -> tuple[Subject | None, list[Problem]]:
    """Return the file of tests ready to be lived, None when it has errors, and all its problems."""
    try:
        document, tests, problems = _tests(path)
        mark = document.value_mark(("runbook",) if tests.runbook else ())
        try:
            file = path.parent / tests.runbook if tests.runbook else sibling(path)
            if not file.is_file():
                raise BadRunbook(f"there is no {file}")
            program = _program(_runbook(file, registry), file.parent, registry)
        except BadRunbook as error:
            raise _Stop(*problems, Problem(str(path), *mark, str(error))) from None
    except _Stop as stop:
        return None, stop.problems
    for flaw in Examiner(program, registry).flaws(tests):
        place = (document.key_mark if flaw.key else document.value_mark)(flaw.path)
        problems.append(Problem(str(path), *place, flaw.message, flaw.level))
    subject = Subject(str(path), document, tests, program, program.runbook.digest, registry)
    return None if problems else subject, problems


def sibling(path: Path) -> Path:
    """Return the runbook that ``x.test.yaml`` is about by its name; raise BadRunbook where there is none."""
    stem = path.name.rpartition(".test.")[0]
    found = _named(stem, path.parent)
    if found is None:
        raise BadRunbook(f"there is no {stem}.yaml beside it; say what it is about: `runbook: x.yaml`")
    return found


def tests_of(path: Path) -> Path:
    """Return the file of tests that is meant by itself or by its runbook; raise BadRunbook for none."""
    if is_test(path):
        return path
    found = next((one for end in TESTS if (one := path.with_name(path.stem + end)).exists()), None)
    if found is None:
        raise BadRunbook(f"{path} has no tests: write {path.with_name(path.stem + TESTS[0])}")
    return found


def _tests(path: Path) -> tuple[yaml.Document, Tests, list[Problem]]:
    document, problems = yaml.read(_text(path), str(path), KIND)
    if document is None:
        raise _Stop(*problems)
    tests, found = build(document, str(path), Tests, KIND)
    if tests is None:
        raise _Stop(*problems, *found)
    return document, tests, [*problems, *found]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _Stop(Problem(str(path), 1, 1, "is not UTF-8 text")) from None
    except OSError as error:
        raise _Stop(Problem(str(path), 1, 1, f"cannot be read: {error.strerror}")) from None


def _runbook(path: Path, registry: Registry) -> Runbook:
    runbook, problems = check(_text(path), str(path), registry)
    if runbook is None:
        raise _Stop(*(one for one in problems if one.level == "error"))
    return runbook


def _program(runbook: Runbook, folder: Path, registry: Registry, depth: int = 1) -> Program:
    """Return a runbook's program with those that it calls; raise BadRunbook where one is not to be had."""
    if depth > MAX_DEPTH:
        raise BadRunbook(f"{runbook.name}: runbooks call each other more than {MAX_DEPTH} deep")
    subs: dict[str, Program] = {}
    for name in sorted({step.runbook for step in runbook.walk() if step.runbook}):
        file = _named(name, folder) or _named(name, LIBRARY)
        if file is None:
            raise BadRunbook(f"{runbook.name} calls {name}, and there is no {name}.yaml beside it")
        subs[name] = _program(_runbook(file, registry), folder, registry, depth + 1)
    facts = {uses: facts_of(registry.get(uses)) for uses in actions_of(runbook)}
    return Program(runbook, facts, subs)


def _named(name: str, folder: Path) -> Path | None:
    return next((file for ending in _YAML if (file := folder / f"{name}{ending}").is_file()), None)
