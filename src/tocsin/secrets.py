"""Secrets: where they come from, and how they are kept out of everything that is written down."""

import re

from pydantic import JsonValue

MASK = "[secret]"

_SHAPES = re.compile(
    r"""
      xox[abeoprs]-[\w-]{8,} | xapp-[\w-]{8,}                 # Slack
    | \bAKIA[0-9A-Z]{16}\b | \bASIA[0-9A-Z]{16}\b             # AWS key ids
    | \bgh[pousr]_\w{30,} | \bgithub_pat_\w{30,}              # GitHub
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}                    # JWT
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?-----END[ ][A-Z ]*PRIVATE[ ]KEY-----
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                         # user:password in a URL
    | (?i:\b(?:bearer|token\s+token=)\s*)[\w.~+/-]{16,}=*
    | (?i:(?:password|passwd|secret|api[_-]?key|access[_-]?token)["']?\s*[=:]\s*["']?)[^\s"',;&]{6,}
    """,
    re.VERBOSE | re.DOTALL,
)


def redact(value: JsonValue) -> JsonValue:
    """Return ``value`` with everything that looks like a secret masked, at any depth."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, list):
        return [redact(one) for one in value]
    if isinstance(value, dict):
        return {key: redact(one) for key, one in value.items()}
    return value


def redact_text(text: str) -> str:
    """Return ``text`` with everything that looks like a secret masked."""
    return _SHAPES.sub(MASK, text)
