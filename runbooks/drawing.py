"""Draw a runbook as an SVG picture: boxes beneath each other, branches side by side, handlers beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from tocsin.runbooks.graph import Box, Lane, Shape, lanes
from tocsin.runbooks.model import Runbook

_GAP, _PAD, _LINE, _LETTER = 24.0, 12.0, 18.0, 7.2
_BOLD = 1.15
"""How much wider the letters of a title are."""
_LONGEST = 56
"""Characters of a line; what is longer is cut."""
_FILLS: dict[Shape, str] = {
    "action": "#e8f1fb",
    "person": "#fdf1dc",
    "gate": "#fbe6e6",
    "pause": "#eeeeee",
    "group": "#f7f9fb",
    "value": "#eef7ee",
    "runbook": "#ece9f8",
}
_STYLE = (
    "text{font:13px sans-serif;fill:#1b1f24}.t{font-weight:600}.l{fill:#57606a}"
    "rect{stroke:#57606a;rx:6px}.lane{fill:none;stroke:#c4ccd4}.way{stroke:#57606a;fill:none}"
    ".side{stroke-dasharray:4 3}"
)


@dataclass(frozen=True)
class Size:
    """How much room something takes."""

    width: float
    height: float


def as_svg(runbook: Runbook) -> str:
    """Return the picture as a document of its own."""
    drawn: list[str] = []
    top, width = _PAD + 2 * _LINE, len(_cut(runbook.title)) * 1.3 * _LETTER
    for lane in lanes(runbook):
        size = _lane_size(lane)
        drawn += _lane(lane, _PAD, top)
        top, width = top + size.height + _GAP, max(width, size.width)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 2 * _PAD:.0f}" height="{top:.0f}" '
        f'role="img" aria-label="{escape(runbook.title)}"><style>{_STYLE}</style><defs><marker id="a" '
        'viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs><rect width="100%" height="100%" '
        'fill="#ffffff" stroke="none"/>'
    )
    title = _text(_PAD, _PAD + _LINE, runbook.title, "t")
    return "\n".join([head, title, *drawn, "</svg>"]) + "\n"


def _lane_size(lane: Lane) -> Size:
    sizes = [_box_size(box) for box in lane.boxes]
    ending = _LINE if lane.ending else 0.0
    inner = max([size.width for size in sizes] + [_width((lane.title, lane.ending))])
    height = sum(size.height for size in sizes) + _GAP * max(len(sizes) - 1, 0)
    return Size(inner + 2 * _PAD, height + ending + _LINE + 3 * _PAD)


def _box_size(box: Box) -> Size:
    own = _own_size(box)
    sides = [_lane_size(side) for side in box.sides]
    width = own.width + sum(size.width + 2 * _GAP for size in sides)
    return Size(width, max([own.height, *(size.height for size in sides)]))


def _own_size(box: Box) -> Size:
    """Return the room of the box with its branches, and without what stands beside it."""
    text = Size(
        max(_width((box.title,)) * _BOLD, _width(("", *box.lines))) + 2 * _PAD,
        (1 + len(box.lines)) * _LINE + 2 * _PAD,
    )
    if not box.branches:
        return text
    inner = [_box_size(branch) for branch in box.branches]
    row = sum(size.width for size in inner) + _GAP * (len(inner) - 1) + 2 * _PAD
    return Size(max(text.width, row), text.height + max(size.height for size in inner) + _PAD)


def _lane(lane: Lane, left: float, top: float) -> Iterator[str]:
    size = _lane_size(lane)
    yield _rect(left, top, size, "lane")
    yield _text(left + _PAD, top + _PAD + _LINE / 2, lane.title, "l")
    at = top + _LINE + 2 * _PAD
    for nth, box in enumerate(lane.boxes):
        yield from _box(box, left + _PAD, at)
        at += _box_size(box).height
        if nth < len(lane.boxes) - 1:
            middle = left + _PAD + min(_own_size(box).width, _own_size(lane.boxes[nth + 1]).width) / 2
            bottom = at - _box_size(box).height + _own_size(box).height
            yield _way((middle, bottom), (middle, at + _GAP))
        at += _GAP
    if lane.ending:
        yield _text(left + _PAD, top + size.height - _PAD, lane.ending, "l")


def _box(box: Box, left: float, top: float) -> Iterator[str]:
    own = _own_size(box)
    yield _rect(left, top, own, "", _FILLS[box.shape])
    for nth, line in enumerate((box.title, *box.lines)):
        yield _text(left + _PAD, top + _PAD + (nth + 0.75) * _LINE, line, "l" if nth else "t")
    at = left + _PAD
    for branch in box.branches:
        yield from _box(branch, at, top + (1 + len(box.lines)) * _LINE + 2 * _PAD)
        at += _box_size(branch).width + _GAP
    at = left + own.width
    for side in box.sides:
        yield _way((at, top + _LINE), (at + 2 * _GAP, top + _LINE), " side")
        yield from _lane(side, at + 2 * _GAP, top)
        at += 2 * _GAP + _lane_size(side).width


def _rect(left: float, top: float, size: Size, kind: str, fill: str = "none") -> str:
    return (
        f'<rect class="{kind}" x="{left:.0f}" y="{top:.0f}" width="{size.width:.0f}" '
        f'height="{size.height:.0f}" fill="{fill}"/>'
    )


def _text(left: float, base: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{left:.0f}" y="{base:.0f}">{escape(_cut(words))}</text>'


def _way(start: tuple[float, float], end: tuple[float, float], kind: str = "") -> str:
    path = f"M{start[0]:.0f} {start[1]:.0f}L{end[0]:.0f} {end[1]:.0f}"
    return f'<path class="way{kind}" d="{path}" marker-end="url(#a)"/>'


def _width(lines: Sequence[str]) -> float:
    return max(len(_cut(line)) for line in lines) * _LETTER


def _cut(words: str) -> str:
    printable = "".join(one for one in words if one.isprintable())
    return printable if len(printable) <= _LONGEST else f"{printable[: _LONGEST - 1]}…"
