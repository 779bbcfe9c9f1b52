"""A person at a shell, for the tests: types commands, in this process or in one of its own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner, Result

from tocsin.cli import app
from tocsin.main import House, house
from tocsin.settings import load


@dataclass(frozen=True)
class Shell:
    """Runs ``tocsin`` with an environment of its own."""

    environment: Mapping[str, str]

    def __call__(self, *words: str) -> Result:
        """Type a command and return what came of it; no terminal, so nobody is asked anything."""
        return CliRunner().invoke(app, words, env=self.environment, catch_exceptions=False)

    def says(self, *words: str) -> str:
        """Return what a command that has to succeed prints."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str) -> Any:
        """Return the JSON that a command prints."""
        return json.loads(self.says(*words, "--json"))

    @contextmanager
    def process(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command in a process of its own, which ends with the block at the latest."""
        started = subprocess.Popen(
            [sys.executable, "-m", "tocsin", *words],
            env={**_inherited(), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with started:
            try:
                yield started
            finally:
                started.kill()

    def inside(self, act: Callable[[House], Awaitable[None]]) -> None:
        """Do something with the house itself, as a server or a worker would."""

        async def go() -> None:
            async with house(load(self.environment)) as built:
                await act(built)

        asyncio.run(go())

    def work_on(self, run_id: str) -> None:
        """Do what a worker would do now for a run."""
        self.inside(lambda built: built.worker.advance(run_id))


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
