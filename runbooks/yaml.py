"""Read YAML 1.2 as JSON with positions, and nothing that makes a small file dangerous or surprising.

libyaml reads what is right, ten times as fast; ruamel reads again what is not, and says what is wrong.

Scalars follow the core schema (https://yaml.org/spec/1.2.2/#103-core-schema): ``on``, ``no`` and ``22:30``
are text, ``017`` is seventeen. Anchors, aliases, tags, merge keys and duplicate keys are refused.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from types import UnionType
from typing import NamedTuple, NoReturn

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from tocsin.runbooks.parsers import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Doubtful,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
    careful,
    quick,
)
from tocsin.runbooks.problems import Mark, Path, Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 40

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_UNPRINTABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NESTED = re.compile(rf"(?:[\[{{]\s{{0,9}}){{{MAX_DEPTH + 1}}}")
_QUOTE_IT = (
    'quote this value: `"${{ … }}"`; without quotes YAML reads the braces, `: ` and ` #` of the expression'
)


class Kind(NamedTuple):
    """What a file is to hold, in words for people."""

    noun: str
    schema: str


RUNBOOK = Kind("runbook", "runbook/v1")


@dataclass(frozen=True)
class Document:
    """A file's value, and where each part of it stands."""

    source: str
    value: JsonValue
    marks: dict[Path, Mark]
    keys: dict[Path, Mark]
    offsets: dict[Path, int]
    """Where each value begins in ``source``."""

    def value_mark(self, path: Path) -> Mark:
        """Return the place of the value at ``path``, or of the nearest part above it that was written."""
        return self.marks[self.written(path)]

    def key_mark(self, path: Path) -> Mark:
        """Return the place of the key at ``path``; of its value where there is no key."""
        written = self.written(path)
        return self.keys.get(written, self.marks[written])

    def expression_mark(self, path: Path, nth: int) -> Mark:
        """Return the place of the ``nth`` ``${{`` in the text at ``path``, counted from zero."""
        written = self.written(path)
        at = self.offsets[written] - 1
        for _ in range(nth + 1):
            at = self.source.find("${{", at + 1)
        if at < 0:
            return self.marks[written]
        return Mark(self.source.count("\n", 0, at) + 1, at - self.source.rfind("\n", 0, at))

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Yield every text of the file and its place."""
        waiting: list[tuple[Path, JsonValue]] = [((), self.value)]
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, str):
                yield path, value
            elif isinstance(value, dict):
                waiting.extend(((*path, key), item) for key, item in value.items())
            elif isinstance(value, list):
                waiting.extend(((*path, index), item) for index, item in enumerate(value))

    def written(self, path: Path) -> Path:
        """Return ``path`` as the file has it: shorthands leave some of its parts out."""
        found: Path = ()
        for part in path:
            if (*found, part) in self.marks:
                found = (*found, part)
        return found


def read(text: str, path: str, kind: Kind = RUNBOOK) -> tuple[Document | None, list[Problem]]:
    """Return the document, and every problem; no document when there is no telling what was meant."""
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024} KiB; split the {kind.noun}"
        return None, [Problem(path, 1, 1, message)]
    if nested := _NESTED.search(text):
        mark = _mark_at(text, nested.start())
        return None, [Problem(path, mark.line, mark.column, _TOO_DEEP)]
    return _quickly(text, path, kind) or _carefully(text, path, kind)


def _quickly(text: str, path: str, kind: Kind) -> tuple[Document, list[Problem]] | None:
    """Return the document as libyaml reads it; None unless nothing at all is wrong with it."""
    reader = _Reader(path, text, kind, quick(text))
    try:
        document = reader.document()
    except (_Stop, Doubtful):
        return None
    return None if reader.problems else (document, [])


def _carefully(text: str, path: str, kind: Kind) -> tuple[Document | None, list[Problem]]:
    reader = _Reader(path, text, kind, careful(text))
    try:
        return reader.told(), reader.problems
    except _Stop:
        return None, reader.problems


_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels; flatten it"


def write(value: JsonValue) -> str:
    """Return YAML that ``read`` reads as this very value; texts of several lines stand as blocks."""
    dumper, page = YAML(), StringIO()
    dumper.indent(mapping=2, sequence=4, offset=2)
    dumper.width = 100
    dumper.dump(_styled(value), page)
    return page.getvalue()


def _styled(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {_text(key): _styled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_styled(item) for item in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """Return a text that stands as a block where it has several lines, with escapes where it needs some."""
    if _UNPRINTABLE.search(value):
        quoted: str = DoubleQuotedScalarString(value)
        return quoted
    block: str = LiteralScalarString(value)
    return block if "\n" in value else value


class _Stop(Exception):
    """The rest of the file cannot be read; the problem is in the list."""


@dataclass
class _Reader:
    """Turns parser events into a value; at most MAX_DEPTH calls deep."""

    path: str
    source: str
    kind: Kind
    events: Iterator[Event]
    problems: list[Problem] = field(default_factory=list)
    marks: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    offsets: dict[Path, int] = field(default_factory=dict)

    def told(self) -> Document:
        """Return the only document; what the parser raises is noted as a problem."""
        try:
            return self.document()
        except MarkedYAMLError as error:
            self.stop(*self._explain(error))
        except YAMLError:
            self.stop(Mark(1, 1), "the file holds control characters; YAML is plain text")
        except (ValueError, OverflowError):
            self.stop(
                Mark(1, 1),
                r"a `\u` or `\U` escape in the file names no character; write the character itself",
            )

    def document(self) -> Document:
        """Return the only document."""
        self._expect(StreamStartEvent)
        first = next(self.events)
        if isinstance(first, StreamEndEvent):
            begins = f"a {self.kind.noun} begins with `schema: {self.kind.schema}`"
            self.stop(Mark(1, 1), f"the file is empty; {begins}")
        if isinstance(first, DocumentStartEvent) and (first.version or first.tags):
            self._problem(_mark(first), "a `%` directive is not allowed; leave the line out")
        value = self._value(next(self.events), ())
        self._expect(DocumentEndEvent)
        after = next(self.events)
        if not isinstance(after, StreamEndEvent):
            only = f"one file holds one {self.kind.noun}"
            self.stop(_mark(after), f"a second document (`---`) is not allowed; {only}")
        return Document(self.source, value, self.marks, self.keys, self.offsets)

    def stop(self, mark: Mark, message: str) -> NoReturn:
        """Note the last problem and read no further."""
        self._problem(mark, message)
        raise _Stop

    def _explain(self, error: MarkedYAMLError) -> tuple[Mark, str]:
        place = error.problem_mark or error.context_mark
        mark = Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
        line = self.source.splitlines()[mark.line - 1 : mark.line]
        before = line[0][: mark.column + 2] if line else ""
        if "${{" in before:
            return Mark(mark.line, before.rfind("${{") + 1), _QUOTE_IT
        return mark, f"this is not YAML: {error.problem or error.context}"

    def _value(self, event: Event, path: Path) -> JsonValue:
        self.marks[path] = _mark(event)
        self.offsets[path] = event.start_mark.index
        if len(path) > MAX_DEPTH:
            self.stop(_mark(event), _TOO_DEEP)
        self._refuse_references(event)
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, AliasEvent):
            return None
        return self._map(path) if isinstance(event, MappingStartEvent) else self._list(path)

    def _list(self, path: Path) -> JsonValue:
        values: list[JsonValue] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _map(self, path: Path) -> JsonValue:
        values: dict[str, JsonValue] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._key(event)
            if key in values:
                first = self.keys[*path, key].line
                self._problem(_mark(event), f"`{key}` is already given on line {first}; keep one of them")
            self.keys[*path, key] = _mark(event)
            values[key] = self._value(next(self.events), (*path, key))
        return values

    def _key(self, event: Event) -> str:
        self._refuse_references(event)
        if not isinstance(event, ScalarEvent):
            self.stop(_mark(event), "a key must be text; did you mean to quote a `${{ … }}`?")
        text: str = event.value
        if text == "<<" and not event.style:
            self._problem(_mark(event), "the merge key `<<` is not allowed; write the keys out")
        elif not isinstance(self._scalar(event), str):
            self._problem(_mark(event), f'the key `{text[:40]}` must be text; write "{text[:40]}"')
        return text

    def _refuse_references(self, event: Event) -> None:
        if isinstance(event, AliasEvent):
            self._problem(_mark(event), f"the alias `*{event.anchor}` is not allowed; write the value out")
        elif isinstance(event, NodeEvent) and event.anchor:
            self._problem(
                _mark(event),
                f"the anchor `&{event.anchor}` is not allowed; use `vars` for a value used twice",
            )
        elif isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
            self._problem(_mark(event), f"the tag `{event.tag}` is not allowed; leave it out")

    def _scalar(self, event: ScalarEvent) -> JsonValue:
        text: str = event.value
        if _BAD_TEXT.search(text):
            self._problem(
                _mark(event),
                "the text holds a character that cannot be stored (NUL or half a surrogate pair)",
            )
            return ""
        if event.style:
            return text
        if "${{" in text and "}}" not in text:
            self._problem(_mark(event), _QUOTE_IT)
        return self._plain(text, event)

    def _plain(self, text: str, event: ScalarEvent) -> JsonValue:
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
            return text[0] in "tT"
        if _INT.fullmatch(text) or _BASED.fullmatch(text):
            return self._integer(text, event)
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            self._problem(_mark(event), f"`{text[:40]}` is not a finite number; quote it if it is text")
        return text

    def _integer(self, text: str, event: ScalarEvent) -> JsonValue:
        value = int(text, 10 if _INT.fullmatch(text) else 0) if len(text) <= 24 else None
        if value is None or abs(value) >= 2**63:
            self._problem(_mark(event), f"`{text[:24]}` is too large for a number; quote it if it is text")
            return 0
        return value

    def _expect(self, kind: UnionType) -> None:
        event = next(self.events)
        if not isinstance(event, kind):
            self.stop(_mark(event), "this is not YAML: the document does not end where it should")

    def _problem(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(self.path, mark.line, mark.column, message))


def _mark(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _mark_at(text: str, index: int) -> Mark:
    return Mark(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))
