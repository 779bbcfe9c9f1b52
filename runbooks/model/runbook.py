"""A whole runbook."""

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tocsin.runbooks.model.base import Model, Value
from tocsin.runbooks.model.guardrails import Guardrails, Permissions
from tocsin.runbooks.model.inputs import InputSpec
from tocsin.runbooks.model.steps import Step
from tocsin.runbooks.model.triggers import Trigger

Path = tuple[str | int, ...]
"""Keys and indexes from the top of the file."""


def _steps(value: object) -> object:
    """Let a bare list of steps stand for ``{steps: [...]}``."""
    return {"steps": value} if isinstance(value, list | tuple) else value


class OnFailure(Model):
    """What a failed run does last."""

    compensate: bool | Literal["until_point_of_no_return"] = False
    """Undo the finished steps in reverse order, as far back as a point of no return.
    ``until_point_of_no_return``: undo nothing at all once one has been passed."""
    steps: tuple[Step, ...] = Field(default=(), max_length=50)
    """Run after that; ``failure`` says what failed."""


class OnCancel(Model):
    """What a cancelled run does last."""

    steps: tuple[Step, ...] = Field(default=(), max_length=50)


class Runbook(Model):
    """A whole runbook."""

    schema_: Literal["runbook/v1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    title: str
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    on: tuple[Trigger, ...] = ()
    inputs: dict[str, InputSpec] = {}
    permissions: Permissions = Permissions()
    guardrails: Guardrails = Guardrails()
    vars: dict[str, Value] = {}
    steps: tuple[Step, ...] = Field(min_length=1, max_length=200)
    on_failure: OnFailure = OnFailure()
    on_cancel: Annotated[
        OnCancel, BeforeValidator(_steps, json_schema_input_type=OnCancel | tuple[Step, ...])
    ] = OnCancel()
    finally_: tuple[Step, ...] = Field(default=(), alias="finally", max_length=50)
    """Run last of all, however the run ended."""
    outputs: dict[str, Value] = {}

    @property
    def by_hand(self) -> bool:
        """Say whether people may start it: a runbook with triggers says so among them."""
        return not self.on or any(trigger.manual or trigger.slash for trigger in self.on)

    @property
    def parts(self) -> tuple[tuple[tuple[str, ...], tuple[Step, ...]], ...]:
        """Return its lists of steps, each with its path in the file, in the order of the file."""
        return (
            (("steps",), self.steps),
            (("on_failure", "steps"), self.on_failure.steps),
            (("on_cancel", "steps"), self.on_cancel.steps),
            (("finally",), self.finally_),
        )

    def placed(self) -> Iterator[tuple[Path, Step]]:
        """Yield every step, however deep it stands, with its path in the file, in the order of the file."""
        for path, steps in self.parts:
            for index, step in enumerate(steps):
                yield from _deep((*path, index), step)

    def walk(self) -> Iterator[Step]:
        """Yield every step, however deep it stands, in the order of the file."""
        for _, step in self.placed():
            yield step

    def canonical(self) -> str:
        """Return the sorted JSON that a revision digests: no comments, no layout."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Return the revision: SHA-256 of the canonical form, 64 hex digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _deep(path: Path, step: Step) -> Iterator[tuple[Path, Step]]:
    yield path, step
    for below, steps in (
        (("parallel",), step.parallel),
        (("on_failure", "steps"), step.handlers),
        (("undo", "steps"), step.undo_steps),
    ):
        for index, inner in enumerate(steps):
            yield from _deep((*path, *below, index), inner)
