"""The names by which Slack and Tocsin know the same thing, for listeners, views, manifest and tests."""

from enum import StrEnum

INCIDENT = "/incident"
RUNBOOK = "/runbook"

ARTEFACT = "tocsin_artefact"
"""``event_type`` of the metadata on our messages; the payload's ``key`` is the message's own name."""

PINS = frozenset({"pushpin", "round_pushpin"})
"""Reactions that put a message on the timeline."""
NOTED = "white_check_mark"
"""Our reaction on a message that stands on the timeline."""


class ActionId(StrEnum):
    """Every button."""

    DECLARE = "tray_declare"
    LIST = "tray_list"
    UPDATE = "incident_update"
    SEVERITY = "incident_severity"
    RESOLVE = "incident_resolve"
    APPROVE = "approval_approve"
    REJECT = "approval_reject"
    DETAILS = "approval_details"
    CANCEL_RUN = "run_cancel"
    RUN_SUGGESTED = "suggestion_run"


class Modal(StrEnum):
    """Every modal that is submitted."""

    DECLARE = "declare_incident"
    UPDATE = "post_update"
    SEVERITY = "change_severity"
    RESOLVE = "resolve_incident"
    REJECT = "reject_approval"


SHORTCUT = "declare_shortcut"
"""The global shortcut that opens the declare modal."""


class Field(StrEnum):
    """Every input of a modal; block and element have the same name."""

    TITLE = "title"
    SEVERITY = "severity"
    SERVICE = "service"
    SUMMARY = "summary"
    PRIVATE = "private"
    STATUS = "status"
    MESSAGE = "message"
    REASON = "reason"
