"""What a test expects of a run: ``expect:``."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from tocsin.errors import BadExpression
from tocsin.events import RunEvent
from tocsin.runbooks.model.base import Expressions, Model
from tocsin.runbooks.patterns import check_pattern
from tocsin.runbooks.simulate.answers import Span
from tocsin.runbooks.state import StepStatus

RunStatus = Literal[
    "awaiting_approval",
    "waiting",
    "running",
    "succeeded",
    "failed",
    "compensated",
    "cancelled",
    "expired",
    "needs_attention",
]


EVENTS = frozenset(kind.model_fields["type"].default for kind in get_args(RunEvent))
"""Every name of an event of a run."""
ASSERTED = frozenset({"outputs", "calls", "messages", "lasted"})
"""What ``assert`` sees besides what the runbook's own expressions see."""


def _words(value: object) -> object:
    """Raise ValueError when a text between slashes is no pattern."""
    try:
        if isinstance(value, str) and is_pattern(value):
            check_pattern(value[1:-1])
    except BadExpression as error:
        raise ValueError(str(error)) from None
    return value


def is_pattern(words: str) -> bool:
    """Say whether words are a regular expression and not a part of the text."""
    return len(words) > 2 and words.startswith("/") and words.endswith("/")


Words = Annotated[str, BeforeValidator(_words)]
"""Words that stand in the text; between slashes a regular expression that is found in it."""


def _as(key: str, model: type[Model]) -> BeforeValidator:
    """Let a text stand for the model with this one key."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value,
        json_schema_input_type=model | str,
    )


def _call(value: object) -> object:
    """Read ``k8s.scale``, ``undo k8s.scale`` and ``{k8s.scale: {replicas: 6}}`` as calls."""
    if isinstance(value, str):
        verb, _, uses = value.rpartition(" ")
        return {"uses": uses, "verb": verb} if verb else {"uses": uses}
    if not isinstance(value, dict):
        return value
    named = [key for key in value if key not in Called.model_fields and key != "with"]
    if len(named) != 1 or "." not in named[0] or "uses" in value:
        return value
    rest = {key: one for key, one in value.items() if key != named[0]}
    return {**dict(_call(named[0]) or {}), "with": value[named[0]], **rest}  # type: ignore[call-overload]


class StepExpected(Model):
    """How a step ends."""

    status: StepStatus | None = None
    """``pending``: it never began."""
    error: Words | None = None
    """What its failure says."""
    reason: Words | None = None
    """Why it was skipped, or what a person or its verification said."""
    attempts: int | None = Field(default=None, ge=0)
    """How many attempts there were, those included whose plan failed."""
    outputs: dict[str, JsonValue] | None = None
    """What it put out, as far as it matters."""
    approved_by: tuple[str, ...] | None = None
    """Everybody whose approval was given, in order."""


class Called(Model):
    """A call of an action."""

    uses: str
    """The action."""
    verb: Literal["run", "undo"] = "run"
    """``undo``: the change is taken back."""
    step: str | None = None
    """The step that it belongs to."""
    with_: dict[str, JsonValue] = Field(default={}, alias="with")
    """Its inputs, as far as they matter."""
    times: int = Field(default=1, ge=1, le=1000)
    """How often in a row: every attempt is a call."""


class Asked(Model):
    """A question to people."""

    step: str
    """The step that asks."""
    from_: tuple[str, ...] | None = Field(default=None, alias="from")
    """The principals who are asked, in any order."""
    count: int | None = Field(default=None, ge=1)
    """How many of them."""
    confirm: str | None = None
    """What they have to type."""
    plan: Words | None = None
    """What the plan that they see says."""
    shown: dict[str, JsonValue] | None = None
    """What stands in the question besides the plan, as far as it matters."""


class Message(Model):
    """A message that ``slack.post`` posts."""

    text: Words | None = None
    """What it says."""
    channel: str | None = None
    """Where."""


class Lasted(Model):
    """How long the run takes, in virtual time."""

    at_least: Span | None = None
    """No shorter."""
    at_most: Span | None = None
    """No longer."""


class Expect(Model):
    """What is to come of the run. Only what is written is looked at; lists are complete and in order."""

    status: RunStatus | None = None
    """How it ends, or what it waits for when nobody does anything further."""
    refused: Words | None = None
    """The run is never started: what the refusal says."""
    summary: Words | None = None
    """The sentence that people read at its end."""
    steps: dict[str, Annotated[StepExpected, _as("status", StepExpected)]] = {}
    """By step: ``scale: undone``, ``hosts[2]/restart: failed``."""
    calls: (
        tuple[
            Annotated[
                Called, BeforeValidator(_call, json_schema_input_type=Called | str | dict[str, JsonValue])
            ],
            ...,
        ]
        | None
    ) = None
    """Every call that changes something, in order: ``k8s.scale``, ``undo k8s.scale``, ``{k8s.scale:
    {replicas: 6}}``. Calls that only read are left out, unless the list names their action."""
    outputs: dict[str, JsonValue] | None = None
    """What the run puts out, as far as it matters."""
    approvals: tuple[Annotated[Asked, _as("step", Asked)], ...] | None = None
    """Every question to people, in order."""
    messages: tuple[Annotated[Message, _as("text", Message)], ...] | None = None
    """Every message that ``slack.post`` posts, in order."""
    events: tuple[str, ...] = ()
    """Events that happen in this order, with others between them: ``step_failed``, ``step_failed:scale``."""
    never: tuple[str, ...] = ()
    """Events that do not happen."""
    lasted: Lasted = Lasted()
    """How long it takes."""
    assert_: Expressions = Field(default=(), alias="assert")
    """Expressions that hold at the end, over what the runbook's own see, and ``outputs``, ``calls``,
    ``messages`` and ``lasted``, in seconds."""

    @model_validator(mode="after")
    def _says_how_it_ends(self) -> Self:
        if (self.status is None) == (self.refused is None):
            raise ValueError("`expect` says how the run ends, `status`, or that it is `refused`")
        return self
