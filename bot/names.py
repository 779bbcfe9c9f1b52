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
    PAUSE_RUN = "run_pause"
    RESUME_RUN = "run_resume"
    BREAK_GLASS = "run_break_glass"
    RERUN = "run_rerun"
    COMPLETE = "manual_complete"
    REFUSE = "manual_refuse"
    DOUBT_YES = "doubt_yes"
    DOUBT_NO = "doubt_no"
    ABORT_RUN = "doubt_abort"
    RUN_SUGGESTED = "suggestion_run"


class Modal(StrEnum):
    """Every modal that is submitted."""

    DECLARE = "declare_incident"
    UPDATE = "post_update"
    SEVERITY = "change_severity"
    RESOLVE = "resolve_incident"
    REJECT = "reject_approval"
    APPROVE = "approve_typed"
    CANCEL_RUN = "cancel_run"
    BREAK_GLASS = "break_glass"
    RERUN = "rerun_run"
    COMPLETE = "complete_manual"
    REFUSE = "refuse_manual"


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
    CONFIRM = "confirm"
    COMMENT = "comment"
    HOW = "how"
    SINCE = "since"


CHECKLIST = "checklist."
"""Before the number of a block of boxes to tick."""
EVIDENCE = "evidence."
"""Before the name of a field of a manual step."""
