"""What the world of a test answers when an action asks it: ``world:``."""

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer, model_validator

from tocsin.errors import ErrorClass
from tocsin.runbooks.model.base import Model, parse_duration, span

VERBS = ("plan", "run", "verify", "undo", "probe")
"""What an action is asked for."""


def parse_span(text: object) -> timedelta:
    """Return a duration, ``350ms`` too; raise ValueError otherwise."""
    match = re.fullmatch(r"([0-9]{1,9})ms", str(text))
    return timedelta(milliseconds=int(match[1])) if match else parse_duration(text)


def written(duration: timedelta) -> str:
    """Return a duration as ``parse_span`` reads it, to the millisecond."""
    milliseconds = round(duration / timedelta(milliseconds=1))
    return f"{milliseconds}ms" if milliseconds % 1000 else span(timedelta(milliseconds=milliseconds))


def spoken(duration: timedelta) -> str:
    """Return a duration as people say it, in its two largest units: ``5m 45s``, ``41d 16h``, ``370ms``."""
    seconds = int(duration.total_seconds())
    if not seconds:
        return f"{duration // timedelta(milliseconds=1)}ms"
    parts = [
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "m"),
        (seconds % 60, "s"),
    ]
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2] if count)


Span = Annotated[
    timedelta,
    BeforeValidator(parse_span, json_schema_input_type=Annotated[str, Field(pattern="^[0-9]+(ms|[smhd])$")]),
    PlainSerializer(written),
]
"""``350ms``, ``90s``, ``5m``, ``2h``, ``1d``."""


def _fail(value: object) -> object:
    """Let ``throttled`` stand for ``{kind: throttled}``."""
    return {"kind": value} if isinstance(value, str) else value


class Fail(Model):
    """A call that goes wrong."""

    kind: ErrorClass
    """The class of the error, as ``retry.on`` names it."""
    times: int | None = Field(default=None, ge=1, le=1000)
    """How many of the calls fail before the answer's ``output`` is given; all when left out."""
    message: str = ""
    """What the error says."""
    happened: bool = False
    """The effect happened all the same, and only its result was lost: what ``probe`` finds then. The
    answer's ``output`` is what the action then reads from the world, where it can."""


class Answer(Model):
    """One answer. Of several holds the one whose time came last; of these the first that is not used up."""

    output: JsonValue = None
    """What the call gives. Of ``run``: the action's output, as far as the test needs it. Of ``plan``: the
    plan. Of ``verify``: ``ok``, ``waiting``, ``failed`` or ``inconclusive``, or ``{state, reason}``. Of
    ``probe``: ``done``, ``not_done`` or ``unknown``. Texts may hold ``${{ }}`` over ``with``, the inputs of
    the call, and ``plan``."""
    fail: Annotated[Fail | None, BeforeValidator(_fail, json_schema_input_type=Fail | str | None)] = None
    """The call fails: with a class of errors, or class and words."""
    takes: Span | None = None
    """How long the call takes: a second when left out, and a plan no time. A step whose ``timeout`` is
    shorter gets no answer."""
    times: int | None = Field(default=None, ge=1, le=1000)
    """How many calls get this answer; the next one of the list holds for those after them."""
    after: Span = timedelta(0)
    """From when on it holds, counted from the beginning of the run, or from what ``since`` names."""
    since: str | None = None
    """A step: ``after`` counts from when its effect began; of a step that calls no action, from its end."""
    with_: dict[str, JsonValue] = Field(default={}, alias="with")
    """Inputs that the call must have for this answer to be its."""
    check: int | None = Field(default=None, ge=0)
    """Of ``verify``: which of the step's checks it answers, counted from 0; all when left out."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        fail = self.fail
        if fail and fail.times is None and not fail.happened and self.output is not None:
            raise ValueError(
                "no `output` is given where every call fails; say `fail.times`, or leave one out"
            )
        return self


def _answers(value: object) -> object:
    """Let one answer stand for a list of it, and a word for the answer that says it."""
    listed = value if isinstance(value, list | tuple) else (value,)
    return tuple({"output": one} if isinstance(one, str) else one for one in listed)


Listed = Annotated[
    tuple[Answer, ...],
    BeforeValidator(_answers, json_schema_input_type=Answer | str | tuple[Answer | str, ...]),
]


def _verbs(value: object) -> object:
    """Let an answer, or a list of them, stand for those to ``run``."""
    bare = isinstance(value, list | tuple) or (isinstance(value, dict) and not value.keys() & set(VERBS))
    return {"run": value} if bare and value else value


class Answers(Model):
    """What one action or one step is answered, by what it asks for. An answer alone is one to ``run``."""

    plan: Listed = ()
    """What it would change. Left out: a plan without a diff."""
    run: Listed = ()
    """What comes of it. Left out: it works and puts nothing out; an action that only reads must have it."""
    verify: Listed = ()
    """What each look finds. Left out of an action: ``ok``. Given to a step it stands in for the checks that
    the runbook itself makes, which are then not evaluated."""
    undo: Listed = ()
    """What comes of taking it back. Left out: it works."""
    probe: Listed = ()
    """What is found when nobody knows whether it happened. Left out: what the test knows of it."""


World = dict[
    str,
    Annotated[
        Answers, BeforeValidator(_verbs, json_schema_input_type=Answers | Answer | tuple[Answer | str, ...])
    ],
]
"""By action (``k8s.scale``) or by step (``scale``, ``hosts[2]/restart``); a step's own answers go first."""


def merged(world: World, own: World) -> World:
    """Return the world of a file as a case has it: what it says of a verb replaces what the file says."""
    changed = {
        name: world[name].model_copy(update={verb: getattr(one, verb) for verb in one.model_fields_set})
        for name, one in own.items()
        if name in world
    }
    return {**world, **own, **changed}
