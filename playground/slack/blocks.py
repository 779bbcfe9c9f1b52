"""Check Block Kit against Slack's published limits, and find the elements in it.

Limits: https://docs.slack.dev/reference/block-kit/blocks and …/block-elements, …/composition-objects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tocsin.playground.slack.shapes import Json, as_object, child, children, items, text

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
ALL_TEXT = 13_200
"""Characters over all blocks of a message: undocumented, measured in slackapi/bolt-js#2509."""

_BLOCK_TEXT = {"section": 3000, "header": 150, "markdown": 12_000}
_SELECTS = {"static_select", "multi_static_select", "external_select", "multi_external_select"} | {
    f"{many}{what}_select" for many in ("", "multi_") for what in ("users", "conversations", "channels")
}
_INPUTS = _SELECTS | {
    "plain_text_input", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker",
    "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input",
}  # fmt: skip
_ACTIONS = (_INPUTS - {"file_input", "number_input", "email_text_input", "url_text_input"}) | {
    "button",
    "overflow",
    "workflow_button",
}
_PLAIN_BLOCKS = {"divider", "rich_text", "file", "video", "call", "table"}
_OPTION_COUNTS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}


@dataclass(slots=True)
class Checker:
    """Gathers what is wrong, each with Slack's JSON pointer to the place."""

    problems: list[str] = field(default_factory=list)

    def say(self, problem: str, pointer: str) -> None:
        """Note one problem."""
        self.problems.append(f"{problem} [json-pointer:{pointer}]")

    def at_most(self, found: Sequence[object], limit: int, pointer: str) -> None:
        """Limit how many items a list has."""
        if len(found) > limit:
            self.say(f"no more than {limit} items allowed", pointer)

    def string(self, source: Json, key: str, limit: int, pointer: str) -> None:
        """Limit an optional string."""
        if len(text(source, key)) > limit:
            self.say(f"must be less than {limit + 1} characters", f"{pointer}/{key}")

    def words(self, source: Json, key: str, limit: int, pointer: str, *, plain: bool = False) -> None:
        """Limit a text object that must be there."""
        place = f"{pointer}/{key}"
        if key not in source:
            self.say(f"missing required field: {key}", pointer)
            return
        found = child(source, key)
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if text(found, "type") not in kinds:
            self.say(f"must be a valid text object of type {' or '.join(kinds)}", f"{place}/type")
        if not text(found, "text"):
            self.say("must be more than 0 characters", f"{place}/text")
        self.string(found, "text", limit, place)

    def maybe_words(self, source: Json, key: str, limit: int, pointer: str, *, plain: bool = False) -> None:
        """Limit a text object that may be left out."""
        if source.get(key) is not None:
            self.words(source, key, limit, pointer, plain=plain)


def problems(blocks: Sequence[Json], limit: int = MESSAGE_BLOCKS) -> list[str]:
    """List what Slack would refuse in these blocks; an empty list means they are valid."""
    checker = Checker()
    checker.at_most(blocks, limit, "/blocks")
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        pointer = f"/blocks/{index}"
        checker.string(block, "block_id", 255, pointer)
        name = text(block, "block_id")
        if name and name in seen:
            checker.say(f"block_id {name} already exists", f"{pointer}/block_id")
        seen.add(name)
        _check_block(checker, block, pointer)
    return checker.problems


def _check_block(checker: Checker, block: Json, pointer: str) -> None:
    match text(block, "type"):
        case "section":
            _check_section(checker, block, pointer)
        case "header":
            checker.words(block, "text", _BLOCK_TEXT["header"], pointer, plain=True)
        case "markdown":
            checker.string(block, "text", _BLOCK_TEXT["markdown"], pointer)
        case "context":
            _check_context(checker, block, pointer)
        case "actions":
            _check_elements(checker, block, pointer)
        case "input":
            checker.words(block, "label", 2000, pointer, plain=True)
            checker.maybe_words(block, "hint", 2000, pointer, plain=True)
            _check_element(checker, child(block, "element"), f"{pointer}/element", _INPUTS)
        case "image":
            _check_image(checker, block, pointer)
        case kind if kind not in _PLAIN_BLOCKS:
            checker.say(f"unsupported type: {kind}", f"{pointer}/type")


def _check_section(checker: Checker, block: Json, pointer: str) -> None:
    if "fields" not in block or block.get("text") is not None:
        checker.words(block, "text", _BLOCK_TEXT["section"], pointer)
    fields = items(block, "fields")
    checker.at_most(fields, 10, f"{pointer}/fields")
    for index, one in enumerate(fields):
        checker.words({str(index): one}, str(index), 2000, f"{pointer}/fields")
    accessory = child(block, "accessory")
    if text(accessory, "type") == "image":
        _check_image(checker, accessory, f"{pointer}/accessory")
    elif accessory:
        _check_element(checker, accessory, f"{pointer}/accessory", _ACTIONS - {"plain_text_input"})


