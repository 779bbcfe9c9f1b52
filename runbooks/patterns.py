"""Regular expressions from runbooks, matched against text from outside: bounded in time and memory."""

import math
import re

import regex

from tocsin.errors import BadExpression

_MAX_PATTERN = 200
_MAX_GROUPS = 20
_MAX_REPEATS = 20_000
"""Product of the counts in braces: the engine unrolls them, and nested thousands fill the memory."""
_SECONDS = 0.02


def full_match(pattern: str, text: str) -> bool:
    """Say whether the whole text matches, in bounded time; raise BadExpression when that cannot be said."""
    try:
        return check_pattern(pattern).fullmatch(text, timeout=_SECONDS) is not None
    except TimeoutError as error:
        raise BadExpression(
            f"the pattern {pattern!r} takes too long; avoid repeats inside repeats"
        ) from error


def check_pattern(pattern: str) -> "regex.Pattern[str]":
    """Return the compiled pattern; raise BadExpression when it is malformed, long or repeats too much."""
    repeats = [int(number) for number in re.findall(r"(\d{1,9})[},]", pattern) if int(number)]
    if len(pattern) > _MAX_PATTERN or math.prod(repeats) > _MAX_REPEATS or pattern.count("(") > _MAX_GROUPS:
        raise BadExpression(f"the pattern {pattern[:40]!r} is too long or repeats too much")
    try:
        re.compile(pattern)
        return regex.compile(pattern)
    except (re.error, regex.error) as error:
        raise BadExpression(f"the pattern {pattern!r} is not a regular expression: {error}") from error
