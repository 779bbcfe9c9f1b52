"""200 runbooks, linted as a repository does it: in a process of its own, whose start does not count."""

import asyncio
import sys
import time
from pathlib import Path

from bench.figures import Bench, Figure, Target, median
from tocsin.runbooks import library
from tocsin.runbooks.files import is_test

MANY = 200


async def measure(bench: Bench) -> list[Figure]:
    """Lint one file and many, each several times; the difference is what the others take."""
    folder = bench.folder / "runbooks"
    one, many = await asyncio.to_thread(_write, folder)
    tries = 2 if bench.quick else 5
    bench.say("one runbook")
    start = median([await _lint(one) for _ in range(tries)])
    bench.say(f"{MANY} runbooks")
    whole = median([await _lint(many) for _ in range(tries)])
    return [
        Figure(f"{MANY} runbooks linted, after start", max(whole - start, 0.0), "s", Target(1.0)),
        Figure("process start → one runbook linted", start, "s"),
    ]


def _write(folder: Path) -> tuple[Path, Path]:
    """Write copies of the library, each under a name of its own; return the first, and the folder."""
    files = sorted(file for file in Path(library.__path__[0]).glob("*.yaml") if not is_test(file))
    folder.mkdir()
    for number in range(MANY):
        file = files[number % len(files)]
        text = file.read_text(encoding="utf-8").replace(f"name: {file.stem}\n", f"name: r{number}\n", 1)
        (folder / f"r{number}.yaml").write_text(text, encoding="utf-8")
    return folder / "r0.yaml", folder


async def _lint(path: Path) -> float:
    """Return the seconds of one process; raise RuntimeError where the runbooks are not clean."""
    began = time.perf_counter()
    command = (sys.executable, "-c", "from tocsin.cli import main; main()", "runbook", "lint", str(path))
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the library is not clean: {told.decode()[:400]}")
    return time.perf_counter() - began
