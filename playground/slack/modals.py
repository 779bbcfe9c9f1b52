"""Triggers, and the views they open."""

from collections.abc import Sequence

from tocsin.playground.slack.blocks import VIEW_BLOCKS, Checker, problems
from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.posting import named_blocks
from tocsin.playground.slack.records import Trigger, View
from tocsin.playground.slack.shapes import Json, children, text
from tocsin.playground.slack.workspace import Workspace

_STACK_LIMIT = 3
_CONTENT = {
    "type", "callback_id", "title", "submit", "close", "blocks", "private_metadata", "clear_on_close",
    "notify_on_close", "external_id", "submit_disabled",
}  # fmt: skip


def issue_trigger(workspace: Workspace, user: str, stack: str = "") -> Trigger:
    """Make leave for one modal; `stack` is the open modal that the user acted in."""
    trigger_id = f"{workspace.serial('13')}.{workspace.secret('trigger')}"
    trigger = Trigger(trigger_id, user, workspace.now(), stack)
    workspace.triggers[trigger_id] = trigger
    return trigger


def exchange(workspace: Workspace, trigger_id: str) -> Trigger:
    """Use a trigger up; refuses one that is made up, too old, or used before."""
    trigger = workspace.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.exchanged:
        raise SlackError("exchanged_trigger_id")
    if workspace.now() - trigger.issued > workspace.settings.trigger_seconds:
        raise SlackError("expired_trigger_id")
    trigger.exchanged = True
    return trigger


def check(view: Json) -> None:
    """Refuse a view that Slack would refuse, with its messages."""
    kind = text(view, "type")
    checker = Checker()
    if kind not in ("modal", "home"):
        checker.say("must be one of: modal, home", "/view/type")
    if kind == "modal":
        checker.words(view, "title", 24, "/view", plain=True)
        checker.maybe_words(view, "submit", 24, "/view", plain=True)
        checker.maybe_words(view, "close", 24, "/view", plain=True)
    if _has_input(view) and kind == "modal" and "submit" not in view:
        checker.say("missing required field: submit", "/view")
    if not isinstance(view.get("blocks"), list):
        checker.say("missing required field: blocks", "/view")
    checker.string(view, "callback_id", 255, "/view")
    checker.string(view, "private_metadata", 3000, "/view")
    for key in sorted(view.keys() - _CONTENT):
        checker.say(f"additional property: {key}", "/view")
    found = [*checker.problems, *(f"{one}" for one in problems(children(view, "blocks"), VIEW_BLOCKS))]
    if found:
        raise SlackError("invalid_arguments", found)


def _has_input(view: Json) -> bool:
    return any(text(block, "type") == "input" for block in children(view, "blocks"))


def open_modal(workspace: Workspace, trigger: Trigger, content: Json) -> View:
    """Show a modal to the trigger's user, in place of any other stack they had open."""
    for shown in stack_of(workspace, trigger.user):
        del workspace.views[shown.id]
    view = _new_view(workspace, trigger.user, content)
    view.stack = view.id
    return _show(workspace, view)


def push(workspace: Workspace, user: str, content: Json) -> View:
    """Show a modal over the user's topmost one; at most three lie over one another."""
    stack = stack_of(workspace, user)
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= _STACK_LIMIT:
        raise SlackError("push_limit_reached")
    view = _new_view(workspace, user, content)
    view.stack, view.previous = stack[0].id, stack[-1].id
    return _show(workspace, view)


def replace_content(workspace: Workspace, view: View, content: Json) -> None:
    """Put other content into an open view; inputs whose block and action stay keep their state."""
    view.content = {**content, "blocks": named_blocks(workspace, children(content, "blocks"))}
    view.hash = workspace.secret("hash")
    view.errors = {}
    kept = {text(block, "block_id") for block in children(view.content, "blocks")}
    view.state = {block_id: state for block_id, state in view.state.items() if block_id in kept}
    workspace.touch()


def publish(workspace: Workspace, user: str, content: Json) -> View:
    """Set the app's home tab for one user."""
    home = next((one for one in workspace.views.values() if one.type == "home" and one.user == user), None)
    if home is None:
        return _show(workspace, _new_view(workspace, user, content))
    replace_content(workspace, home, content)
    return home


def close(workspace: Workspace, views: Sequence[View]) -> None:
    """Take views off the screen."""
    for view in views:
        workspace.views.pop(view.id, None)
    workspace.touch()


def stack_of(workspace: Workspace, user: str) -> list[View]:
    """List the user's open modals, the topmost last."""
    return [view for view in workspace.views.values() if view.type == "modal" and view.user == user]


def find(workspace: Workspace, view_id: str, external_id: str) -> View:
    """Find an open view by its id or the app's own id; refuses with not_found."""
    if view_id in workspace.views:
        return workspace.views[view_id]
    for view in workspace.views.values():
        if external_id and text(view.content, "external_id") == external_id:
            return view
    raise SlackError("not_found")


def _new_view(workspace: Workspace, user: str, content: Json) -> View:
    named: Json = {**content, "blocks": named_blocks(workspace, children(content, "blocks"))}
    return View(
        workspace.serial("V0A"), text(content, "type"), user, named, workspace.secret("hash"), stack=""
    )


def _show(workspace: Workspace, view: View) -> View:
    view.stack = view.stack or view.id
    workspace.views[view.id] = view
    workspace.touch()
    return view
