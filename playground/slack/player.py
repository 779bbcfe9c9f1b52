"""Play people in a practice workspace from Python: tests and the demo's story do."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx2

from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.shapes import Json, as_object, children, text
from tocsin.trust import trusting

T = TypeVar("T")


class NotPlayed(Exception):
    """The workspace refused what a person tried to do."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"HTTP {status}: {reason}")
        self.status = status


class NeverCame(AssertionError):
    """What was waited for did not appear in time; the message carries the channel's whole text."""


class Player:
    """Everybody's hands. Users and channels go by id or by name ("ana", "#incidents")."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx2.Client(base_url=base_url, verify=trusting(None), timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_client()

    def close_client(self) -> None:
        """Close the connection to the workspace."""
        self._client.close()

    # -- what people do -----------------------------------------------------------------------------

    def command(self, user: str, channel: str, words: str) -> Json:
        """Type a slash command: {status, ack, reason, trigger_id, response_url}."""
        return self._post("command", {"user": user, "channel": channel, "text": words})

    def press(
        self,
        user: str,
        message: Json,
        action_id: str,
        *,
        value: str | None = None,
        selected: str | list[str] | None = None,
    ) -> Json:
        """Use a button or select of a message found by `message` or `wait_for_message`."""
        place = {"user": user, "channel": text(message, "channel"), "ts": text(message, "ts")}
        return self._post("press", {**place, "action_id": action_id, "value": value, "selected": selected})

    def press_in_view(
        self, user: str, view: Json, action_id: str, *, value: str | None = None, selected: str | None = None
    ) -> Json:
        """Use a button or select of an open modal or of the home tab."""
        place = {"user": user, "view_id": text(view, "id")}
        return self._post("press", {**place, "action_id": action_id, "value": value, "selected": selected})

    def suggest(self, user: str, view: Json, action_id: str, typed: str) -> Json:
        """Type into an external select of an open modal: {status, options}."""
        place = {"user": user, "view_id": text(view, "id")}
        return self._post("suggest", {**place, "action_id": action_id, "value": typed})

    def submit(self, user: str, view: Json, values: dict[str, object] | None = None) -> Json:
        """Submit a modal: {ok, errors, …}; values by action_id, or by block_id in Slack's own shape."""
        return self._post("submit", {"user": user, "view_id": text(view, "id"), "values": values or {}})

    def close(self, user: str, view: Json) -> Json:
        """Close a modal."""
        return self._post("close", {"user": user, "view_id": text(view, "id")})

    def say(self, user: str, channel: str, words: str, thread_ts: str = "") -> Json:
        """Post a message: {channel, ts, permalink}, which `edit`, `react` and the others take."""
        body = {"user": user, "channel": channel, "text": words, "thread_ts": thread_ts}
        return self._post("message", body)

    def edit(self, user: str, message: Json, words: str) -> Json:
        """Change one's own message."""
        return self._post("edit", {**_target(user, message), "text": words})

    def delete(self, user: str, message: Json) -> Json:
        """Delete one's own message."""
        return self._post("delete", _target(user, message))

    def react(self, user: str, message: Json, name: str, *, remove: bool = False) -> Json:
        """React to a message, or take the reaction back."""
        return self._post("react", {**_target(user, message), "name": name, "remove": remove})

    def pin(self, user: str, message: Json, *, remove: bool = False) -> Json:
        """Pin a message, or unpin it."""
        return self._post("pin", {**_target(user, message), "remove": remove})

    def join(self, user: str, channel: str) -> Json:
        """Join a channel."""
        return self._post("member", {"user": user, "channel": channel})

    def leave(self, user: str, channel: str) -> Json:
        """Leave a channel."""
        return self._post("member", {"user": user, "channel": channel, "leave": True})

    def shortcut(self, user: str, callback_id: str, message: Json | None = None) -> Json:
        """Use a global shortcut, or a message's."""
        place: dict[str, object] = _target(user, message) if message else {"user": user}
        return self._post("shortcut", {**place, "callback_id": callback_id})

    def open_home(self, user: str) -> Json:
        """Open the app's home tab."""
        return self._post("home", {"user": user})

    # -- the strings behind the stage ---------------------------------------------------------------

    def fault(self, fault: Fault) -> Json:
        """Order trouble for the next calls of a method."""
        return self._post("fault", fault.model_dump())

    def deliver(self, event_id: str = "", *, retry_num: int = 1, retry_reason: str = "http_timeout") -> Json:
        """Send an event again, the newest when no id is given: {event_id, status, reason}."""
        return self._post(
            "deliver", {"event_id": event_id, "retry_num": retry_num, "retry_reason": retry_reason}
        )

    def drop_sockets(self, action: Literal["drop", "refresh"] = "drop") -> Json:
        """Close the Socket Mode connections."""
        return self._post("socket", {"action": action})

    def reset(self) -> Json:
        """Put the workspace back to its first day."""
        return self._post("reset", {})

    def calls(self, method: str = "", *, refused: bool = False) -> list[Json]:
        """List the Web API calls in order; `refused` adds those that were answered with an error."""
        return children(self._get("calls", {"method": method, "refused": str(refused).lower()}), "calls")

    def deliveries(self) -> list[Json]:
        """List the events sent to the app, with each attempt's outcome."""
        return children(self._get("deliveries"), "events")

    def state(self) -> Json:
        """Show the whole workspace."""
        return self._get("state")

    # -- finding ------------------------------------------------------------------------------------

    def channel(self, channel: str) -> Json:
        """Find a channel by id or name. Raises NeverCame when there is none."""
        found = self._channel(channel)
        if found is None:
            raise NeverCame(f"there is no channel {channel}")
        return found

    def _channel(self, channel: str) -> Json | None:
        wanted = channel.removeprefix("#")
        rooms = children(self.state(), "channels")
        return next((room for room in rooms if wanted in (room["id"], room.get("name"))), None)

    def messages(self, channel: str) -> list[Json]:
        """List a channel's messages, oldest first, ephemeral ones and replies too; each names its channel."""
        room = self.channel(channel)
        return [{**message, "channel": room["id"]} for message in children(room, "messages")]

    def message(self, channel: str, containing: str, *, seen_by: str = "") -> Json | None:
        """Find the newest message with these words in its text or blocks; `seen_by` takes a user's id."""
        for message in reversed(self.messages(channel)):
            visible = text(message, "ephemeral_to") in ("", seen_by)
            if containing in plain_text(message) and visible:
                return message
        return None

    def view(self, user: str, titled: str = "") -> Json | None:
        """Find the topmost modal on a person's screen, by id or name of the person."""
        state = self.state()
        names = {text(one, "id"): text(one, "name") for one in children(state, "users")}
        for view in reversed(children(state, "views")):
            mine = user in (view["user"], names.get(text(view, "user"), ""))
            title = text(as_object(view.get("title")), "text")
            if mine and view["type"] == "modal" and titled in title:
                return view
        return None

    def wait_for(self, look: Callable[[], T | None], timeout: float = 10, what: str = "it") -> T:
        """Look until something is found. Raises NeverCame after `timeout` seconds."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = look()
            if found is not None and found is not False:
                return found
            time.sleep(0.03)
        raise NeverCame(f"{what} did not come within {timeout} s")

    def wait_for_message(
        self, channel: str, containing: str, *, timeout: float = 10, seen_by: str = ""
    ) -> Json:
        """Wait for a message; its failure shows everything the channel says."""
        try:
            return self.wait_for(lambda: self._message_if_any(channel, containing, seen_by), timeout)
        except NeverCame:
            raise NeverCame(
                f"no {containing!r} in {channel} within {timeout} s\n{self.text(channel)}"
            ) from None

    def _message_if_any(self, channel: str, containing: str, seen_by: str) -> Json | None:
        return self.message(channel, containing, seen_by=seen_by) if self._channel(channel) else None

    def wait_for_view(self, user: str, titled: str = "", *, timeout: float = 10) -> Json:
        """Wait for a modal on a person's screen."""
        return self.wait_for(lambda: self.view(user, titled), timeout, f"a modal {titled!r} for {user}")

    def wait_for_channel(self, named: str, *, timeout: float = 10) -> Json:
        """Wait for the newest channel whose name contains these letters."""
        return self.wait_for(lambda: self._newest_channel(named), timeout, f"a channel named …{named}…")

    def _newest_channel(self, named: str) -> Json | None:
        found = [room for room in children(self.state(), "channels") if named in text(room, "name")]
        return found[-1] if found else None

    def text(self, channel: str) -> str:
        """Write a channel down, one line a message."""
        room = self._channel(channel)
        if room is None:
            return f"(there is no channel {channel})"
        return "\n".join(
            f"{message['ts']} {message.get('user', '')}: {plain_text(message)}"
            for message in children(room, "messages")
        )

    # -- the wire -----------------------------------------------------------------------------------

    def _post(self, verb: str, body: Mapping[str, object]) -> Json:
        return _answer(self._client.post(f"/practice/{verb}", json=dict(body)))

    def _get(self, what: str, params: dict[str, str] | None = None) -> Json:
        return _answer(self._client.get(f"/practice/{what}", params=params))


def _target(user: str, message: Json) -> dict[str, object]:
    return {"user": user, "channel": text(message, "channel"), "ts": text(message, "ts")}


def _answer(response: httpx2.Response) -> Json:
    body = as_object(response.json())
    if response.is_error:
        raise NotPlayed(response.status_code, text(body, "error") or response.text)
    return body


def plain_text(value: object) -> str:
    """Gather every text of a message, its blocks and attachments, in reading order."""
    if isinstance(value, list):
        return " ".join(filter(None, (plain_text(one) for one in value)))
    if not isinstance(value, dict):
        return ""
    own = value.get("text")
    parts = [own if isinstance(own, str) else plain_text(own)]
    parts += [
        plain_text(value.get(key))
        for key in ("fields", "elements", "accessory", "blocks", "attachments", "label")
    ]
    return " ".join(filter(None, parts))
