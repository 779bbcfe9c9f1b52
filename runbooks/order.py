"""The order in which a file gives its keys, which neither the canonical form nor ``jsonb`` keeps."""

from functools import lru_cache

from pydantic import JsonValue

from tocsin.runbooks import yaml


def as_written(text: str, content: JsonValue) -> JsonValue:
    """Return a revision's content with its maps in the order of its text; what the text leaves out is last.

    Only the order is taken from the text: the content is what was digested, whatever later versions of the
    language read in the same file.
    """
    return _ordered(_written(text), content)


@lru_cache(maxsize=512)
def _written(text: str) -> JsonValue:
    document, _ = yaml.read(text, "")
    return document.value if document else None


def _ordered(written: JsonValue, content: JsonValue) -> JsonValue:
    if isinstance(content, dict):
        said = written if isinstance(written, dict) else {}
        keys = [*(key for key in said if key in content), *(key for key in content if key not in said)]
        return {key: _ordered(said.get(key), content[key]) for key in keys}
    if isinstance(content, list):
        items = written if isinstance(written, list) else [written]  # one value may stand for a list of it
        padded = [*items, *[None] * (len(content) - len(items))]
        return [_ordered(one, value) for one, value in zip(padded, content, strict=False)]
    return content
