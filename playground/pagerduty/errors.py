"""PagerDuty's refusals, with its own codes (https://developer.pagerduty.com/docs/errors)."""

from typing import Self

ALREADY_RESOLVED = 1001
NOT_ESCALATED = 1006
UNKNOWN_REQUESTER = 1008
INTERNAL_ERROR = 2000
INVALID_INPUT = 2001
MISSING_ARGUMENTS = 2003
AUTHENTICATION_FAILED = 2006
RATE_LIMIT_EXCEEDED = 2020
NOT_FOUND = 2100


class Refusal(Exception):
    """A REST call that PagerDuty refuses: an HTTP status and `{"error": {code, message, errors}}`."""

    def __init__(self, status: int, code: int, message: str, *details: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = list(details) or [message]

    @classmethod
    def not_found(cls, what: str) -> Self:
        """Refuse to speak of something that is not there."""
        return cls(404, NOT_FOUND, "Not Found", f"{what} was not found")

    @classmethod
    def invalid(cls, *details: str) -> Self:
        """Refuse an argument."""
        return cls(400, INVALID_INPUT, "Invalid Input Provided", *details)

    def body(self) -> dict[str, object]:
        """Render the refusal as PagerDuty's JSON body."""
        return {"error": {"code": self.code, "message": self.message, "errors": self.details}}
