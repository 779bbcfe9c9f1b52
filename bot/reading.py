"""Reads what people write in Slack: mentions and links come as tokens, some letters escaped."""

import re
from collections.abc import Mapping

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+\|([^>]*)>")
_GROUP = re.compile(r"<!(?:subteam\^\w+\|)?@?([^>]*)>")
_LINK = re.compile(r"<((?:https?|mailto)[^>|]*)(?:\|([^>]*))?>")
_CURLY = str.maketrans("“”„‘’", '"""\'\'')


def mentions(text: str) -> list[str]:
    """Return the ids of the people who are mentioned, in order."""
    return _MENTION.findall(text)


def readable(text: str, names: Mapping[str, str]) -> str:
    """Return a message as its reader saw it: names for ids, addresses for link tokens."""
    text = _MENTION.sub(lambda found: f"@{names.get(found[1]) or found[1]}", text)
    text = _GROUP.sub(r"@\1", _CHANNEL.sub(r"#\1", text))
    text = _LINK.sub(lambda found: found[2] or found[1], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str) -> str:
    """Return what was typed after a command: mentions stay tokens, the quotes of phones become straight."""
    text = _LINK.sub(lambda found: found[2] or found[1], text.translate(_CURLY))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
