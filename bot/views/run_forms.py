"""The windows of a run: approve what has to be typed, do by hand, cancel, break the glass, run again."""

from collections.abc import Iterator, Mapping

from tocsin.bot.names import CHECKLIST, EVIDENCE, Field, Modal
from tocsin.bot.views.forms import checklist, entry, required, select, text_field, window
from tocsin.bot.views.text import Block, clamp, esc, section
from tocsin.events.run import ApprovalRequested
from tocsin.events.steering import ManualRequested
from tocsin.runbooks.model import InputSpec, Runbook
from tocsin.runbooks.state import RunState

LEAVE, UNDO = "leave", "undo"
WHOLE, FAILED, SINCE = "whole", "failed", "since"
_TEXT = 2500


def approve(request: ApprovalRequested, about: str) -> Block:
    """Return the window in which an approver types what is asked for."""
    typed = request.confirm or ""
    return window(
        Modal.APPROVE,
        "Approve",
        [
            required(entry(Field.CONFIRM, f"Type {clamp(typed, 300)}", text_field(Field.CONFIRM))),
            entry(Field.COMMENT, "Comment", text_field(Field.COMMENT, lines=True)),
        ],
        about,
    )


def complete(asked: ManualRequested, fields: Mapping[str, InputSpec], about: str) -> Block:
    """Return the window that says a manual step is done: its checklist, and what is filled in."""
    blocks = [section(esc(clamp(asked.instructions, _TEXT)))] if asked.instructions else []
    blocks += map(required, checklist(CHECKLIST, "Checklist", asked.checklist))
    blocks += _evidence(fields)
    return window(Modal.COMPLETE, "Done by hand", blocks, about)


def refuse(about: str) -> Block:
    """Return the window that asks why a manual step cannot be done."""
    reason = text_field(Field.REASON, lines=True)
    return window(Modal.REFUSE, "Cannot be done", [required(entry(Field.REASON, "Why not?", reason))], about)


def cancel(state: RunState) -> Block:
    """Return the window that stops a run."""
    choices = [(LEAVE, "Leave what it did as it is"), (UNDO, "Undo what it did, in reverse order")]
    blocks = [
        required(
            entry(Field.HOW, "It stops after the step it is in. Then?", select(Field.HOW, choices, LEAVE))
        ),
        entry(Field.REASON, "Why?", text_field(Field.REASON)),
    ]
    return window(Modal.CANCEL_RUN, f"Cancel {state.id[:8]}", blocks, state.id)


def break_glass(state: RunState) -> Block:
    """Return the window that lets a run change things in spite of a freeze."""
    hint = "An admin does that. Everybody is told, and it is looked at afterwards."
    reason = required(entry(Field.REASON, "Why can it not wait?", text_field(Field.REASON, lines=True), hint))
    return window(Modal.BREAK_GLASS, "Break the glass", [reason], state.id)


def rerun(state: RunState, runbook: Runbook) -> Block:
    """Return the window that starts an ended run again."""
    choices = [
        (WHOLE, "All of it"),
        (FAILED, "What did not succeed: failed steps and items"),
        (SINCE, "From one step on; what succeeded before it is taken over"),
    ]
    begun = [(step.id, step.title) for step in runbook.steps if step.id in state.steps]
    blocks = [required(entry(Field.HOW, "How much of it?", select(Field.HOW, choices, WHOLE)))]
    blocks += [entry(Field.SINCE, "From which step?", select(Field.SINCE, begun))] if begun else []
    return window(Modal.RERUN, f"Run {state.id[:8]} again", blocks, state.id)


def _evidence(fields: Mapping[str, InputSpec]) -> Iterator[Block]:
    for name, spec in fields.items():
        own = f"{EVIDENCE}{name}"
        block = entry(own, name, _element(own, spec), spec.description)
        yield required(block) if spec.required and spec.default is None else block


def _element(name: str, spec: InputSpec) -> Block:
    default = "" if spec.default is None else str(spec.default)
    if spec.type == "boolean":
        return select(name, [("true", "Yes"), ("false", "No")], default.lower())
    if spec.enum:
        return select(name, [(str(one), str(one)) for one in spec.enum], default)
    return text_field(name, default, lines=spec.type in {"string", "list", "map"})