def _check_context(checker: Checker, block: Json, pointer: str) -> None:
    elements = children(block, "elements")
    if not elements:
        checker.say("must provide at least one element", f"{pointer}/elements")
    checker.at_most(elements, 10, f"{pointer}/elements")
    for index, element in enumerate(elements):
        if text(element, "type") == "image":
            _check_image(checker, element, f"{pointer}/elements/{index}")
        else:
            checker.words({str(index): element}, str(index), 3000, f"{pointer}/elements")


def _check_elements(checker: Checker, block: Json, pointer: str) -> None:
    elements = children(block, "elements")
    if not elements:
        checker.say("must provide at least one element", f"{pointer}/elements")
    checker.at_most(elements, 25, f"{pointer}/elements")
    seen: set[str] = set()
    for index, element in enumerate(elements):
        place = f"{pointer}/elements/{index}"
        _check_element(checker, element, place, _ACTIONS)
        action_id = text(element, "action_id")
        if action_id and action_id in seen:
            checker.say(f"`action_id` {action_id} already exists", f"{place}/action_id")
        seen.add(action_id)


def _check_image(checker: Checker, image: Json, pointer: str) -> None:
    if not text(image, "image_url") and "slack_file" not in image:
        checker.say("missing required field: image_url", pointer)
    if not text(image, "alt_text"):
        checker.say("missing required field: alt_text", pointer)
    checker.string(image, "image_url", 3000, pointer)
    checker.string(image, "alt_text", 2000, pointer)
    if text(image, "type") == "image" and isinstance(image.get("title"), dict):
        checker.words(image, "title", 2000, pointer, plain=True)


def _check_element(checker: Checker, element: Json, pointer: str, allowed: set[str]) -> None:
    kind = text(element, "type")
    if kind not in allowed:
        checker.say(f"unsupported type: {kind}", f"{pointer}/type")
        return
    checker.string(element, "action_id", 255, pointer)
    checker.maybe_words(element, "placeholder", 150, pointer, plain=True)
    if kind == "button":
        _check_button(checker, element, pointer)
    if kind == "plain_text_input":
        checker.string(element, "initial_value", 3000, pointer)
    if kind in ("static_select", "multi_static_select", *_OPTION_COUNTS):
        _check_options(checker, element, pointer)
    if element.get("confirm") is not None:
        _check_confirm(checker, child(element, "confirm"), f"{pointer}/confirm")


def _check_button(checker: Checker, button: Json, pointer: str) -> None:
    checker.words(button, "text", 75, pointer, plain=True)
    checker.string(button, "value", 2000, pointer)
    checker.string(button, "url", 3000, pointer)
    if button.get("style") not in (None, "primary", "danger"):
        checker.say("must be one of: primary, danger", f"{pointer}/style")


def _check_options(checker: Checker, element: Json, pointer: str) -> None:
    options = options_of(element)
    if not options:
        checker.say("must provide at least one option", f"{pointer}/options")
    groups = children(element, "option_groups")
    lists = [items(group, "options") for group in groups] or [items(element, "options")]
    for found in lists:
        checker.at_most(found, _OPTION_COUNTS.get(text(element, "type"), 100), f"{pointer}/options")
    for index, option in enumerate(options):
        checker.words(option, "text", 75, f"{pointer}/options/{index}")
        checker.string(option, "value", 150, f"{pointer}/options/{index}")


def _check_confirm(checker: Checker, confirm: Json, pointer: str) -> None:
    checker.words(confirm, "title", 100, pointer, plain=True)
    checker.words(confirm, "text", 300, pointer)
    checker.words(confirm, "confirm", 30, pointer, plain=True)
    checker.words(confirm, "deny", 30, pointer, plain=True)


def text_length(value: object) -> int:
    """Count the characters of every text in a block tree."""
    if isinstance(value, list):
        return sum(text_length(one) for one in value)
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    return (len(own) if isinstance(own, str) else 0) + sum(text_length(one) for one in value.values())


def options_of(element: Json) -> list[Json]:
    """List a select's options, flattened out of their groups."""
    grouped = [
        option for group in children(element, "option_groups") for option in children(group, "options")
    ]
    return grouped or children(element, "options")


def elements_of(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield every interactive element with the block it stands in."""
    for block in blocks:
        candidates = [
            *children(block, "elements"),
            as_object(block.get("accessory")),
            child(block, "element"),
        ]
        for element in candidates:
            if text(element, "type") in _ACTIONS | _INPUTS:
                yield block, element
