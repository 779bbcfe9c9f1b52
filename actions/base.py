"""What an action is: one verb on one system, planned, run, verified and undone."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass


class Risk(StrEnum):
    """How bad it is when the action does what it says."""

    READ = "read"
    LOW = "low"
    HIGH = "high"
    DESTRUCTIVE = "destructive"


class Effect(StrEnum):
    """What may be done after a crash between the effect and its result."""

    READ = "read"
    """Changes nothing; run it again."""
    IDEMPOTENT = "idempotent"
    """Sets a desired state; run it again."""
    KEYED = "keyed"
    """Takes an idempotency key; run it again with the same key."""
    ONCE = "once"
    """Must not happen twice: ``probe`` decides, and a person where it cannot."""


class Frozen(BaseModel):
    """Base of inputs, plans and outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ANY = "*"
"""In the inputs that ``permissions`` is given: what only a run knows, and so every name there is."""


class Change(Frozen):
    """One line of a plan's diff."""

    resource: str
    """Canonical name, as in the lock keys: ``k8s:main/shop/deployment/checkout``."""
    field: str
    before: JsonValue
    after: JsonValue


class Plan(Frozen):
    """What ``run`` would change, and whatever ``undo`` needs to put it back.

    It is logged before ``run``, so ``undo`` survives a crash. A subclass adds the snapshot.
    """

    summary: str
    """One line that a tired person can approve."""
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def noop(self) -> bool:
        """Say whether the world already is as wanted."""
        return all(change.before == change.after for change in self.changes)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON; approvals bind to it."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class Verdict(Frozen):
    """What ``verify`` saw. ``waiting`` is asked again until the step's deadline."""

    state: Literal["ok", "waiting", "failed"]
    reason: str


class Probe(StrEnum):
    """Whether a ``once`` effect whose result was lost has happened."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class Permission(Frozen):
    """One right an action needs, exact enough to print a least-privilege policy from."""

    system: Literal[
        "argocd",
        "aws",
        "dns",
        "github",
        "grafana",
        "http",
        "kubernetes",
        "launchdarkly",
        "pagerduty",
        "postgres",
        "redis",
        "slack",
        "tcp",
    ]
    verb: str
    """In the system's own words: a Kubernetes verb, an IAM action, a Slack scope, an HTTP method, a role."""
    resource: str
    """Likewise: ``apps/deployments/scale in shop``, ``core/nodes`` of the whole cluster, an ARN, a URL."""


InputT = TypeVar("InputT", bound=Frozen)
PlanT = TypeVar("PlanT", bound=Plan)
OutputT = TypeVar("OutputT", bound=Frozen)


class Action(ABC, Generic[InputT, PlanT, OutputT]):
    """One verb on one system. Stateless but for its clients; called from threads.

    Every method raises ``ActionFailed`` with the class of the failure, and nothing else.
    """

    name: ClassVar[str]
    """``system.verb``, as runbooks write it."""
    version: ClassVar[int] = 1
    """Raised when the meaning of the inputs changes; a published revision pins it."""
    risk: ClassVar[Risk]
    effect: ClassVar[Effect]
    settle: ClassVar[timedelta] = timedelta(minutes=5)
    """How long ``verify`` may answer ``waiting`` when the runbook names no deadline."""
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Inputs that may hold a ``secrets.NAME`` reference."""

    input_model: ClassVar[type[Frozen]]
    plan_model: ClassVar[type[Plan]]
    output_model: ClassVar[type[Frozen]]

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Read the three models from ``Action[Input, Plan, Output]``."""
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            models = get_args(base)
            if len(models) == 3 and all(isinstance(model, type) for model in models):
                cls.input_model, cls.plan_model, cls.output_model = models

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    def resources(self, want: InputT) -> list[str]:
        """Return the lock keys of what ``run`` touches; none for a read."""
        return []

    @abstractmethod
    def permissions(self, want: InputT) -> list[Permission]:
        """Return the exact rights that plan, run, verify and undo need."""

    @abstractmethod
    def plan(self, want: InputT) -> PlanT:
        """Read the system, say what would change, refuse what must not be. Changes nothing."""

    @abstractmethod
    def run(self, want: InputT, plan: PlanT, key: str) -> OutputT:
        """Do it. ``key`` is the same for every try of one step."""

    def verify(self, want: InputT, plan: PlanT) -> Verdict:
        """Look whether the world agrees, which is more than that the call was accepted."""
        return Verdict(state="ok", reason="nothing to verify")

    def undo(self, want: InputT, plan: PlanT) -> None:
        """Put back what ``plan`` saw. Also called when ``run`` failed half-way."""
        raise ActionFailed(f"{self.name} cannot be undone; put it back by hand", ErrorClass.INVALID)

    def probe(self, want: InputT, plan: PlanT, key: str) -> Probe:
        """Say whether a ``once`` effect has happened."""
        return Probe.UNKNOWN

    def recover(self, want: InputT, plan: PlanT, key: str) -> OutputT | None:
        """Read from the world what ``run`` put out, once it has happened; None: it shows nowhere.

        Called where the result was lost, by a crash or a timeout. Changes nothing.
        """
        return None

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str | None:
        """Return the shell command that does the same when Tocsin is down; None when there is none.

        ``given`` is the runbook's ``with``: a value that only a run knows stands there as ``<name>``.
        """
        return None

    @classmethod
    def probes(cls) -> bool:
        """Say whether the action can find out if it has happened."""
        return cls.probe is not Action.probe

    @classmethod
    def undoable(cls) -> bool:
        """Say whether the action can be undone."""
        return cls.undo is not Action.undo
