"""What a runbook says, as frozen models; ``load`` builds them from YAML, nothing else does."""

from tocsin.runbooks.model.approvals import Approval, Quorum
from tocsin.runbooks.model.base import Duration, Expression, Model, Value, parse_bytes, parse_duration
from tocsin.runbooks.model.guardrails import Cooldown, Guardrails, Permissions, RateLimit, StopIf
from tocsin.runbooks.model.inputs import InputSpec
from tocsin.runbooks.model.runbook import OnCancel, OnFailure, Runbook
from tocsin.runbooks.model.steps import (
    Check,
    Foreach,
    Handler,
    Look,
    Manual,
    Retry,
    Step,
    Timeline,
    UndoSteps,
    Wait,
)
from tocsin.runbooks.model.triggers import Dedupe, Ended, Schedule, Storm, Trigger

__all__ = [
    "Approval",
    "Check",
    "Cooldown",
    "Dedupe",
    "Duration",
    "Ended",
    "Expression",
    "Foreach",
    "Guardrails",
    "Handler",
    "InputSpec",
    "Look",
    "Manual",
    "Model",
    "OnCancel",
    "OnFailure",
    "Permissions",
    "Quorum",
    "RateLimit",
    "Retry",
    "Runbook",
    "Schedule",
    "Step",
    "StopIf",
    "Storm",
    "Timeline",
    "Trigger",
    "UndoSteps",
    "Value",
    "Wait",
    "parse_bytes",
    "parse_duration",
]
