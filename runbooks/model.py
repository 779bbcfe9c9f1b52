"""What a runbook says, as frozen models; ``load`` builds them from YAML, nothing else does."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainSerializer

from tocsin.errors import ErrorClass

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: object) -> timedelta:
    """Return ``90s``, ``5m``, ``2h`` or ``1d`` as a timedelta; raise ValueError otherwise."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"(\d{1,6})([smhd])", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write 90s, 5m, 2h or 1d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(lambda value: f"{int(value.total_seconds())}s"),
]
Expression = str
"""A bare expression, as in ``if`` and ``assert``: no ``${{ }}`` around it."""
Value = JsonValue
"""A JSON value whose strings may hold ``${{ expression }}``."""


class Model(BaseModel):
    """Base: frozen, no unknown keys, YAML's own spelling accepted and written."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Dedupe(Model):
    """Drop a trigger whose key was seen within the window."""

    key: str
    """Text with ``${{ }}``."""
    window: Duration = timedelta(hours=1)


class Trigger(Model):
    """One entry of ``on:``. Exactly one of the four kinds is set."""

    pagerduty: str | None = None
    """A PagerDuty event type, such as ``incident.triggered``."""
    alert: dict[str, str] | None = None
    """Fields that a normalised alert must equal: ``source, service, severity, status``."""
    slash: str | None = None
    """Another name for ``/runbook run``."""
    manual: bool | None = None
    when: Expression | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    mode: Literal["suggest", "propose", "auto"] = "propose"
    """suggest: a button in the channel. propose: plan now, act after approval. auto: act as the steps say."""
    dedupe: Dedupe | None = None
    max_age: Duration = timedelta(hours=1)
    """An older event starts nothing; what happened during an outage is history, not a trigger."""


class InputSpec(Model):
    """One input of a runbook."""

    type: Literal["string", "integer", "number", "boolean", "duration", "list", "map", "enum"]
    required: bool = False
    default: JsonValue = None
    enum: tuple[JsonValue, ...] | None = None
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    description: str = ""


class Permissions(Model):
    """Who may start a run, who may approve it, and which connections it may touch."""

    run: tuple[str, ...] = ()
    """Principals: ``group:sre``, ``role:admin``, ``user:ana@acme.example``. Empty: every responder."""
    approve: tuple[str, ...] = ()
    """Default of every step's ``approve.from``."""
    connections: tuple[str, ...] = ()


class Guardrails(Model):
    """Limits that hold for the whole run."""

    lock: str | None = None
    """Text with ``${{ }}``: one more lock key, shared with every runbook that names it."""
    timeout: Duration = timedelta(hours=1)
    """The whole run, time spent awaiting approval not counted."""


class Retry(Model):
    """How a failed attempt is tried again; only for the error classes named."""

    max: int = Field(default=3, ge=0, le=20)
    """Further attempts after the first."""
    backoff: Literal["fixed", "exponential"] = "exponential"
    base: Duration = timedelta(seconds=2)
    cap: Duration = timedelta(seconds=60)
    jitter: bool = True
    on: tuple[ErrorClass, ...] = (ErrorClass.TRANSIENT, ErrorClass.THROTTLED, ErrorClass.CONFLICT)


class Approval(Model):
    """Ask people before the step."""

    from_: tuple[str, ...] = Field(default=(), alias="from")
    """Principals; empty means the runbook's ``permissions.approve``."""
    count: int = Field(default=1, ge=1, le=10)
    self_: bool = Field(default=False, alias="self")
    """Let the person who asked for the run approve it."""
    expires: Duration = timedelta(minutes=30)
    on_expiry: Literal["cancel", "skip", "compensate"] = "cancel"


class Check(Model):
    """One entry of ``verify``: an action that reads, and an assertion over its output ``value``.

    Without ``uses`` the assertion is over the step's own output.
    """

    uses: str | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    assert_: Expression | None = Field(default=None, alias="assert")
    interval: Duration = timedelta(seconds=5)
    for_: Duration = Field(default=timedelta(0), alias="for")
    """How long it must hold."""
    consecutive: int = Field(default=1, ge=1, le=1000)
    """How many passes in a row it takes."""
    deadline: Duration = timedelta(minutes=5)
    on_inconclusive: Literal["fail", "ask"] = "fail"


class Step(Model):
    """One step: exactly one of ``uses``, ``wait`` and ``assert`` says what it does."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str = ""
    uses: str | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    wait: Duration | None = None
    assert_: tuple[Expression, ...] = Field(default=(), alias="assert")
    if_: Expression | None = Field(default=None, alias="if")
    approve: Approval | None = None
    retry: Retry = Retry()
    timeout: Duration = timedelta(minutes=5)
    """One attempt of the action."""
    verify: tuple[Check, ...] | None = None
    """None: the action's own verify."""
    undo: Literal["auto", "none"] = "auto"
    on_failure: Literal["fail", "continue", "compensate"] = "fail"

    @property
    def title(self) -> str:
        """Return the name people see."""
        return self.name or self.id


class OnFailure(Model):
    """What a failed run does last."""

    compensate: bool = False
    """Undo the finished steps in reverse order."""


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
    outputs: dict[str, Value] = {}

    def canonical(self) -> str:
        """Return the sorted JSON that a revision digests: no comments, no layout."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Return the revision: SHA-256 of the canonical form, 64 hex digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
