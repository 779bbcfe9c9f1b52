"""Words for Slack: escaped, cut to its limits, and times in the reader's own zone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tocsin.events import Actor
from tocsin.organisation import Organisation

Block = dict[str, object]

SECTION = 3000
"""Characters of a section; https://docs.slack.dev/reference/block-kit/blocks/section-block."""


def esc(text: str) -> str:
    """Return somebody else's text as it was written: it formats no link and pings nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clamp(text: str, limit: int) -> str:
    """Return at most ``limit`` characters; a cut is shown."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def clamp_lines(lines: Sequence[str], limit: int) -> str:
    """Return as many whole lines as fit, and how many are left out."""
    kept: list[str] = []
    used = len("… 0000 more")
    for line in lines:
        used += len(line) + 1
        if used > limit:
            return "\n".join([*kept, f"… {len(lines) - len(kept)} more"])
        kept.append(line)
    return "\n".join(kept)


def quoted(text: str) -> str:
    """Return somebody's sentence as a quotation."""
    return "\n".join(f">{line}" for line in esc(text).splitlines())


def when(at: datetime, form: str = "{date_short_pretty} {time}") -> str:
    """Return a time that Slack shows in the reader's zone; in UTC where it cannot."""
    return f"<!date^{int(at.timestamp())}^{form}|{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC>"


def ago(at: datetime) -> str:
    """Return a time as Slack counts it: ``5 minutes ago``, always current."""
    return when(at, "{ago}")


def lasting(span: timedelta) -> str:
    """Return ``42 s``, ``7 min``, ``2 h 05 min`` or ``3 d 4 h``."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{max(seconds, 0)} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60:02d} min" if hours < 24 else f"{days} d {hours % 24} h"


def who(actor: Actor) -> str:
    """Return a person as Slack shows them, or another actor's name."""
    return f"<@{actor.id}>" if actor.kind == "slack" else esc(str(actor))


def emoji(organisation: Organisation, severity: str) -> str:
    """Return a severity's sign; a severity that was taken out of tocsin.yaml has a plain one."""
    found = organisation.severity(severity)
    return found.emoji if found else ":black_circle:"


def link(url: str, label: str) -> str:
    """Return a link with a label of ours or of somebody else."""
    return f"<{url}|{esc(label).replace('|', '¦')}>"


def mrkdwn(text: str) -> Block:
    """Return a text object of at most a section's length."""
    return {"type": "mrkdwn", "text": clamp(text, SECTION)}


def plain(text: str, limit: int = 75) -> Block:
    """Return a text object without formatting."""
    return {"type": "plain_text", "text": clamp(text, limit), "emoji": True}


def section(text: str) -> Block:
    """Return a paragraph."""
    return {"type": "section", "text": mrkdwn(text)}


def context(*texts: str) -> Block:
    """Return a small grey line."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def actions(*elements: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str, label: str, value: str = "", style: str | None = None) -> Block:
    """Return a button; ``style`` is ``primary`` or ``danger``."""
    made: Block = {"type": "button", "action_id": action_id, "text": plain(label)}
    return made | ({"value": clamp(value, 2000)} if value else {}) | ({"style": style} if style else {})
