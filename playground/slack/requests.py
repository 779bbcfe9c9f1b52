"""What the practice endpoints take.

`user` is an id or a name ("U0ANA", "ana"), `channel` an id or a name ("C0GENERAL", "general", "#general"), or
"@name" for the direct conversation between `user` and that name.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PracticeRequest(BaseModel):
    """The rules every request keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TypedCommand(PracticeRequest):
    """A person types a slash command."""

    user: str
    channel: str
    text: str = Field(pattern=r"^/\S+")


class Press(PracticeRequest):
    """A person uses an element of a message (`channel`, `ts`) or of a view (`view_id`).

    `value` tells apart several elements with one action_id; `selected` is what was chosen in a select.
    """

    user: str
    action_id: str
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    value: str | None = None
    selected: str | list[str] | None = None


class Suggest(Press):
    """A person types into an external select; `value` is what was typed so far."""


class Submit(PracticeRequest):
    """A person submits a modal; values by action_id, or by block_id in Slack's own shape."""

    user: str
    view_id: str
    values: dict[str, object] = Field(default_factory=dict)


class Close(PracticeRequest):
    """A person closes a modal, or the whole stack of them."""

    user: str
    view_id: str
    whole_stack: bool = False


class Say(PracticeRequest):
    """A person posts a message."""

    user: str
    channel: str
    text: str = Field(min_length=1)
    thread_ts: str = ""


class Edit(PracticeRequest):
    """A person changes their own message."""

    user: str
    channel: str
    ts: str
    text: str = Field(min_length=1)


class Target(PracticeRequest):
    """A person and a message."""

    user: str
    channel: str
    ts: str


class React(Target):
    """A person reacts to a message, or takes the reaction back."""

    name: str
    remove: bool = False


class PinMessage(Target):
    """A person pins a message, or unpins it."""

    remove: bool = False


class Shortcut(PracticeRequest):
    """A person uses a shortcut: a message's when `channel` and `ts` are given, else a global one."""

    user: str
    callback_id: str
    channel: str = ""
    ts: str = ""


class Membership(PracticeRequest):
    """A person joins or leaves a channel."""

    user: str
    channel: str
    leave: bool = False


class Home(PracticeRequest):
    """A person opens the app's home tab."""

    user: str


class Deliver(PracticeRequest):
    """Send an event again, the newest one when no id is given."""

    event_id: str = ""
    retry_num: int = 1
    retry_reason: str = "http_timeout"


class DropSockets(PracticeRequest):
    """Close the Socket Mode connections, without a word or with Slack's request to reconnect."""

    action: Literal["drop", "refresh"] = "drop"
