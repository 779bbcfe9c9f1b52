"""What people do to the app: commands, presses, modals, shortcuts."""

from collections.abc import Sequence

from tocsin.playground.slack import answers, inputs, modals, payloads
from tocsin.playground.slack.blocks import elements_of
from tocsin.playground.slack.delivery import Answer, Delivery
from tocsin.playground.slack.errors import NoSuchThing, SlackError
from tocsin.playground.slack.records import Message, Trigger, User, View
from tocsin.playground.slack.requests import Close, Home, Press, Shortcut, Submit, Suggest, TypedCommand
from tocsin.playground.slack.shapes import Json, as_object, child, children, text
from tocsin.playground.slack.whereabouts import message, person, room, view
from tocsin.playground.slack.wording import encode
from tocsin.playground.slack.workspace import Workspace

_TROUBLE = "We had some trouble connecting. Try again?"


class Hand:
    """The hand of whoever plays: it sends to the app and shows what comes back."""

    def __init__(self, workspace: Workspace, delivery: Delivery) -> None:
        self._workspace = workspace
        self._delivery = delivery

    async def command(self, request: TypedCommand) -> Json:
        """Send a slash command; what the app acknowledges it with is shown in the channel."""
        workspace = self._workspace
        user = person(workspace, request.user)
        where = room(workspace, request.channel, user)
        word, _, rest = request.text.partition(" ")
        trigger = modals.issue_trigger(workspace, user.id)
        payload: Json = {
            **payloads.command(workspace, user, where, word, encode(workspace, rest.strip(), labels=True)),
            "response_url": answers.issue(workspace, where, user.id),
            "trigger_id": trigger.id,
        }
        answer = await self._delivery.send("slash_commands", payload)
        if not answer.ok:
            reason = "operation_timeout" if answer.reason == "http_timeout" else "dispatch_failed"
            answers.complain(workspace, where, user.id, f'{word} failed with the error "{reason}"')
        elif answer.body:
            body: Json = {"text": answer.body} if isinstance(answer.body, str) else as_object(answer.body)
            answers.say(workspace, where, user.id, body)
        return {**_outcome(answer, trigger), "response_url": payload["response_url"]}

    async def press(self, request: Press) -> Json:
        """Use a button or select; a modal's inputs keep what was entered so far."""
        workspace = self._workspace
        user = person(workspace, request.user)
        place = self._place(request, user)
        block, element = _element(_blocks(place), request)
        entered: Json = {}
        if text(element, "type") not in ("button", "overflow"):
            entered = {request.action_id: request.selected}
        known = place.state if isinstance(place, View) else {}
        state = inputs.values(_blocks(place), known, entered)
        trigger = modals.issue_trigger(workspace, user.id, place.stack if isinstance(place, View) else "")
        payload: Json = {
            **payloads.interaction(workspace, "block_actions", user),
            "trigger_id": trigger.id,
            "actions": [self._action(block, element, request)],
        }
        if isinstance(place, View):
            place.state = state
        payload |= payloads.where(workspace, place)
        if isinstance(place, Message):
            payload["state"] = {"values": state}
            where = workspace.channels[place.channel]
            payload["response_url"] = answers.issue(workspace, where, user.id, place.ts)
        return _outcome(await self._delivery.send("interactive", payload), trigger)

    def _place(self, request: Press, user: User) -> Message | View:
        if request.view_id:
            return view(self._workspace, request.view_id, user)
        return message(room(self._workspace, request.channel, user), request.ts, user)

    def _action(self, block: Json, element: Json, request: Press) -> Json:
        kind = text(element, "type")
        action: Json = {
            "type": kind,
            "action_id": text(element, "action_id"),
            "block_id": text(block, "block_id"),
            "action_ts": self._workspace.timestamp(),
        }
        if kind != "button":
            return action | inputs.filled(element, request.selected)
        shown = {key: element[key] for key in ("text", "value", "style", "url") if key in element}
        return action | shown

    async def suggest(self, request: Suggest) -> Json:
        """Ask the app for the options of an external select."""
        user = person(self._workspace, request.user)
        place = self._place(request, user)
        block, _ = _element(_blocks(place), request.model_copy(update={"value": None}))
        payload: Json = {
            **payloads.interaction(self._workspace, "block_suggestion", user),
            **payloads.where(self._workspace, place),
            "action_id": request.action_id,
            "block_id": text(block, "block_id"),
            "value": request.value or "",
        }
        answer = await self._delivery.send("interactive", payload)
        return {"status": answer.status, **as_object(answer.body)}

    async def submit(self, request: Submit) -> Json:
        """Submit a modal and do what the app answers: close, errors, update, push or clear."""
        workspace = self._workspace
        user = person(workspace, request.user)
        shown = view(workspace, request.view_id, user)
        blocks = children(shown.content, "blocks")
        shown.state = inputs.values(blocks, shown.state, request.values)
        shown.errors = inputs.missing(blocks, shown.state)
        if shown.errors:
            workspace.touch()
            return {"ok": False, "sent": False, "errors": shown.errors}
        trigger = modals.issue_trigger(workspace, user.id, shown.stack)
        payload: Json = {
            **payloads.interaction(workspace, "view_submission", user),
            **payloads.in_view(workspace, shown),
            "trigger_id": trigger.id,
            "response_urls": [],
        }
        del payload["container"]
        answer = await self._delivery.send("interactive", payload)
        if not answer.ok:
            shown.errors = {"": _TROUBLE}
        elif shown.id in workspace.views:
            self._obey(shown, as_object(answer.body))
        workspace.touch()
        return {"ok": not shown.errors, "sent": True, "errors": shown.errors, **_outcome(answer, trigger)}

    def _obey(self, shown: View, answer: Json) -> None:
        """Do what the acknowledgement of a submission says."""
        shown.errors = {}
        content = child(answer, "view")
        match text(answer, "response_action"):
            case "errors":
                shown.errors = {block: str(words) for block, words in child(answer, "errors").items()}
            case "clear":
                modals.close(self._workspace, modals.stack_of(self._workspace, shown.user))
            case "update" | "push" if not _valid(content):
                shown.errors = {"": _TROUBLE}
            case "update":
                modals.replace_content(self._workspace, shown, content)
            case "push":
                modals.push(self._workspace, shown.user, content)
            case _:
                modals.close(self._workspace, [shown])

    async def close(self, request: Close) -> Json:
        """Close a modal; the app hears of it where the view asked for notify_on_close."""
        workspace = self._workspace
        user = person(workspace, request.user)
        shown = view(workspace, request.view_id, user)
        closing = modals.stack_of(workspace, user.id) if request.whole_stack else [shown]
        modals.close(workspace, closing)
        for one in closing:
            if one.content.get("notify_on_close") is True:
                payload = payloads.interaction(workspace, "view_closed", user) | payloads.in_view(
                    workspace, one
                )
                del payload["container"]
                await self._delivery.send("interactive", {**payload, "is_cleared": request.whole_stack})
        return {"closed": [one.id for one in closing]}

    async def shortcut(self, request: Shortcut) -> Json:
        """Use a shortcut on a message, or a global one."""
        workspace = self._workspace
        user = person(workspace, request.user)
        trigger = modals.issue_trigger(workspace, user.id)
        common: Json = {
            "callback_id": request.callback_id,
            "trigger_id": trigger.id,
            "action_ts": workspace.timestamp(),
        }
        if not request.ts:
            payload = payloads.interaction(workspace, "shortcut", user) | common
            return _outcome(await self._delivery.send("interactive", payload), trigger)
        where = room(workspace, request.channel, user)
        said = message(where, request.ts, user)
        payload = payloads.interaction(workspace, "message_action", user) | common
        payload |= {**payloads.in_message(workspace, said), "message_ts": said.ts}
        payload["response_url"] = answers.issue(workspace, where, user.id, said.ts)
        del payload["container"]
        return _outcome(await self._delivery.send("interactive", payload), trigger)

    def open_home(self, request: Home) -> None:
        """Open the app's home tab."""
        workspace = self._workspace
        user = person(workspace, request.user)
        direct = room(workspace, "@tocsin", user)
        workspace.emit({"type": "app_home_opened", "user": user.id, "channel": direct.id, "tab": "home"})


def _blocks(place: Message | View) -> list[Json]:
    return children(place.content, "blocks") if isinstance(place, View) else place.blocks


def _element(blocks: Sequence[Json], request: Press) -> tuple[Json, Json]:
    """Find the element that is meant; `value` chooses among several with one action_id."""
    found = [pair for pair in elements_of(blocks) if text(pair[1], "action_id") == request.action_id]
    if request.value is not None:
        found = [pair for pair in found if text(pair[1], "value") == request.value]
    if not found:
        offered = (
            ", ".join(text(element, "action_id") for _, element in elements_of(blocks)) or "nothing to press"
        )
        raise NoSuchThing(
            f"no element {request.action_id!r} with value {request.value!r} here; there is {offered}"
        )
    return found[0]


def _valid(content: Json) -> bool:
    try:
        modals.check(content)
    except SlackError:
        return False
    return True


def _outcome(answer: Answer, trigger: Trigger) -> Json:
    return {"status": answer.status, "ack": answer.body, "reason": answer.reason, "trigger_id": trigger.id}
