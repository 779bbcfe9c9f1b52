"""views.*: modals and the home tab."""

from tocsin.playground.slack import modals, render
from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.records import View
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.slack.workspace import Workspace


def _content(workspace: Workspace, call: Call, *, kind: str) -> Json:
    content = call.object("view")
    if content is None:
        raise SlackError("invalid_arguments", ["missing required field: view [json-pointer:/view]"])
    modals.check(content)
    if text(content, "type") != kind:
        raise SlackError("invalid_arguments", [f"must be {kind} [json-pointer:/view/type]"])
    external = text(content, "external_id")
    taken = (view for view in workspace.views.values() if view.id != call.text("view_id"))
    if external and external != call.text("external_id"):
        _refuse_duplicate(external, [text(view.content, "external_id") for view in taken])
    return content


def _refuse_duplicate(external_id: str, taken: list[str]) -> None:
    if external_id in taken:
        raise SlackError("duplicate_external_id")


def _shown(workspace: Workspace, view: View) -> Json:
    return {"view": render.view(workspace, view)}


def open_view(workspace: Workspace, call: Call) -> Json:
    """Open a modal with a trigger."""
    content = _content(workspace, call, kind="modal")
    trigger = modals.exchange(workspace, call.need("trigger_id"))
    return _shown(workspace, modals.open_modal(workspace, trigger, content))


def push(workspace: Workspace, call: Call) -> Json:
    """Open a modal over the one the user acted in."""
    content = _content(workspace, call, kind="modal")
    trigger = modals.exchange(workspace, call.need("trigger_id"))
    return _shown(workspace, modals.push(workspace, trigger.user, content))


def update(workspace: Workspace, call: Call) -> Json:
    """Replace an open view; with `hash`, only if nobody replaced it before."""
    view = modals.find(workspace, call.text("view_id"), call.text("external_id"))
    content = _content(workspace, call, kind=view.type)
    if call.text("hash") and call.text("hash") != view.hash:
        raise SlackError("hash_conflict")
    modals.replace_content(workspace, view, content)
    return _shown(workspace, view)


def publish(workspace: Workspace, call: Call) -> Json:
    """Set the app's home tab for one user."""
    user = workspace.user(call.need("user_id"))
    content = _content(workspace, call, kind="home")
    known = next(
        (one for one in workspace.views.values() if one.type == "home" and one.user == user.id), None
    )
    if known is not None and call.text("hash") not in ("", known.hash):
        raise SlackError("hash_conflict")
    return _shown(workspace, modals.publish(workspace, user.id, content))
