"""Every error Tocsin raises on purpose; each message says what happened and what to do next."""

from enum import StrEnum


class TocsinError(Exception):
    """Base of them all; caught only at the three entry points (request, listener, job)."""


class BadSetting(TocsinError):
    """A setting cannot be used; the service does not start."""


class BadSignature(TocsinError):
    """A webhook's signature does not match its body."""


class Invalid(TocsinError):
    """A command's arguments make no sense; nothing was changed."""


class NotFound(TocsinError):
    """What the command names does not exist, or its actor may not know that it does."""


class Forbidden(TocsinError):
    """The actor may not do this; nothing was changed."""


class Conflict(TocsinError):
    """The thing is no longer in the state the command needs; nothing was changed."""


class StaleStream(TocsinError):
    """Somebody else appended to the stream first. Read it again and decide again."""


class IllegalTransition(TocsinError):
    """An event may not follow on what happened before: a mistake in Tocsin itself."""


class BrokenChain(TocsinError):
    """An event does not match its hash: the log was changed behind Tocsin's back."""


class BadRunbook(TocsinError):
    """A runbook cannot be loaded; the message lists every problem as ``file:line:col: text``."""


class SourceFailed(TocsinError):
    """A source of runbooks cannot be read; what was published stays."""


class BadExpression(TocsinError):
    """An expression is not allowed, or cannot be evaluated."""


class ErrorClass(StrEnum):
    """What kind of failure it was: the words a runbook's ``retry.on`` uses."""

    TRANSIENT = "transient"
    """The other side had a bad moment; the same call may work soon."""
    THROTTLED = "throttled"
    """The other side asked for patience."""
    TIMEOUT = "timeout"
    """No answer in time; whether it happened is not known."""
    CONFLICT = "conflict"
    """The object changed between reading and writing; plan or read again."""
    DENIED = "denied"
    """Our credentials do not allow it."""
    INVALID = "invalid"
    """The request itself is wrong, or refused by a guard."""
    MISSING = "missing"
    """The object does not exist."""


RETRYABLE = frozenset({ErrorClass.TRANSIENT, ErrorClass.THROTTLED, ErrorClass.TIMEOUT, ErrorClass.CONFLICT})


class ActionFailed(TocsinError):
    """An action could not plan, run, verify or undo."""

    def __init__(self, message: str, kind: ErrorClass) -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def retryable(self) -> bool:
        """Say whether trying again, unchanged, may help."""
        return self.kind in RETRYABLE
