"""The two parsers of YAML, which call their events the same and put the same into them.

libyaml (https://github.com/yaml/libyaml) is some ten times as fast; ruamel.yaml reads YAML 1.2 and says best
what is wrong.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml
from ruamel.yaml import YAML, events

Event: TypeAlias = events.Event | yaml.Event
AliasEvent: TypeAlias = events.AliasEvent | yaml.AliasEvent
CollectionStartEvent: TypeAlias = events.CollectionStartEvent | yaml.CollectionStartEvent
DocumentEndEvent: TypeAlias = events.DocumentEndEvent | yaml.DocumentEndEvent
DocumentStartEvent: TypeAlias = events.DocumentStartEvent | yaml.DocumentStartEvent
MappingEndEvent: TypeAlias = events.MappingEndEvent | yaml.MappingEndEvent
MappingStartEvent: TypeAlias = events.MappingStartEvent | yaml.MappingStartEvent
NodeEvent: TypeAlias = events.NodeEvent | yaml.NodeEvent
ScalarEvent: TypeAlias = events.ScalarEvent | yaml.ScalarEvent
SequenceEndEvent: TypeAlias = events.SequenceEndEvent | yaml.SequenceEndEvent
StreamEndEvent: TypeAlias = events.StreamEndEvent | yaml.StreamEndEvent
StreamStartEvent: TypeAlias = events.StreamStartEvent | yaml.StreamStartEvent

_AMBIGUOUS = re.compile(r"[\t\x85\u2028\u2029\ufeff]|\r(?!\n)|[|>][-+0-9]*[ \r]*(#|\n[ \r]*(\n|#|\Z))")
"""What YAML 1.1, which libyaml reads, takes for something else, or takes where 1.2 does not: some spaces and
ends of lines, and blocks whose first line is a comment or empty."""


class Doubtful(Exception):
    """libyaml is not to be trusted with the text, or refuses it; the other parser decides."""


def quick(text: str) -> Iterator[Event]:
    """Yield libyaml's events; raise Doubtful where it may be wrong."""
    if _AMBIGUOUS.search(text):
        raise Doubtful
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        raise Doubtful from None


def careful(text: str) -> Iterator[Event]:
    """Yield ruamel's events; raise ruamel's YAMLError, ValueError or OverflowError where it is not YAML."""
    yield from YAML(typ="safe", pure=True).parse(text)
