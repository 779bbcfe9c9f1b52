"""Markdown's autoescape: whatever a template prints is text, unless one of these functions wrote it."""

import re
from functools import lru_cache
from urllib.parse import quote as percent

from tocsin.postmortems.texts import one_line

_INLINE = re.compile(
    r"(?P<url>\bhttps?://[^\s<>|\\`\"'\[\]]*[\w/=&#%+~-])"
    r"|(?P<markup>[\\`*_{}\[\]<>|~&$])"
    r"|(?P<mention>(?<![\w@])@(?=\w))"
)
_BLOCK = re.compile(r"^([#+=-]|\d{1,9}(?=[.)]))")
_URL_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
_WORD_JOINER = "\u2060"
"""Between @ and a name: it looks the same, and calls nobody."""


class Written(str):
    """Markdown that is ready: it is not escaped again."""

    __slots__ = ()


def escaped(value: object) -> str:
    """Return ``value`` as one line that Markdown renders letter by letter; an address stays clickable.

    The line fits a table's cell, a list item and a heading alike.
    """
    if isinstance(value, Written):
        return value
    return _escaped(str(value))


def quoted(text: str) -> Written:
    """Return a text of several lines as a block quote that keeps them."""
    lines = [escaped(line) for line in text.strip().splitlines()]
    return Written("\n".join(f"> {line}  " if line else ">" for line in lines))


def linked(url: str, label: str) -> Written:
    """Return a link that shows ``label``."""
    return Written(f"[{escaped(label)}](<{percent(url, safe=_URL_SAFE)}>)")


@lru_cache(maxsize=1024)
def _escaped(text: str) -> str:
    # Names, roles and sources stand in every row of a timeline, hence the cache.
    return _BLOCK.sub(_literal_block, _INLINE.sub(_literal, one_line(text)))


def _literal(found: re.Match[str]) -> str:
    if found["url"]:
        return f"<{found['url']}>"
    return f"\\{found['markup']}" if found["markup"] else f"@{_WORD_JOINER}"


def _literal_block(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}"
