"""Draw a runbook as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from collections.abc import Iterator

from tocsin.runbooks.graph import Box, Lane, Shape, lanes
from tocsin.runbooks.model import Runbook

_BRACKETS: dict[Shape, tuple[str, str]] = {
    "action": ("[", "]"),
    "person": ("[/", "/]"),
    "gate": ("{{", "}}"),
    "pause": ("([", "])"),
    "group": ("[", "]"),
    "value": ("[", "]"),
    "runbook": ("[[", "]]"),
}
_LONGEST = 80


def as_mermaid(runbook: Runbook) -> str:
    """Return the text of the flowchart."""
    lines = ["flowchart TD"]
    for number, lane in enumerate(lanes(runbook)):
        lines += (f"  {line}" for line in _lane(lane, f"lane{number}"))
    return "\n".join(lines) + "\n"


def _lane(lane: Lane, name: str) -> Iterator[str]:
    """Yield a list of steps as a subgraph: its boxes, and the ways from each to the next."""
    yield f"subgraph {name}[{_quoted(lane.title)}]"
    yield "  direction TB"
    for box in lane.boxes:
        yield from (f"  {line}" for line in _box(box))
    for before, after in zip(lane.boxes, lane.boxes[1:], strict=False):
        yield f"  {_id(before)} --> {_id(after)}"
    if lane.ending or not lane.boxes:
        yield f"  {name}_end([{_quoted(lane.ending or lane.title)}])"
        if lane.boxes:
            yield f"  {_id(lane.boxes[-1])} --> {name}_end"
    yield "end"


def _box(box: Box) -> Iterator[str]:
    if box.branches:
        yield f"subgraph {_id(box)}[{_quoted(_words(box))}]"
        yield "  direction TB"
        for branch in box.branches:
            yield from (f"  {line}" for line in _box(branch))
        yield "end"
    else:
        opened, closed = _BRACKETS[box.shape]
        yield f"{_id(box)}{opened}{_quoted(_words(box))}{closed}"
    for number, side in enumerate(box.sides):
        name = f"{_id(box)}_side{number}"
        yield from _lane(side, name)
        yield f"{_id(box)} -.-> {name}"


def _id(box: Box) -> str:
    return f"s_{box.id}"


def _words(box: Box) -> str:
    return "\n".join((box.title, *box.lines))


def _quoted(words: str) -> str:
    """Return words that Mermaid reads as nothing else: what it knows is written as entities."""
    lines = (line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in words.split("\n"))
    escaped = ("".join(one if _is_plain(one) else f"#{ord(one)};" for one in line) for line in lines)
    return f'"{"<br/>".join(escaped)}"'


def _is_plain(character: str) -> bool:
    return character.isalnum() or character in " .,:_-/=%+!?…"
